import Glibc
import NIOSSL
import TestSupport

/// A certificate that signs itself, made by `openssl` once a run.
struct TestCertificate: Sendable {
    let certificate: NIOSSLCertificate
    let key: NIOSSLPrivateKey

    static let shared = Result { try TestCertificate() }

    private struct Failed: Error { let status: Int32 }

    private init() throws {
        let folder = TemporaryDirectory()
        let command =
            "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost "
            + "-addext subjectAltName=DNS:localhost,IP:127.0.0.1 -keyout \(folder.path)/key -out \(folder.path)/certificate "
            + "2>/dev/null"
        guard let output = popen(command, "r") else { throw Failed(status: errno) }
        let status = pclose(output)
        guard status == 0 else { throw Failed(status: status) }
        certificate = try NIOSSLCertificate.fromPEMFile("\(folder.path)/certificate")[0]
        key = try NIOSSLPrivateKey(file: "\(folder.path)/key", format: .pem)
    }
}
