import Glibc

/// An address to listen on, as Go reads, resolves and shows it.
package struct ListenAddress {
    /// The address and port, as a client sees them: `127.0.0.1:8666`, `[::]:80`.
    package var text: String
    /// As in Go's errors: an address without a host has none there, either.
    var errorText: String
    private var storage: sockaddr_storage
    private var length: socklen_t

    /// Reads `host:port`. Without a host: all addresses, of IPv6 where there is IPv6.
    ///
    /// - Throws: with Go's text, as `listen tcp: address foo: missing port in address`.
    package static func resolve(_ text: String) throws(RelayProblem) -> ListenAddress {
        let (host, port) = try split(text)
        guard !host.isEmpty else {
            return wildcard(port)
        }
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_PASSIVE
        var list: UnsafeMutablePointer<addrinfo>?
        let status = getaddrinfo(host, String(port), &hints, &list)
        defer { if let list { freeaddrinfo(list) } }
        guard status == 0, let first = list else {
            throw RelayProblem("listen tcp: lookup \(host): no such host", status: 500)
        }
        // Like Go, IPv4 is preferred.
        var chosen = first
        var next: UnsafeMutablePointer<addrinfo>? = first
        while let entry = next {
            if entry.pointee.ai_family == AF_INET {
                chosen = entry
                break
            }
            next = entry.pointee.ai_next
        }
        var storage = sockaddr_storage()
        let length = chosen.pointee.ai_addrlen
        withUnsafeMutableBytes(of: &storage) { bytes in
            if let address = chosen.pointee.ai_addr {
                bytes.copyMemory(from: UnsafeRawBufferPointer(start: address, count: Int(length)))
            }
        }
        let name = describe(storage)
        return ListenAddress(text: name, errorText: name, storage: storage, length: length)
    }

    /// Splits `host:port`; a host of IPv6 is in brackets.
    package static func split(_ text: String) throws(RelayProblem) -> (host: String, port: UInt16) {
        func problem(_ why: String) -> RelayProblem { RelayProblem("listen tcp: address \(text): \(why)", status: 500) }
        guard let colon = text.lastIndex(of: ":") else {
            // toxiproxy's default: any port.
            if text.isEmpty { return ("", 0) }
            throw problem("missing port in address")
        }
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            throw problem(text.hasPrefix("[") ? "missing port in address" : "too many colons in address")
        }
        let digits = text[text.index(after: colon)...]
        guard !digits.isEmpty else { return (String(host), 0) }
        guard digits.allSatisfy(\.isNumber) else {
            throw RelayProblem("listen tcp: lookup tcp/\(digits): unknown port", status: 500)
        }
        guard let port = UInt16(digits) else { throw problem("invalid port") }
        return (String(host), port)
    }

    private static func wildcard(_ port: UInt16) -> ListenAddress {
        var storage = sockaddr_storage()
        var length: socklen_t
        let probe = socket(AF_INET6, Int32(SOCK_STREAM.rawValue), 0)
        if probe >= 0 {
            Glibc.close(probe)
            var address = sockaddr_in6()
            address.sin6_family = sa_family_t(AF_INET6)
            address.sin6_port = port.bigEndian
            length = socklen_t(MemoryLayout<sockaddr_in6>.size)
            withUnsafeMutableBytes(of: &storage) { $0.storeBytes(of: address, as: sockaddr_in6.self) }
        } else {
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = port.bigEndian
            length = socklen_t(MemoryLayout<sockaddr_in>.size)
            withUnsafeMutableBytes(of: &storage) { $0.storeBytes(of: address, as: sockaddr_in.self) }
        }
        return ListenAddress(text: describe(storage), errorText: ":\(port)", storage: storage, length: length)
    }

    /// `127.0.0.1:80`, `[::1]:80`
    private static func describe(_ storage: sockaddr_storage) -> String {
        var storage = storage
        var host = [CChar](repeating: 0, count: 64)
        let port: UInt16
        if storage.ss_family == sa_family_t(AF_INET6) {
            var address = withUnsafeBytes(of: &storage) { $0.loadUnaligned(as: sockaddr_in6.self) }
            inet_ntop(AF_INET6, &address.sin6_addr, &host, socklen_t(host.count))
            port = UInt16(bigEndian: address.sin6_port)
        } else {
            var address = withUnsafeBytes(of: &storage) { $0.loadUnaligned(as: sockaddr_in.self) }
            inet_ntop(AF_INET, &address.sin_addr, &host, socklen_t(host.count))
            port = UInt16(bigEndian: address.sin_port)
        }
        let name = String(decoding: host.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return name.contains(":") ? "[\(name)]:\(port)" : "\(name):\(port)"
    }

    /// Opens a socket that listens, and returns it with its real address.
    ///
    /// - Throws: with Go's text, as `listen tcp 127.0.0.1:22: bind: permission denied`.
    package func open() throws(RelayProblem) -> (descriptor: Int32, text: String) {
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        let descriptor = socket(Int32(storage.ss_family), kind, 0)
        guard descriptor >= 0 else { throw problem("socket") }
        var one: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &one, socklen_t(MemoryLayout<Int32>.size))
        var zero: Int32 = 0
        if storage.ss_family == sa_family_t(AF_INET6) {
            let only = errorText.hasPrefix("[") ? one : zero
            zero = only
            setsockopt(descriptor, Int32(IPPROTO_IPV6), IPV6_V6ONLY, &zero, socklen_t(MemoryLayout<Int32>.size))
        }
        var address = storage
        let size = length
        let bound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, size) }
        }
        guard bound == 0 else {
            let problem = problem("bind")
            Glibc.close(descriptor)
            throw problem
        }
        guard listen(descriptor, 1024) == 0 else {
            let problem = problem("listen")
            Glibc.close(descriptor)
            throw problem
        }
        return (descriptor, ListenAddress.text(of: descriptor))
    }

    /// The address that a socket is bound to.
    package static func text(of descriptor: Int32) -> String {
        var storage = sockaddr_storage()
        var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
        _ = withUnsafeMutablePointer(to: &storage) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &size) }
        }
        return describe(storage)
    }

    private func problem(_ call: String) -> RelayProblem {
        let why = String(cString: strerror(errno)).lowercased()
        return RelayProblem("listen tcp \(errorText): \(call): \(why)", status: 500)
    }
}
