import Glibc

/// Messages with a descriptor over a Unix socket that keeps their bounds (SOCK_SEQPACKET).
enum DescriptorPassing {
    static let longest = 512

    /// Two ends; both are closed in programs that are started.
    static func pair() -> (Int32, Int32)? {
        var ends: [Int32] = [-1, -1]
        let kind = Int32(SOCK_SEQPACKET.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        return socketpair(AF_UNIX, kind, 0, &ends) == 0 ? (ends[0], ends[1]) : nil
    }

    /// The header of a control message with one descriptor: cmsg(3).
    private static let controlLength = MemoryLayout<cmsghdr>.size + MemoryLayout<Int>.size

    static func send(_ text: String, descriptor: Int32? = nil, over socket: Int32) -> Bool {
        var bytes = Array(text.utf8)
        var control = [UInt64](repeating: 0, count: controlLength / 8)
        return bytes.withUnsafeMutableBytes { bytes in
            control.withUnsafeMutableBytes { control in
                var vector = iovec(iov_base: bytes.baseAddress, iov_len: bytes.count)
                return withUnsafeMutablePointer(to: &vector) { vector in
                    var message = msghdr()
                    message.msg_iov = vector
                    message.msg_iovlen = 1
                    if let descriptor {
                        var header = cmsghdr()
                        header.cmsg_len = MemoryLayout<cmsghdr>.size + MemoryLayout<Int32>.size
                        header.cmsg_level = SOL_SOCKET
                        header.cmsg_type = Int32(SCM_RIGHTS)
                        control.storeBytes(of: header, as: cmsghdr.self)
                        control.storeBytes(of: descriptor, toByteOffset: MemoryLayout<cmsghdr>.size, as: Int32.self)
                        message.msg_control = control.baseAddress
                        message.msg_controllen = control.count
                    }
                    return sendmsg(socket, &message, Int32(MSG_NOSIGNAL)) >= 0
                }
            }
        }
    }

    /// Waits for a message; nil: the other end is gone.
    static func receive(over socket: Int32) -> (text: String, descriptor: Int32?)? {
        var bytes = [UInt8](repeating: 0, count: longest)
        var control = [UInt64](repeating: 0, count: controlLength / 8)
        return bytes.withUnsafeMutableBytes { bytes in
            control.withUnsafeMutableBytes { control in
                var vector = iovec(iov_base: bytes.baseAddress, iov_len: bytes.count)
                return withUnsafeMutablePointer(to: &vector) { vector in
                    var message = msghdr()
                    message.msg_iov = vector
                    message.msg_iovlen = 1
                    message.msg_control = control.baseAddress
                    message.msg_controllen = control.count
                    var count = recvmsg(socket, &message, Int32(MSG_CMSG_CLOEXEC))
                    while count < 0, errno == EINTR {
                        count = recvmsg(socket, &message, Int32(MSG_CMSG_CLOEXEC))
                    }
                    guard count > 0 else { return nil }
                    let text = String(decoding: UnsafeRawBufferPointer(bytes).prefix(count), as: UTF8.self)
                    let header = control.load(as: cmsghdr.self)
                    guard message.msg_controllen >= MemoryLayout<cmsghdr>.size + MemoryLayout<Int32>.size,
                        header.cmsg_level == SOL_SOCKET, header.cmsg_type == Int32(SCM_RIGHTS)
                    else { return (text, nil) }
                    return (text, control.load(fromByteOffset: MemoryLayout<cmsghdr>.size, as: Int32.self))
                }
            }
        }
    }
}

/// The process in the server's network: opens the sockets that the relay asks for.
package enum NamespaceListenerProcess {
    /// Serves until the relay is gone.
    ///
    /// - Parameter socket: the other end is the relay's.
    package static func run(socket: Int32) {
        while let request = DescriptorPassing.receive(over: socket) {
            do throws(RelayProblem) {
                let (descriptor, text) = try ListenAddress.resolve(request.text).open()
                _ = DescriptorPassing.send(text, descriptor: descriptor, over: socket)
                close(descriptor)
            } catch {
                _ = DescriptorPassing.send(error.message, over: socket)
            }
        }
    }
}
