import Inspection

/// What commands must write, to the letter.
enum Golden {
    static let sessionTable = """
        """
    static let sessionPage = """
        """
    static let statusScreen = """
        """

    /// A session of which every text needs care.
    static let awkward = SessionView(
        id: "0-0", protocol: "tcp", source: .init(address: "::", port: 0), destination: .init(address: "::1", port: 65535),
        direction: "outbound", trafficClass: "northSouth", state: "established", rule: "a \"rule\"\\with / all\u{1}",
        instance: 63, ageSeconds: 0.1, idleSeconds: 12_345_678.25, packets: .init(toDestination: .max, toSource: 0),
        bytes: .init(toDestination: 0, toSource: .max), idleTimeoutSeconds: 0.5, onIdle: "probe", treatment: 4095,
        generation: 65535, endReason: "none",
        positions: .init(
            originator: .init(sequenceEnd: .max, acknowledged: 0), responder: .init(sequenceEnd: 0, acknowledged: .max)),
        zones: .init(source: "größe", destination: "none"))
}
