import Glibc
import NIOCore

extension Channel {
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
