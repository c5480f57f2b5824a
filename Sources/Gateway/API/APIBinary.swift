import Glibc
internal import Policy

/// The program that serves the HTTP API: `sluice-api`. It is a separate binary. So a gateway without the API has no HTTP and TLS code in
/// its processes, and does not need that file.
enum APIBinary {
    private static let name = "sluice-api"
    /// The directory where packages install programs that are not commands.
    private static let libraryFolder = "/usr/libexec/sluice"
    /// Timeout for the check of a certificate.
    private static let patienceMicroseconds: UInt32 = 10_000_000

    /// The binary beside this one, or where the package installs it.
    static func path() throws(GatewayError) -> String {
        let folders = [ownFolder(), libraryFolder].compactMap(\.self)
        let paths = folders.map { "\($0)/\(name)" }
        guard let path = paths.first(where: { access($0, X_OK) == 0 }) else {
            throw GatewayError(
                "api: \(name), which serves it, is missing (\(paths.joined(separator: ", "))): install the package "
                    + "'\(name)', or build it with 'swift build --product \(name)'; or omit 'api:'")
        }
        return path
    }

    /// Checks everything that can be known about the API in `configuration`. Runs a program: may take long.
    static func check(_ configuration: Configuration) throws(GatewayError) {
        guard let settings = configuration.api else { return }
        let path = try path()
        guard let tls = settings.tls else { return }
        let (status, said) = try GatewayError.wrapping { () throws(SystemError) in
            try run(path, ["check-certificate", "--certificate", tls.certificate, "--key", tls.key])
        }
        if status == 0 { return }
        let lines = said.split(separator: "\n").map(String.init)
        guard status == 2, lines.count > 1 else {
            throw GatewayError("api.tls: \(path) could not check the certificate (exit code \(status)): \(said)")
        }
        let place = lines[0] == "key" ? tls.keyPlace : tls.certificatePlace
        throw GatewayError("\(place.text): api.tls.\(lines[0]): \(lines.dropFirst().joined(separator: "\n"))")
    }

    private static func run(_ path: String, _ arguments: [String]) throws(SystemError) -> (status: Int32, said: String)
    {
        let program = try HelperProgram(path, [name] + arguments)
        var waited: UInt32 = 0
        while waited < patienceMicroseconds {
            if let status = program.ended() { return (status, program.said) }
            usleep(2_000)
            waited += 2_000
        }
        program.kill()
        return (128 + SIGKILL, "it took longer than \(patienceMicroseconds / 1_000_000) s")
    }

    private static func ownFolder() -> String? {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let length = readlink("/proc/self/exe", &buffer, buffer.count - 1)
        guard length > 0 else { return nil }
        // The path of a binary that was replaced since it started ends with ' (deleted)'; its folder is the same.
        let path = String(decoding: buffer[..<length].map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return path.lastIndex(of: "/").map { String(path[..<$0]) }
    }
}
