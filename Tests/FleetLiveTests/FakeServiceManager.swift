import Glibc
import Lab
import TestSupport
import Testing

/// The socket of a service manager. Keeps the messages that it receives.
final class FakeServiceManager {
    private let directory = TemporaryDirectory()
    private let descriptor: Int32
    private var told: [String] = []

    var path: String { "\(directory.path)/notify" }

    init() throws {
        let socket = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        try #require(socket >= 0)
        descriptor = socket
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        try #require(bytes.count < MemoryLayout.size(ofValue: address.sun_path))
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        let status = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(socket, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        try #require(status == 0)
    }

    deinit { close(descriptor) }

    /// All messages so far.
    var messages: [String] {
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
            guard count > 0 else { return told }
            told.append(String(decoding: buffer[..<count], as: UTF8.self))
        }
    }

    func waitFor(_ what: String, within limit: Duration = .seconds(15), _ condition: ([String]) -> Bool) async throws {
        let deadline = ContinuousClock.now + limit
        while !condition(messages) {
            guard ContinuousClock.now < deadline else { throw FleetLab.Waited(what: what, seen: "\(messages)") }
            try await Task.sleep(for: .milliseconds(20))
        }
    }
}
