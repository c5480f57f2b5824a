import Glibc
import NIOCore

extension Channel {
    /// Sends a RST, for an idle connection too. The linger time is set just before the close: set earlier it would turn a
    /// half-close into a reset.
    func abort() {
        if let options = self as? any SocketOptionProvider {
            _ = options.setSoLinger(linger(l_onoff: 1, l_linger: 0))
        }
        close(promise: nil)
    }

    /// Turns keep-alive on, so that the channel ends when its other end no longer exists.
    func watchForLife() {
        setOption(.socketOption(.so_keepalive), value: 1).whenSuccess {
            self.setOption(.tcpOption(.init(rawValue: CInt(TCP_KEEPIDLE))), value: 30).whenComplete { _ in }
        }
    }
}
