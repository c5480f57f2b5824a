import Glibc
import NIOCore

extension Channel {
    /// Closes with a RST.
    func closeWithReset() {
        if let options = self as? any SocketOptionProvider {
            _ = options.setSoLinger(linger(l_onoff: 1, l_linger: 0))
        }
        close(promise: nil)
    }

    /// Turns keep-alive on, and Nagle's algorithm off.
    func prepareForStream() {
        setOption(.tcpOption(.tcp_nodelay), value: 1).whenFailure { _ in }
        let options: [(CInt, Int)] = [
            (CInt(TCP_KEEPIDLE), 30), (CInt(TCP_KEEPINTVL), 10), (CInt(TCP_KEEPCNT), 3),
        ]
        setOption(.socketOption(.so_keepalive), value: 1).whenSuccess {
            for (option, value) in options {
                self.setOption(.tcpOption(.init(rawValue: option)), value: value).whenFailure { _ in }
            }
        }
    }
}
