public import SluiceResilience

import Glibc
import NIOCore
import NIOPosix
import NIOSSL

extension FailureClass {
    /// Classifies an error of SwiftNIO or of NIOSSL: `IOError`, `ChannelError`, `NIOConnectionError`, `NIOSSLError`,
    /// `NIOSSLExtraError` and what they contain. Any other error is ``unknown``.
    ///
    /// NIOSSL has no typed reasons for a failed handshake, so its text is read: BoringSSL's names of reasons.
    public init(_ error: any Error) {
        switch error {
        case let error as IOError: self.init(errno: error.errnoCode)
        case let error as ChannelError: self = Self.of(error)
        case let error as NIOConnectionError: self = Self.of(error)
        case let error as NIOSSLError: self = Self.of(error)
        case let error as BoringSSLError: self = Self.of(error)
        case is NIOSSLExtraError: self = .certificate
        case is ItsOwnPeer: self = .refused
        case is NIOSSLCloseTimedOutError: self = .closed
        case is SocketAddressError: self = .nameResolution
        default: self = .unknown
        }
    }

    private static func of(_ error: ChannelError) -> FailureClass {
        switch error {
        case .connectTimeout: .timedOut
        case .ioOnClosedChannel, .alreadyClosed, .outputClosed, .inputClosed, .eof: .closed
        case .writeHostUnreachable: .unreachable
        default: .invalidArgument
        }
    }

    /// A name may have several addresses. One that may answer later is enough for another attempt.
    private static func of(_ error: NIOConnectionError) -> FailureClass {
        let classes = error.connectionErrors.map { FailureClass($0.error) }
        if let first = classes.first(where: \.isRetryable) ?? classes.first { return first }
        return error.dnsAError != nil || error.dnsAAAAError != nil ? .nameResolution : .timedOut
    }

    private static func of(_ error: NIOSSLError) -> FailureClass {
        switch error {
        case .handshakeFailed(let reason), .shutdownFailed(let reason): of(reason)
        case .uncleanShutdown, .writeDuringTLSShutdown: .closed
        case .noCertificateToValidate, .unableToValidateCertificate, .cannotMatchULabel: .certificate
        case .failedToLoadCertificate, .failedToLoadPrivateKey, .noSuchFilesystemObject: .invalidArgument
        default: .protocolMismatch
        }
    }

    private static func of(_ error: BoringSSLError) -> FailureClass {
        switch error {
        case .sslError(let stack), .unknownError(let stack):
            if stack.contains(.eofDuringHandshake) || stack.contains(.eofDuringAdditionalCertficiateChainValidation) {
                return .closed
            }
            return of(reasons: stack.map(\.description).joined(separator: " "))
        case .syscallError, .zeroReturn: return .closed
        case .invalidSNIName, .failedToSetALPN: return .invalidArgument
        default: return .protocolMismatch
        }
    }

    private static func of(reasons text: String) -> FailureClass {
        func says(_ reasons: String...) -> Bool { reasons.contains { text.contains($0) } }
        // The alert "internal error" (RFC 8446, 6.2) is not about us.
        if says("ALERT_INTERNAL_ERROR") { return .closed }
        if says("CERTIFICATE", "UNKNOWN_CA", "BAD_CERT") { return .certificate }
        if says("ACCESS_DENIED", "UNKNOWN_PSK_IDENTITY", "DECRYPT_ERROR") { return .authentication }
        return .protocolMismatch
    }
}
