import Glibc

/// An IP address and port in the form of the socket calls.
struct SocketAddress {
    var storage = sockaddr_storage()
    var length: socklen_t = 0

    var family: Int32 { Int32(storage.ss_family) }

    init() {
        length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    }

    /// Fails if `text` is neither an IPv4 nor an IPv6 address.
    init(_ text: String, port: UInt16) throws(EndpointError) {
        var four = in_addr()
        var six = in6_addr()
        if inet_pton(AF_INET, text, &four) == 1 {
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = port.bigEndian
            address.sin_addr = four
            withUnsafeMutableBytes(of: &storage) { $0.storeBytes(of: address, as: sockaddr_in.self) }
            length = socklen_t(MemoryLayout<sockaddr_in>.size)
        } else if inet_pton(AF_INET6, text, &six) == 1 {
            var address = sockaddr_in6()
            address.sin6_family = sa_family_t(AF_INET6)
            address.sin6_port = port.bigEndian
            address.sin6_addr = six
            withUnsafeMutableBytes(of: &storage) { $0.storeBytes(of: address, as: sockaddr_in6.self) }
            length = socklen_t(MemoryLayout<sockaddr_in6>.size)
        } else {
            throw EndpointError(what: "'\(text)' is not an IP address", number: nil)
        }
    }

    /// Runs `body` with the pointer that bind, connect and similar calls take.
    func withPointer<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
        withUnsafePointer(to: storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, length) }
        }
    }

    /// Lets `body` (getsockname, getpeername) fill in the address.
    mutating func fill(_ body: (UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> Int32) -> Bool {
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let result = withUnsafeMutablePointer(to: &storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, &length) }
        }
        self.length = length
        return result == 0
    }

    var port: UInt16 {
        get { withUnsafeBytes(of: storage) { UInt16(bigEndian: $0.load(fromByteOffset: 2, as: UInt16.self)) } }
        set {
            withUnsafeMutableBytes(of: &storage) {
                $0.storeBytes(of: newValue.bigEndian, toByteOffset: 2, as: UInt16.self)
            }
        }
    }

    var isIPv4: Bool { family == AF_INET }

    /// The bytes of the IP address.
    var octets: [UInt8] {
        withUnsafeBytes(of: storage) { isIPv4 ? Array($0[4..<8]) : Array($0[8..<24]) }
    }
}

/// An error that occurred before there was a connection to report it for.
struct EndpointError: Error, CustomStringConvertible {
    let what: String
    let number: Int32?

    var description: String {
        number.map { "\(what): \(errorName($0))" } ?? what
    }
}

/// The symbolic names of the errors that sockets report.
func errorName(_ number: Int32) -> String {
    switch number {
    case ECONNRESET: "ECONNRESET"
    case ECONNREFUSED: "ECONNREFUSED"
    case ECONNABORTED: "ECONNABORTED"
    case ETIMEDOUT: "ETIMEDOUT"
    case EPIPE: "EPIPE"
    case EHOSTUNREACH: "EHOSTUNREACH"
    case ENETUNREACH: "ENETUNREACH"
    case EADDRINUSE: "EADDRINUSE"
    case EADDRNOTAVAIL: "EADDRNOTAVAIL"
    case EMFILE: "EMFILE"
    case EMSGSIZE: "EMSGSIZE"
    case EACCES: "EACCES"
    case ENOTCONN: "ENOTCONN"
    case EINVAL: "EINVAL"
    default: "errno \(number) (\(String(cString: strerror(number))))"
    }
}
