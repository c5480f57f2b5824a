package import FlowCore
package import FlowLayout

/// The data of one tuple, for both formats. It uses no heap memory, so that a queue of entries is cheap.
package struct FlowEntry: Sendable {
    /// The flow state of a tuple (nsg-flow-logs-overview, "flow state"; vnet-flow-logs-overview).
    package enum State: UInt8, Sendable, CaseIterable {
        /// B: a flow was allowed and began.
        case begin
        /// C: it continues.
        case continuing
        /// E: it ended.
        case end
        /// D in version 4, a B tuple with the decision D in version 2: the flow was denied.
        case deny
    }

    package var state: State
    /// Nanoseconds since 1970.
    package var time: UInt64
    package var key: sluice_session_key
    /// ``FlowCore/SessionFlags``.
    package var flags: UInt8
    package var reason: EndReason
    /// The deciding rule's identity; 0: none.
    package var rule: UInt16
    /// Identity of the rule of the last network security group that was evaluated: it allowed or denied the flow. 0: no
    /// group was evaluated, or a rule of the firewall itself denied what the group had allowed.
    package var groupRule: UInt16
    package var sourceZone: UInt8
    package var destinationZone: UInt8
    package var slot: UInt32
    package var generation: UInt16
    /// Counts since the previous tuple of the flow.
    package var counters: FlowCounters
    /// Counts since the beginning; only in an end.
    package var totals: FlowCounters
    /// When the session began, nanoseconds since 1970; only in an end.
    package var beganAt: UInt64
    /// How long it lasted, by the monotonic clock; only in an end.
    package var lastedNanoseconds: UInt64

    package init(
        state: State, time: UInt64, key: sluice_session_key, flags: UInt8, reason: EndReason = .none, rule: UInt16,
        groupRule: UInt16 = 0,
        sourceZone: UInt8, destinationZone: UInt8, slot: UInt32 = 0, generation: UInt16 = 0,
        counters: FlowCounters = FlowCounters(), totals: FlowCounters = FlowCounters(), beganAt: UInt64 = 0,
        lastedNanoseconds: UInt64 = 0
    ) {
        self.state = state
        self.time = time
        self.key = key
        self.flags = flags
        self.reason = reason
        self.rule = rule
        self.groupRule = groupRule
        self.sourceZone = sourceZone
        self.destinationZone = destinationZone
        self.slot = slot
        self.generation = generation
        self.counters = counters
        self.totals = totals
        self.beganAt = beganAt
        self.lastedNanoseconds = lastedNanoseconds
    }

    package var sourceIsLow: Bool { flags & SessionFlags.originatorIsLow != 0 }
    package var isInbound: Bool { flags & SessionFlags.inbound != 0 }
    package var isEastWest: Bool { flags & SessionFlags.eastWest != 0 }

    /// The zone on the internal side. Its interface is the network interface in the documented formats.
    package var innerZone: UInt8 { isInbound && destinationZone != 0 ? destinationZone : sourceZone }
}
