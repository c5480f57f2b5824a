import Crypto
import Synchronization

package import NIOCore

/// Keying material that the two ends of one TLS 1.3 connection share, and nobody else: its exporter (RFC 8446, 7.5).
///
/// NIOSSL has no function for it, but its key log names the exporter secret, from which the material is derived. Use one
/// object, and so one `NIOSSLContext`, for each connection: the key log belongs to the context.
package final class TLSExporter: Sendable {
    private let secret = Mutex<[UInt8]?>(nil)

    package init() {}

    /// Receives a line of the key log: `LABEL CLIENT_RANDOM SECRET`, in hexadecimal (RFC 9850).
    package func note(_ line: ByteBuffer) {
        let words = line.readableBytesView.split(separator: UInt8(ascii: " "))
        guard words.count == 3, words[0].elementsEqual("EXPORTER_SECRET".utf8) else { return }
        let digits = words[2].prefix { $0 != UInt8(ascii: "\n") }
        let bytes = TLSExporter.bytes(hexadecimal: digits)
        secret.withLock { $0 = bytes }
    }

    /// `TLS-Exporter(label, "", length)`.
    ///
    /// - Parameter length: In bytes, at most 255 times the length of the hash.
    /// - Returns: Nil before the handshake has ended.
    package func keyingMaterial(label: String, length: Int) -> [UInt8]? {
        guard let secret = secret.withLock({ $0 }) else { return nil }
        // The length of the secret is that of the cipher suite's hash.
        return secret.count == SHA384.byteCount
            ? TLSExporter.derive(SHA384.self, secret, label, length)
            : TLSExporter.derive(SHA256.self, secret, label, length)
    }

    private static func derive<H: HashFunction>(_: H.Type, _ secret: [UInt8], _ label: String, _ length: Int) -> [UInt8]
    {
        let empty = [UInt8](H.hash(data: [UInt8]()))
        let derived = expand(H.self, secret, label, empty, H.Digest.byteCount)
        return expand(H.self, derived, "exporter", empty, length)
    }

    /// `HKDF-Expand-Label` (RFC 8446, 7.1).
    private static func expand<H: HashFunction>(
        _: H.Type, _ secret: [UInt8], _ label: String, _ context: [UInt8], _ length: Int
    ) -> [UInt8] {
        let name = [UInt8]("tls13 \(label)".utf8)
        let information =
            [UInt8(length >> 8), UInt8(length & 0xFF), UInt8(name.count)] + name + [UInt8(context.count)] + context
        let key = HKDF<H>.expand(pseudoRandomKey: secret, info: information, outputByteCount: length)
        return key.withUnsafeBytes { [UInt8]($0) }
    }

    private static func bytes(hexadecimal digits: some Collection<UInt8>) -> [UInt8]? {
        guard digits.count.isMultiple(of: 2), !digits.isEmpty else { return nil }
        let text = String(decoding: digits, as: UTF8.self)
        var bytes: [UInt8] = []
        var rest = text[...]
        while !rest.isEmpty {
            guard let byte = UInt8(rest.prefix(2), radix: 16) else { return nil }
            bytes.append(byte)
            rest = rest.dropFirst(2)
        }
        return bytes
    }
}
