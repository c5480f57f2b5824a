import FlowCore
package import FlowLayout

/// Which index of the kernel's treatment table means what (``TreatmentIndex``).
///
/// Group 0 is that of the classes and changes with the configuration, so that a changed idle timeout holds for existing sessions too. The
/// other groups belong to rules; sessions carry their indices, so such a group keeps its meaning as long as a session may carry it.
/// All entries of a rule's group are alike.
package struct TreatmentTable: Equatable, Sendable {
    /// Groups that rules may have.
    package static let ruleGroups = Int(SLUICE_MAX_TREATMENTS / SLUICE_SESSION_KINDS) - 1

    /// By the group's first index.
    private var groups: [UInt16: Treatment] = [:]
    private var indices: [Treatment: UInt16] = [:]
    /// Of the classes, by ``SessionKind``.
    private var classes: [Treatment?]
    private var nextCustom = TreatmentIndex.firstCustom

    /// The table of a gateway that starts anew.
    package init(timeouts: SessionTimeouts) {
        classes = Array(repeating: nil, count: SessionKind.count)
        setClasses(timeouts)
    }

    /// The table that the kernel has, so that a controller that takes over goes on with it.
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

    /// Writes the table into the kernel's. Entries that sessions carry do not change, so the kernel may read meanwhile.
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

    /// Sets the entries of the classes. Only TCP has a class of its own for east-west sessions.
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

    /// Whether any session may be probed, by this policy or by an earlier one that it carries a treatment of.
    package var mayProbe: Bool {
        classes.contains { $0?.onIdle == .probe } || groups.values.contains { $0.onIdle == .probe }
    }

    package subscript(index: UInt16) -> Treatment? {
        guard !TreatmentIndex.isByClass(index) else { return classes[Int(index)] }
        return groups[Self.first(of: index)]
    }

    /// Gives every treatment of a policy a group: the one it has, or a new one.
    ///
    /// `stillUsed` tells the indices that sessions, or the policy image that judges now, carry. It is asked only when no group
    /// is free; then groups outside of it, and not of this policy, get new meanings. nil: none may be reused.
    ///
    /// - Returns: the first index of each treatment's group.
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

    /// The first index of an index' group.
    private static func first(of index: UInt16) -> UInt16 { index & ~(TreatmentIndex.groupSize - 1) }

    private static var firstIndices: StrideTo<UInt16> {
        stride(
            from: TreatmentIndex.firstCustom, to: UInt16(SLUICE_MAX_TREATMENTS), by: Int(TreatmentIndex.groupSize))
    }
}
