import FlowCore
package import FlowLayout

/// Which index of the kernel's treatment table means what.
///
/// The entries 0 to 4 are those of the classes (``TreatmentIndex``) and change with the configuration, so that a changed idle
/// timeout holds for existing sessions too. Those from 16 on belong to rules; sessions carry their indices, so such an entry
/// keeps its meaning as long as a session may carry it.
package struct TreatmentTable: Equatable, Sendable {
    /// By index; nil: unused. As long as the kernel's table.
    package private(set) var entries: [Treatment?]
    private var indices: [Treatment: UInt16]
    private var nextCustom: Int

    /// The table of a gateway that starts anew.
    package init(timeouts: SessionTimeouts) {
        self.entries = Array(repeating: nil, count: Int(SLUICE_MAX_TREATMENTS))
        self.indices = [:]
        self.nextCustom = Int(TreatmentIndex.firstCustom)
        setClasses(timeouts)
    }

    /// The table that the kernel has, so that a controller that takes over goes on with it.
    package init(reading memory: UnsafePointer<sluice_treatment>) {
        self.entries = (0..<Int(SLUICE_MAX_TREATMENTS)).map { index in
            let entry = memory[index]
            guard entry.timeoutTicks != 0, let onIdle = OnIdle(rawValue: entry.onIdle) else { return nil }
            return Treatment(timeoutTicks: entry.timeoutTicks, onIdle: onIdle)
        }
        self.indices = [:]
        self.nextCustom = Int(TreatmentIndex.firstCustom)
        for index in Int(TreatmentIndex.firstCustom)..<entries.count {
            guard let treatment = entries[index] else { continue }
            indices[treatment] = UInt16(index)
            nextCustom = index + 1
        }
    }

    /// Writes the table into the kernel's. Entries that sessions carry do not change, so the kernel may read meanwhile.
    package func write(to memory: UnsafeMutablePointer<sluice_treatment>) {
        for (index, entry) in entries.enumerated() {
            guard let entry else { continue }
            memory[index] = sluice_treatment(
                timeoutTicks: entry.timeoutTicks, onIdle: entry.onIdle.rawValue, reserved: (0, 0, 0))
        }
    }

    /// Sets the entries of the classes.
    package mutating func setClasses(_ timeouts: SessionTimeouts) {
        func set(_ index: UInt16, _ nanoseconds: UInt64, _ onIdle: OnIdle) {
            entries[Int(index)] = Treatment(timeoutNanoseconds: nanoseconds, onIdle: onIdle)
        }
        set(TreatmentIndex.northSouth, timeouts.northSouth, timeouts.northSouthOnIdle)
        set(TreatmentIndex.eastWest, timeouts.eastWest, timeouts.eastWestOnIdle)
        set(TreatmentIndex.udp, timeouts.udp, .silent)
        set(TreatmentIndex.icmp, timeouts.icmp, .silent)
        set(TreatmentIndex.otherProtocol, timeouts.other, .silent)
    }

    package subscript(index: UInt16) -> Treatment? {
        entries.indices.contains(Int(index)) ? entries[Int(index)] : nil
    }

    /// Gives every treatment of a policy an index: the one it has, or a new one.
    ///
    /// `stillUsed` tells the indices that sessions, or the policy image that judges now, carry. It is asked only when no entry
    /// is free; then entries outside of it, and not of this policy, get new meanings. nil: none may be reused.
    ///
    /// - Returns: the index of each treatment.
    /// - Throws: ``PolicyError/treatmentsExhausted(limit:)`` where none is left; the table is as before then.
    package mutating func intern(
        _ treatments: [Treatment], stillUsed: (() -> Set<UInt16>)? = nil
    ) throws(PolicyError) -> [Treatment: UInt16] {
        var changed = self
        var result: [Treatment: UInt16] = [:]
        var missing: [Treatment] = []
        for treatment in treatments where result[treatment] == nil {
            if let index = indices[treatment] {
                result[treatment] = index
            } else if changed.nextCustom < entries.count {
                result[treatment] = changed.give(UInt16(changed.nextCustom), to: treatment)
                changed.nextCustom += 1
            } else if !missing.contains(treatment) {
                missing.append(treatment)
            }
        }
        if !missing.isEmpty {
            let used = (stillUsed?() ?? Set(indices.values)).union(result.values)
            let all = TreatmentIndex.firstCustom..<UInt16(entries.count)
            let reusable = all.filter { !used.contains($0) }
            guard reusable.count >= missing.count else { throw .treatmentsExhausted(limit: all.count) }
            for (treatment, index) in zip(missing, reusable) {
                result[treatment] = changed.give(index, to: treatment)
            }
        }
        self = changed
        return result
    }

    private mutating func give(_ index: UInt16, to treatment: Treatment) -> UInt16 {
        if let old = entries[Int(index)] { indices[old] = nil }
        entries[Int(index)] = treatment
        indices[treatment] = index
        return index
    }
}
