import FoundationEssentials
import Kernel
import Policy

extension GatewayInspector {
    /// What can be observed only in the network namespace of the gateway.
    struct NetworkFindings {
        var zones: [GatewayStatus.Zone]
        var guardInstalled: Bool
        /// Frames that the zone interfaces have received.
        var receivedFrames: UInt64
        /// The age of the observation.
        var ageSeconds = 0.0

        var isAttached: Bool { zones.contains { $0.interfaces.contains(where: \.attached) } }
    }

    /// Observes the network namespace of the gateway's processes. If none is alive, the datapath still works: then our
    /// own namespace and all named ones are searched for it.
    func network(_ configuration: Configuration, processes: [Int32]) -> NetworkFindings {
        if isConfined { return written(configuration) }
        let read = {
            let zones = self.zones(configuration)
            let attached = zones.flatMap(\.interfaces).filter(\.attached).map(\.name)
            return NetworkFindings(
                zones: zones, guardInstalled: Guard.isInstalled(gateway: self.gateway),
                receivedFrames: ReceivedFrames.total(Set(attached)))
        }
        for process in processes {
            if let findings = NetworkVisit.run(in: "/proc/\(process)/ns/net", read) { return findings }
        }
        let here = read()
        if here.isAttached { return here }
        let named = (try? FileManager.default.contentsOfDirectory(atPath: "/run/netns")) ?? []
        for name in named.sorted() {
            if let findings = NetworkVisit.run(in: "/run/netns/\(name)", read), findings.isAttached { return findings }
        }
        return here
    }

    /// The last observation that the controller has recorded; empty if there is none.
    private func written(_ configuration: Configuration) -> NetworkFindings {
        let note = directory.networkNote()
        let now = MonotonicClock.nanoseconds()
        let zones = configuration.zones.map { zone in
            GatewayStatus.Zone(
                name: zone.name,
                interfaces: zone.interfaces.map { name in
                    let seen = note?.interfaces.first { $0.name == name }
                    return .init(
                        name: name, present: seen?.mtu != nil, attached: seen?.isAttached ?? false,
                        mtu: UInt32(seen?.mtu ?? 0))
                })
        }
        let age = note.map { now > $0.nanoseconds ? Double((now - $0.nanoseconds) / 1_000_000) / 1000 : 0 }
        return NetworkFindings(
            zones: zones, guardInstalled: note?.isGuarded ?? false, receivedFrames: note?.receivedFrames ?? 0,
            ageSeconds: age ?? 0)
    }

    private func zones(_ configuration: Configuration) -> [GatewayStatus.Zone] {
        configuration.zones.map { zone in
            GatewayStatus.Zone(
                name: zone.name,
                interfaces: zone.interfaces.map { name in
                    guard let interface = try? NetworkInterface.find(name) else {
                        return .init(name: name, present: false, attached: false, mtu: 0)
                    }
                    return .init(
                        name: name, present: true, attached: datapath.isAttached(interfaceIndex: interface.index),
                        mtu: UInt32(interface.mtu))
                })
        }
    }
}
