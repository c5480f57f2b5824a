import FlowCore

/// The number of sessions by state, class and owner: one pass over the control words.
package struct SessionCensus: Equatable, Sendable {
    package private(set) var count = 0
    package private(set) var byState: [String: Int]
    package private(set) var byClass: [String: Int]
    /// By instance identifier.
    package private(set) var byInstance: [UInt16: Int] = [:]

    package init(_ memory: SessionMemory) {
        var states = [Int](repeating: 0, count: 16)
        var eastWest = 0
        var instances = [Int](repeating: 0, count: 1 << 16)
        memory.forEachWord { word, instance in
            states[Int(word.stateValue)] += 1
            if SessionKind(treatment: word.treatment).trafficClass == .eastWest { eastWest += 1 }
            instances[Int(instance)] += 1
        }
        count = states.reduce(0, +)
        byState = [:]
        for state in SessionState.allCases
        where SessionMemory.isLive(ControlWord(tick: 0, state: state, treatment: 0, generation: 0)) {
            byState["\(state)"] = states[Int(state.rawValue)]
        }
        byClass = ["\(TrafficClass.eastWest)": eastWest, "\(TrafficClass.northSouth)": count - eastWest]
        for (instance, sessions) in instances.enumerated() where sessions > 0 {
            byInstance[UInt16(instance)] = sessions
        }
    }
}
