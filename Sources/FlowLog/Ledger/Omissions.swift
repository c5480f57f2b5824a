/// What the log left out. The log itself reports these counts (LOG-3).
package struct Omissions: Codable, Equatable, Sendable {
    /// Denies that were not logged one by one because there were too many: left out by the kernel program or by the
    /// instance.
    package var denies: UInt64 = 0
    /// Events that were lost because the kernel's ring was full. A lost begin is logged when its session is next
    /// inspected.
    package var events: UInt64 = 0
    /// Entries that were dropped because the files could not be written.
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
