/// Keeps the number of instances at the wanted number (SCALE-1, SCALE-2).
extension FleetMachine {
    /// How many instances are missing; negative if there are too many. Instances that a maintenance step adds or
    /// withholds do not count.
    var missing: Int {
        let surplus = maintenance { $0.surplus(serving: Set(self.serving)) } ?? 0
        return snapshot.desired - (serving.count + starting.count - surplus)
    }

    mutating func keepCapacity() {
        while missing > 0, now >= retry.notBefore {
            let lost = snapshot.lost.first
            let cause = lost.map { "recovery of instance \($0.identifier)" } ?? "capacity"
            // A binary that is being rolled back is not started again.
            let isRollingBack = maintenance { $0.phase == .rollingBack } ?? false
            let binary = isRollingBack ? snapshot.binary : lost?.binary ?? snapshot.binary
            guard let identifier = start(binary: binary, cause: cause, recovers: lost) else { return }
            if lost != nil { snapshot.lost.removeFirst() }
            snapshot.maintenance?.joined(identifier, binary: binary)
        }
        if missing <= 0 { snapshot.lost = [] }
        if missing < 0 { shrink() }
    }

    /// Removes one instance: one that does not serve yet, or else one serving instance at a time, and never the last.
    /// During a replacement, only an instance that was started for another reason.
    private mutating func shrink() {
        let step = maintenance { $0.step }
        if let unneeded = starting.last(where: { $0 != step?.replacement }) {
            update(unneeded) { $0.leaving = .notWanted }
            end(unneeded, cause: InstanceLife.Leaving.notWanted.text)
        } else if step == nil, leavingInstance == nil, renewing == nil, serving.count > 1,
            let identifier = LeavingChoice.instance(of: serving, measurement: lastMeasurement)
        {
            leave(identifier, .scaleIn)
        }
    }

    mutating func measured(_ measurement: FleetMeasurement) {
        lastMeasurement = measurement
        noteRoom(measurement)
        let serving = serving
        // A fleet that is changing its size is evaluated when the change is finished.
        guard serving.count >= snapshot.desired,
            let load = measurement.load(serving: serving, instance: settings.instance)
        else { return }
        let decided = autoscaler.decide(
            load, serving: snapshot.desired, capacity: snapshot.capacity, times: settings.scaling, now: now)
        guard let (decision, average) = decided else { return }
        let before = snapshot.desired
        let kind: FleetChange.Kind
        switch decision {
        case .out(let count): (snapshot.desired, kind) = (count, .scaleOut)
        case .in: (snapshot.desired, kind) = (before - 1, .scaleIn)
        }
        var details: [String: FleetChange.Detail] = [
            "averageThroughput": part(average.throughput), "averageCpu": part(average.cpu),
            "sessions": part(average.sessions), "from": .init(before), "to": .init(snapshot.desired),
        ]
        if kind == .scaleIn, let leaves = LeavingChoice.instance(of: serving, measurement: measurement) {
            details["leaves"] = .init(Int(leaves))
        }
        record(kind, cause: "autoscaler", details)
    }

    /// A share of the capacity, rounded to four decimals.
    private func part(_ value: Double) -> FleetChange.Detail { .number((value * 10_000).rounded() / 10_000) }

    mutating func settingsChanged(_ settings: FleetSettings) {
        self.settings = settings
        guard settings.capacity != snapshot.configured else { return }
        snapshot.configured = settings.capacity
        setCapacity(settings.capacity, cause: "configuration")
    }

    mutating func setCapacity(_ capacity: CapacityRange, cause: String) {
        snapshot.capacity = capacity
        setDesired(capacity.clamp(snapshot.desired), cause: cause)
    }

    mutating func setDesired(_ count: Int, cause: String) {
        let before = snapshot.desired
        snapshot.desired = count
        autoscaler.forget()
        record(
            .capacityChanged, cause: cause,
            [
                "from": .init(before), "to": .init(count), "minimum": .init(snapshot.capacity.minimum),
                "maximum": .init(snapshot.capacity.maximum),
            ])
    }
}
