/// What the log left out, and says so (LOG-3).
package struct Omissions: Codable, Equatable, Sendable {
    /// Denies that were not logged one by one because there were too many: left out by the kernel program or by us.
    package var denies: UInt64 = 0
    /// Events that found the kernel's ring full. A begin among them is made up for when its session is next looked at.
    package var events: UInt64 = 0
    /// Entries that found no place, because the files could not be written.
    package var entries: UInt64 = 0

    package init(denies: UInt64 = 0, events: UInt64 = 0, entries: UInt64 = 0) {
        self.denies = denies
        self.events = events
        self.entries = entries
    }

    package var isEmpty: Bool { self == Omissions() }

    package static func += (left: inout Omissions, right: Omissions) {
        left.denies &+= right.denies
        left.events &+= right.events
        left.entries &+= right.entries
    }
}
