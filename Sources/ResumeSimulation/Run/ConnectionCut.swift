/// An end of a stream.
package enum StreamSide: Int, Sendable {
    case client = 0
    case server = 1

    var other: StreamSide { self == .client ? .server : .client }
}

/// What a lost connection looks like.
package enum CutKind: Sendable, Equatable, CustomStringConvertible {
    /// Both ends receive a RST at once.
    case resetBoth
    /// One end receives a RST. The other one after this time (ns), or never (nil). What it sent before is delivered or
    /// lost.
    case resetOne(StreamSide, otherAfter: Int64?, deliversRest: Bool)
    /// Nothing is delivered any more, and no end sees it.
    case silence
    /// This direction delivers nothing any more; the other one does.
    case halfSilence

    package var description: String {
        switch self {
        case .resetBoth: "reset of both ends"
        case .resetOne(let side, let after, let delivers):
            "reset of the \(side), the other end \(after.map { "after \($0 / 1_000_000) ms" } ?? "never"), what it sent is "
                + (delivers ? "delivered" : "lost")
        case .silence: "silence"
        case .halfSilence: "silence of one direction"
        }
    }
}

/// A connection is cut when one of its directions has delivered so many bytes.
package struct ConnectionCut: Sendable {
    /// Who sends the bytes that are counted.
    package var sender: StreamSide
    /// How many of them are delivered.
    package var bytes: Int
    /// What the ends see.
    package var kind: CutKind

    package init(sender: StreamSide, bytes: Int, kind: CutKind) {
        self.sender = sender
        self.bytes = bytes
        self.kind = kind
    }
}
