import FlowCore
package import FlowLayout

/// The meaning of each index of the kernel's treatment table (``TreatmentIndex``).
///
/// Group 0 belongs to the classes and changes with the configuration, so that a changed idle timeout applies to
/// existing sessions too. The other groups belong to rules. Sessions store their indices, so such a group keeps its
/// meaning as long as a session may use it. All entries of a rule's group are equal.
package struct TreatmentTable: Equatable, Sendable {
    /// Maximum number of rule groups.
    package static let ruleGroups = Int(SLUICE_MAX_TREATMENTS / SLUICE_SESSION_KINDS) - 1

    /// By the group's first index.
    private var groups: [UInt16: Treatment] = [:]
    private var indices: [Treatment: UInt16] = [:]
    /// Of the classes, by ``SessionKind``.
    private var classes: [Treatment?]
    private var nextCustom = TreatmentIndex.firstCustom

    /// The table of a gateway that starts for the first time.
    package init(timeouts: SessionTimeouts) {
        classes = Array(repeating: nil, count: SessionKind.count)
        setClasses(timeouts)
    }

    /// The kernel's table, from which a new controller continues.
    package init(reading memory: UnsafePointer<sluice_treatment>) {
        func entry(_ index: UInt16) -> Treatment? {
            let entry = memory[Int(index)]
            guard entry.timeoutTicks != 0, let onIdle = OnIdle(rawValue: entry.onIdle) else { return nil }
            return Treatment(timeoutTicks: entry.timeoutTicks, onIdle: onIdle)
        }
        classes = SessionKind.allCases.map { entry(UInt16($0.index)) }
        for first in Self.firstIndices {
            guard let treatment = entry(first) else { continue }
            groups[first] = treatment
            indices[treatment] = first
            nextCustom = first + TreatmentIndex.groupSize
        }
    }

    /// Writes the table into the kernel's. Entries that sessions use do not change, so the kernel may read it at the
    /// same time.
    package func write(to memory: UnsafeMutablePointer<sluice_treatment>) {
        func write(_ treatment: Treatment, at index: Int) {
            memory[index] = sluice_treatment(
                timeoutTicks: treatment.timeoutTicks, onIdle: treatment.onIdle.rawValue, reserved: (0, 0, 0))
        }
        for (index, treatment) in classes.enumerated() {
            if let treatment { write(treatment, at: index) }
        }
        for (first, treatment) in groups {
            for kind in 0..<SessionKind.count { write(treatment, at: Int(first) + kind) }
        }
    }

    /// Sets the entries of the classes. Only TCP has a separate class for east-west sessions.
    package mutating func setClasses(_ timeouts: SessionTimeouts) {
        for kind in SessionKind.allCases {
            let (nanoseconds, onIdle): (UInt64, OnIdle) =
                switch kind.protocolGroup {
                case .tcp: (timeouts.idle(kind.trafficClass), timeouts.onIdle(kind.trafficClass))
                case .udp: (timeouts.udp, .silent)
                case .icmp: (timeouts.icmp, .silent)
                case .other: (timeouts.other, .silent)
                }
            classes[Int(kind.index)] = Treatment(timeoutNanoseconds: nanoseconds, onIdle: onIdle)
        }
    }

    /// Whether any session may be probed, under this policy or under a treatment that it got from an earlier one.
    package var mayProbe: Bool {
        classes.contains { $0?.onIdle == .probe } || groups.values.contains { $0.onIdle == .probe }
    }

    package subscript(index: UInt16) -> Treatment? {
        guard !TreatmentIndex.isByClass(index) else { return classes[Int(index)] }
        return groups[Self.first(of: index)]
    }

    /// Assigns a group to every treatment of a policy: its existing one, or a new one.
    ///
    /// `stillUsed` returns the indices that sessions and the active policy image use. It is called only when no group
    /// is free. Then groups that neither they nor this policy use get new meanings. If it returns nil, none is reused.
    ///
    /// - Returns: the first index of each treatment's group.
    /// - Throws: ``PolicyError/treatmentsExhausted(limit:)`` if no group is free; the table is unchanged then.
    package mutating func intern(
        _ treatments: [Treatment], stillUsed: (() -> Set<UInt16>)? = nil
    ) throws(PolicyError) -> [Treatment: UInt16] {
        var changed = self
        var result: [Treatment: UInt16] = [:]
        var missing: [Treatment] = []
        for treatment in treatments where result[treatment] == nil {
            if let index = indices[treatment] {
                result[treatment] = index
            } else if Int(changed.nextCustom) < Int(SLUICE_MAX_TREATMENTS) {
                result[treatment] = changed.give(changed.nextCustom, to: treatment)
                changed.nextCustom += TreatmentIndex.groupSize
            } else if !missing.contains(treatment) {
                missing.append(treatment)
            }
        }
        if !missing.isEmpty {
            let used = (stillUsed?().reduce(into: Set()) { $0.insert(Self.first(of: $1)) } ?? Set(groups.keys))
                .union(result.values)
            let reusable = Self.firstIndices.filter { !used.contains($0) }
            guard reusable.count >= missing.count else { throw .treatmentsExhausted(limit: Self.ruleGroups) }
            for (treatment, index) in zip(missing, reusable) {
                result[treatment] = changed.give(index, to: treatment)
            }
        }
        self = changed
        return result
    }

    private mutating func give(_ first: UInt16, to treatment: Treatment) -> UInt16 {
        if let old = groups[first] { indices[old] = nil }
        groups[first] = treatment
        indices[treatment] = first
        return first
    }

    /// The first index of the group that contains an index.
    private static func first(of index: UInt16) -> UInt16 { index & ~(TreatmentIndex.groupSize - 1) }

    private static var firstIndices: StrideTo<UInt16> {
        stride(
            from: TreatmentIndex.firstCustom, to: UInt16(SLUICE_MAX_TREATMENTS), by: Int(TreatmentIndex.groupSize))
    }
}
