import Fleet

/// Faults and commands of operators, until the quiet phase begins, in which the fleet must settle.
extension Simulation {
    static let longestQuiet: UInt64 = 4_000 * .second

    mutating func fault() {
        guard !isQuiet else { return }
        agenda.add(.fault, at: now + random.milliseconds(scenario.gap))
        guard let fault = scenario.faults.randomElement(using: &random) else { return }
        switch fault {
        case .stall:
            guard let index = processes.indices.randomElement(using: &random) else { return }
            let range: ClosedRange<UInt64> = random.chance(50) ? 500...5_000 : 5_000...30_000
            stall(index, for: random.milliseconds(range))
        case .killInstance:
            guard let process = processes.randomElement(using: &random) else { return }
            checks.drainDisturbed(process.identifier)
            checks.renewalDisturbed(process.identifier)
            processEnds(process.serial, .signalled(9))
        case .killController:
            trace("the controller is to die soon")
            doom = Int.random(in: 0...6, using: &random)
        case .command: command()
        case .upgrade: upgradeController()
        case .pause: pause(for: random.milliseconds(500...30_000))
        case .load:
            let busy = Double.random(in: 0...6, using: &random)
            load = busy
            trace("the load is enough for \(busy) instances")
        }
    }

    /// The machine stands still, but its clock runs. The first process to run afterwards sees the old state of the
    /// others.
    private mutating func pause(for duration: UInt64) {
        trace("the whole machine is paused for \(duration / 1_000_000) ms")
        agenda.delayAll(by: duration)
        checks.paused(from: now, for: duration)
        report.counts.pauses += 1
    }

    private mutating func command() {
        let identifier = kernel.steered.randomElement(using: &random) ?? 1
        let draining = controller?.view.instances.first { $0.state.isDraining }?.identifier ?? identifier
        let capacity = scenario.settings.capacity
        let commands: [FleetCommand] = [
            .scale(instances: Int.random(in: capacity.minimum - 1...capacity.maximum + 1, using: &random)),
            .prescale(
                CapacityRange(
                    minimum: Int.random(in: 1...5, using: &random), maximum: Int.random(in: 2...8, using: &random))),
            .drain(identifier), .drain(identifier), .cancelDrain(draining), .stop(identifier), .stop(draining),
            .startMaintenance(binary: "/new-\(random.chance(50) ? 1 : 2)", now: false),
            .startMaintenance(binary: nil, now: true), .pauseMaintenance, .resumeMaintenance, .resumeMaintenance,
            .abortMaintenance,
        ]
        guard let command = commands.randomElement(using: &random) else { return }
        if case .stop(let identifier) = command { checks.drainDisturbed(identifier) }
        deliver(.requested(command))
    }

    // MARK: - Quiet

    /// No more faults or commands: a correct fleet settles.
    mutating func beginQuiet() {
        trace("quiet: no more faults")
        isQuiet = true
        quietBegan = now
        doom = nil
        load = 0.4 * Double(scenario.settings.capacity.minimum)
        deliver(.requested(.resumeMaintenance))
        agenda.add(.quietCheck, at: now + 20 * .second)
    }

    mutating func checkQuiet() {
        guard let whatIsUnsettled else {
            isSettled = true
            checks.restingTally(handshakes.estimate, halfOpen: handshakes.count)
            return trace("settled")
        }
        if now > quietBegan + Simulation.longestQuiet {
            return checks.fail("the fleet does not settle: \(whatIsUnsettled)")
        }
        // Repeated, because the controller may have been dead at the first time.
        if controller?.view.maintenance?.isPaused == true { deliver(.requested(.resumeMaintenance)) }
        agenda.add(.quietCheck, at: now + 10 * .second)
    }

    /// Why the fleet has not settled; nil if it has.
    private var whatIsUnsettled: String? {
        guard let view = controller?.view else { return "no controller" }
        if let busy = view.instances.first(where: { $0.state != .serving }) {
            return "instance \(busy.identifier) is \(busy.state.name)"
        }
        if view.instances.count != view.desired { return "\(view.instances.count) of \(view.desired) instances serve" }
        if let maintenance = view.maintenance, !maintenance.phase.isOver {
            return "maintenance is \(maintenance.phase.rawValue): \(maintenance.text)"
        }
        if let renewal = view.renewal, renewal.problem == nil {
            return "instances \(renewal.remaining) run another program than the controller"
        }
        let serving = view.instances.map(\.identifier)
        if kernel.steered != serving { return "steered to \(kernel.steered), not \(serving)" }
        if let orphan = kernel.slabs.first(where: { $0.owner != 0 && !serving.contains($0.owner) }) {
            return
                "a slab with \(orphan.sessions.count) sessions belongs to instance \(orphan.owner), which does not serve"
        }
        if let process = processes.first(where: { !serving.contains($0.identifier) }) {
            return "a process of instance \(process.identifier) is left over"
        }
        if !isCounted { return "half-open sessions have changed since they were counted" }
        return nil
    }
}
