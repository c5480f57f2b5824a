/// What one end of a session notices of its loss.
struct Notice: Codable, Equatable, Sendable {
    enum Moment: String, Codable, Sendable {
        /// The same session goes on.
        case survives
        /// Without being used: at the reset, or by a timer of its own.
        case byItself
        /// Within two seconds of the next use.
        case atNextUse
        /// Later than that.
        case afterNextUse
        /// Not until the end of the measurement, although it was used.
        case never
    }

    enum Sequel: String, Codable, Sendable {
        /// It opens another session by itself, at the latest at the next use.
        case reconnects
        /// The program ends.
        case ends
        /// It does neither.
        case remains
    }

    let moment: Moment
    /// Its first message about the loss, without ports, times and numbers of processes; nil if there is none.
    let message: String?
    /// What the client does next; nil for a server, and where nothing was lost.
    let sequel: Sequel?
}

/// What was measured of one case.
struct Measurement: Codable, Equatable, Sendable {
    let application: String
    let `case`: Case
    /// What is between the two ends: `gateway` or `relay`.
    let passage: String
    let client: Notice
    let server: Notice
}
