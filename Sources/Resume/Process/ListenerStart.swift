import Glibc
import NIOCore

/// Opens listening sockets, with messages for people.
enum ListenerStart {
    /// Listens on one address. Without a host: on all addresses of IPv6 and IPv4, or of IPv4 where there is no IPv6.
    ///
    /// - Throws: ``ResumeProblem``
    static func open(
        _ listener: HostPort, on group: any EventLoopGroup, _ bind: (String, Int) throws -> any Channel
    ) throws(ResumeProblem) -> any Channel {
        do {
            guard listener.host.isEmpty else { return try bind(listener.host, Int(listener.port)) }
            do {
                return try bind("::", Int(listener.port))
            } catch let error as IOError where error.errnoCode == EAFNOSUPPORT || error.errnoCode == EADDRNOTAVAIL {
                return try bind("0.0.0.0", Int(listener.port))
            }
        } catch {
            throw ResumeProblem("can't listen on \(listener): \(reason(error, listener))")
        }
    }

    private static func reason(_ error: any Error, _ listener: HostPort) -> String {
        guard let error = error as? IOError else {
            return "'\(listener.host)' can't be resolved: write an address of this machine"
        }
        switch error.errnoCode {
        case EADDRINUSE: return "another program uses the port; find it with 'ss -tlnp sport = :\(listener.port)'"
        case EADDRNOTAVAIL: return "this machine has no such address; 'ip address' shows those that it has"
        case EACCES: return "a port below 1024 needs a privilege: choose a higher one"
        default: return String(cString: strerror(error.errnoCode))
        }
    }
}
