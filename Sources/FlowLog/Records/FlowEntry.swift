package import FlowCore
package import FlowLayout

/// What is to be said of a flow: one tuple of each format. Holds no heap memory, so that a queue of them is cheap.
package struct FlowEntry: Sendable {
    /// What a tuple tells (nsg-flow-logs-overview, "flow state"; vnet-flow-logs-overview).
    package enum State: UInt8, Sendable, CaseIterable {
        /// B: a flow was allowed and began.
        case begin
        /// C: it goes on.
        case continuing
        /// E: it ended.
        case end
        /// D in version 4; in version 2 a B tuple with the decision D: it was denied.
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
    /// Identity of the rule of the last network security group that was asked: it allowed the flow, or denied it. 0: no group
    /// was asked, or the firewall's own rules have denied what it allowed.
    package var groupRule: UInt16
    package var sourceZone: UInt8
    package var destinationZone: UInt8
    package var slot: UInt32
    package var generation: UInt16
    /// Since the flow's previous tuple.
    package var counters: FlowCounters
    /// Since its beginning; of the end only.
    package var totals: FlowCounters
    /// When the session began, nanoseconds since 1970; of the end only.
    package var beganAt: UInt64
    /// How long it lasted by a clock that nobody sets; of the end only.
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

    /// The zone on the internal side: its interface stands for the network interface of the documented formats.
    package var innerZone: UInt8 { isInbound && destinationZone != 0 ? destinationZone : sourceZone }
}
