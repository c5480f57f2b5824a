import Crypto
import SluiceResilience

/// Proofs that are valid for one TLS connection only (docs/resume-protocol.md, "Proofs").
enum StreamProofs {
    /// The exporter's label.
    static let label = "EXPORTER-sluice-resume"
    /// Bytes of exported keying material.
    static let materialBytes = 32

    /// The client has the token.
    static func client(token: [UInt8], material: [UInt8]) -> [UInt8] { code(token, "client", material) }

    /// The server has the token.
    static func server(token: [UInt8], material: [UInt8]) -> [UInt8] { code(token, "server", material) }

    /// The client has the stream's secret.
    static func stream(secret: [UInt8], id: StreamID, epoch: UInt32, material: [UInt8]) -> [UInt8] {
        var data: [UInt8] = []
        withUnsafeBytes(of: id.high.bigEndian) { data += $0 }
        withUnsafeBytes(of: id.low.bigEndian) { data += $0 }
        withUnsafeBytes(of: epoch.bigEndian) { data += $0 }
        return code(secret, "stream", data + material)
    }

    private static func code(_ key: [UInt8], _ role: String, _ data: [UInt8]) -> [UInt8] {
        [UInt8](HMAC<SHA256>.authenticationCode(for: [UInt8](role.utf8) + data, using: SymmetricKey(data: key)))
    }

    /// Whether two proofs or secrets are the same. Takes the same time wherever they differ.
    static func areEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        left.count == right.count && zip(left, right).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }

    /// A new secret of a stream.
    static func newSecret() -> [UInt8] {
        SymmetricKey(size: .bits256).withUnsafeBytes { [UInt8]($0) }
    }
}
