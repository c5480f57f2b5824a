package import Glibc
package import NIOSSL

/// Reads and checks certificates and keys. Messages name the file, what is wrong with it, and what to do.
package struct CredentialFiles: Sendable {
    /// Seconds since 1970.
    private let now: time_t
    private let warn: @Sendable (String) -> Void

    /// A certificate that expires within this time is reported.
    private static let warningSeconds = 14 * 24 * 3600

    /// - Parameters:
    ///   - now: Seconds since 1970.
    ///   - warn: Receives what will soon be a problem.
    package init(now: time_t, warn: @escaping @Sendable (String) -> Void) {
        self.now = now
        self.warn = warn
    }

    /// A certificate with the intermediate ones after it, and its key.
    package func pair(
        certificate: String, key: String
    ) throws(ResumeProblem) -> (chain: [NIOSSLCertificate], key: NIOSSLPrivateKey) {
        let chain = try certificates(certificate)
        guard let own = chain.first else { throw noCertificate(certificate, nil) }
        try check(own, certificate)
        let privateKey = try self.privateKey(key, of: certificate)
        do {
            _ = try NIOSSLContext(
                configuration: .makeServerConfiguration(
                    certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(privateKey)))
        } catch {
            throw ResumeProblem(
                "\(key) is not the key of \(certificate): name the two files that were made together ('openssl x509 -in \(certificate) -noout "
                    + "-pubkey' and 'openssl pkey -in \(key) -pubout' must print the same)")
        }
        return (chain, privateKey)
    }

    /// Certificates of authorities.
    package func authorities(_ path: String) throws(ResumeProblem) -> [NIOSSLCertificate] {
        let all = try certificates(path)
        let valid = all.filter { $0.notValidAfter > now }
        guard let first = all.first, !valid.isEmpty else {
            throw all.isEmpty
                ? noCertificate(path, nil)
                : ResumeProblem(
                    "\(path): every certificate in it has expired, the first at \(LogTime.text(all[0].notValidAfter)): replace the file"
                )
        }
        if valid.count < all.count {
            warn("\(path): \(all.count - valid.count) of \(all.count) certificates have expired")
        }
        if all.count == 1 { warnIfSoon(first, path) }
        return all
    }

    private func certificates(_ path: String) throws(ResumeProblem) -> [NIOSSLCertificate] {
        let bytes = try SecretFile.read(path, "the certificate", privacy: .open)
        do {
            return try NIOSSLCertificate.fromPEMBytes(bytes)
        } catch {
            throw noCertificate(path, bytes)
        }
    }

    private func noCertificate(_ path: String, _ bytes: [UInt8]?) -> ResumeProblem {
        let text = String(decoding: (bytes ?? []).prefix(4096), as: UTF8.self)
        let what =
            if text.contains("PRIVATE KEY-----") {
                "it is a private key"
            } else if bytes?.first == 0x30 {
                "it is in DER form; convert it with 'openssl x509 -inform der -in \(path) -out FILE.pem'"
            } else if text.contains("-----BEGIN CERTIFICATE-----") {
                "what follows -----BEGIN CERTIFICATE----- is damaged"
            } else {
                "there is no -----BEGIN CERTIFICATE----- in it"
            }
        return ResumeProblem("\(path) can't be read as certificates in PEM form: \(what); name a file of certificates")
    }

    private func check(_ certificate: NIOSSLCertificate, _ path: String) throws(ResumeProblem) {
        guard certificate.notValidAfter > now else {
            throw ResumeProblem(
                "\(path) expired at \(LogTime.text(certificate.notValidAfter)): replace the file with a new certificate"
            )
        }
        guard certificate.notValidBefore <= now else {
            throw ResumeProblem(
                "\(path) is not valid before \(LogTime.text(certificate.notValidBefore)): replace it, or correct this machine's clock"
            )
        }
        warnIfSoon(certificate, path)
    }

    private func warnIfSoon(_ certificate: NIOSSLCertificate, _ path: String) {
        guard certificate.notValidAfter - now < CredentialFiles.warningSeconds else { return }
        warn(
            "\(path) expires at \(LogTime.text(certificate.notValidAfter)): replace it before, and restart this program"
        )
    }

    private func privateKey(_ path: String, of certificate: String) throws(ResumeProblem) -> NIOSSLPrivateKey {
        let bytes = try SecretFile.read(path, "the private key", privacy: .group)
        let text = String(decoding: bytes, as: UTF8.self)
        guard !text.contains("ENCRYPTED") else {
            throw ResumeProblem(
                "\(path) has a passphrase, which nobody could type here: write it without by 'openssl pkey -in \(path) -out FILE'"
            )
        }
        do {
            return try NIOSSLPrivateKey(bytes: bytes, format: .pem)
        } catch {
            let what =
                text.contains("PRIVATE KEY-----")
                ? "it is damaged, or of a kind that is not supported" : "there is no -----BEGIN PRIVATE KEY----- in it"
            throw ResumeProblem(
                "\(path) can't be read as a private key in PEM form: \(what); name the key of \(certificate)")
        }
    }
}
