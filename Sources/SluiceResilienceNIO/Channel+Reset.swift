import Glibc
package import NIOCore

extension Channel {
    /// Closes with a RST. The linger time is set just before the close: set earlier it would turn a half-close into a
    /// reset.
    package func closeWithReset() {
        if let options = self as? any SocketOptionProvider {
            _ = options.setSoLinger(linger(l_onoff: 1, l_linger: 0))
        }
        close(promise: nil)
    }
}
