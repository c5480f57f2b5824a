package import FlowCore
package import Policy
import SocketCore
import SocketLayout

/// Judges sockets against the timeouts of a profile. Pure.
package struct SocketJudge: Sendable {
    package var timeouts: SessionTimeouts
    package var internalPrefixes: [AddressPrefix]
    /// Whether sessions that stay on this host are judged like others: for trials.
    package var judgesLocal: Bool

    /// - Parameter idleTimeout: replaces the profile's idle timeout of both classes; nanoseconds.
    package init(
        profile: Profile = .azure, idleTimeout: UInt64? = nil,
        internalPrefixes: [AddressPrefix] = Configuration.defaultInternalPrefixes, judgesLocal: Bool = false
    ) {
        timeouts = profile.defaults
        if let idleTimeout {
            timeouts.northSouth = idleTimeout
            timeouts.eastWest = idleTimeout
        }
        self.internalPrefixes = internalPrefixes
        self.judgesLocal = judgesLocal
    }

    /// - Parameter ownAddresses: the addresses of the socket's network namespace.
    package func judge(_ socket: TCPSocket, ownAddresses: Set<NetworkAddress> = []) -> SocketJudgement {
        let trafficClass = trafficClass(socket)
        func noSession(_ reason: SocketReason) -> SocketJudgement {
            SocketJudgement(verdict: .safe, reason: reason, trafficClass: trafficClass)
        }
        if socket.state == .listening { return noSession(.listens) }
        guard let timeout = timeoutSeconds(socket, trafficClass) else { return noSession(.ending) }
        if !judgesLocal, isLocal(socket, ownAddresses) { return noSession(.local) }
        let (verdict, reason) = verdict(socket.keepAlive, timeout: timeout)
        let cutIn = verdict == .atRisk ? socket.idleSeconds.map { max(0, timeout - $0) } : nil
        return SocketJudgement(
            verdict: verdict, reason: reason, trafficClass: trafficClass, timeoutSeconds: timeout, cutInSeconds: cutIn)
    }

    /// North-south if an end is outside the internal prefixes.
    package func trafficClass(_ socket: TCPSocket) -> TrafficClass {
        func isInternal(_ end: SocketEnd) -> Bool { internalPrefixes.contains { $0.contains(end.address) } }
        return isInternal(socket.local) && isInternal(socket.remote) ? .eastWest : .northSouth
    }

    /// The idle timeout in seconds; nil: the session ends by itself. A half-closed session has the shorter timeout of its
    /// state (SESS-2). A socket in FIN-WAIT-2 that no process has open is ended by the kernel (tcp_fin_timeout).
    private func timeoutSeconds(_ socket: TCPSocket, _ trafficClass: TrafficClass) -> Double? {
        let idle = timeouts.idle(trafficClass)
        switch socket.state {
        case .established: return seconds(idle)
        case .closeWait: return seconds(min(idle, timeouts.closing))
        case .finWait2: return socket.inode == 0 ? nil : seconds(min(idle, timeouts.closing))
        default: return nil
        }
    }

    private func seconds(_ nanoseconds: UInt64) -> Double { Double(nanoseconds) / 1e9 }

    private func isLocal(_ socket: TCPSocket, _ ownAddresses: Set<NetworkAddress>) -> Bool {
        socket.remote.address.isLoopback || socket.remote.address == socket.local.address
            || ownAddresses.contains(socket.remote.address)
    }

    private func verdict(_ view: KeepAliveView, timeout: Double) -> (SocketVerdict, SocketReason) {
        switch view {
        case .exact(let keepAlive):
            if !keepAlive.isOn { return (.atRisk, .keepAliveOff) }
            if KeepAliveDecision.isFastEnough(keepAlive.layout, timeout: Self.wholeSeconds(timeout)) {
                return (.safe, .keepAliveFast)
            }
            return Double(keepAlive.idleSeconds) >= timeout
                ? (.atRisk, .firstProbeTooLate) : (.slowProbe, .repeatedProbesTooLate)
        case .off, .none: return (.atRisk, .keepAliveOff)
        case .onAtLeast(let idle): return idle >= timeout ? (.atRisk, .firstProbeTooLate) : (.unknown, .notVisible)
        case .hidden: return (.unknown, .notVisible)
        }
    }

    /// Whole seconds as the kernel compares them: rounded up, since an idle time of 2 s is in time for 2.5 s.
    package static func wholeSeconds(_ seconds: Double) -> UInt32 { UInt32(min(seconds.rounded(.up), 4e9)) }
}
