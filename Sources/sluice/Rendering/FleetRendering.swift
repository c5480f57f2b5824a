import Inspection

/// Formats a fleet for people.
enum FleetRendering {
    static func screen(_ fleet: FleetStatus, style: TextStyle = .plain) -> String {
        var text = "\(summary(fleet))\n\n" + table(fleet).text(style: style)
        if let renewal = fleet.renewal { text += "\n" + self.renewal(renewal) }
        if let maintenance = fleet.maintenance { text += "\n" + self.maintenance(maintenance) }
        return text
    }

    /// `3 of 4 instances serve, capacity 2 to 20`
    static func summary(_ fleet: FleetStatus) -> String {
        let others = Dictionary(grouping: fleet.instances.filter { $0.state != "serving" }, by: \.state)
            .sorted { $0.key < $1.key }.map { "\($0.value.count) \($0.key)" }
        let capacity =
            fleet.minCapacity == fleet.maxCapacity
            ? "fixed at \(fleet.minCapacity)" : "capacity \(fleet.minCapacity) to \(fleet.maxCapacity)"
        let renewal = fleet.renewal.map { ["\($0.remaining.count) to be renewed"] } ?? []
        let serving = "\(fleet.serving) of \(HumanText.count(fleet.desired, of: "instance")) serve"
        return ([serving] + others + renewal + [capacity]).joined(separator: ", ")
    }

    static func table(_ fleet: FleetStatus) -> TextTable {
        var table = TextTable([
            .right("INSTANCE"), .left("STATE"), .right("FOR", spare: 2), .right("PROCESS", spare: 3),
            .right("SESSIONS"), .right("CPU", spare: 5), .right("THROUGHPUT", spare: 4), .left("CAUSE", spare: 1),
            .left("DRAIN", folds: true),
        ])
        for instance in fleet.instances {
            table.add([
                "\(instance.identifier)", instance.state, HumanText.duration(seconds: instance.stateSeconds),
                instance.running ? "\(instance.processIdentifier)" : "gone", HumanText.count(instance.sessions),
                HumanText.percent(instance.cpu), throughput(instance.bitsPerSecond), instance.cause,
                instance.drain.map(drain) ?? "",
            ])
        }
        return table
    }

    /// `12 left, resets in 3.0s, gone in 48.0s at the latest`
    private static func drain(_ drain: InstanceStatus.Drain) -> String {
        var parts = ["\(HumanText.count(drain.sessionsLeft)) left"]
        if drain.tombstones > 0 { parts.append("\(HumanText.count(drain.tombstones)) reset") }
        if drain.resetInSeconds > 0 { parts.append("resets in \(HumanText.duration(seconds: drain.resetInSeconds))") }
        parts.append("gone in \(HumanText.duration(seconds: drain.deadlineInSeconds)) at the latest")
        return parts.joined(separator: ", ")
    }

    /// `0 bps`, `1.5 Gbps`.
    static func throughput(_ bitsPerSecond: Double) -> String {
        for (unit, size) in [("Gbps", 1e9), ("Mbps", 1e6), ("kbps", 1e3)] where bitsPerSecond >= size {
            return "\(HumanText.decimal(bitsPerSecond / size, places: 1, keepsZeros: true)) \(unit)"
        }
        return "\(HumanText.decimal(bitsPerSecond, places: 0)) bps"
    }

    /// `renewal: instance 2 gets a process of this version, and keeps its sessions`, and the remaining instances.
    private static func renewal(_ renewal: RenewalStatus) -> String {
        "renewal: \(renewal.text)\n" + SessionRendering.aligned([("to be renewed", list(renewal.remaining))])
    }

    static func maintenance(_ maintenance: MaintenanceStatus?) -> String {
        guard let maintenance else { return "maintenance: none yet\n" }
        var text = "maintenance \(maintenance.number): \(maintenance.phase)"
        if maintenance.paused { text += ", paused" }
        if maintenance.waitsForWindow { text += ", waits for its window" }
        text += ": \(maintenance.text)\n"
        let facts = [
            ("binary", maintenance.binary ?? "the controller's"),
            ("replaced", list(maintenance.updated)),
            ("to be replaced", list(maintenance.remaining)),
        ]
        return text + SessionRendering.aligned(facts)
    }

    private static func list(_ instances: [Int]) -> String {
        instances.isEmpty ? "none" : instances.map { "\($0)" }.joined(separator: ", ")
    }
}
