import NIOCore

/// The chain of toxics in one direction of one connection. Pure: items go in with the time, and come out when they are
/// due.
package struct ToxicLink {
    /// What is to be done now.
    package struct Output {
        package var items: [LinkItem] = []
        package var verdict: LinkVerdict?
        /// When to call ``advance(now:using:)`` again at the latest.
        package var timer: UInt64?
    }

    private var stages: [LinkStage] = []
    /// Items of removed toxics that no stage holds.
    private var released: [LinkItem] = []
    private var verdict: LinkVerdict?

    package init() {}

    /// Whether items pass unchanged at once, so that the chain needn't be asked.
    package var isTransparent: Bool { stages.isEmpty && released.isEmpty && verdict == nil }

    /// Bytes that wait in the chain.
    package var buffered: Int { stages.reduce(released.reduce(0) { $0 + $1.count }) { $0 + $1.buffered } }

    /// Makes the chain that of a proxy's toxics, in their order. What a removed toxic held goes on in the chain.
    package mutating func setToxics(
        _ toxics: [Toxic], now: UInt64, using generator: inout some RandomNumberGenerator
    ) {
        for index in stages.indices.reversed() {
            let stage = stages[index]
            guard !toxics.contains(where: { $0.number == stage.toxic.number }) else { continue }
            for item in stage.queue {
                if index + 1 < stages.count { stages[index + 1].take(item) } else { released.append(item) }
            }
            // toxiproxy closes the connections of a removed timeout: their data is lost.
            if stage.toxic.kind == .timeout, stage.isActive { verdict = verdict ?? .close }
            stages.remove(at: index)
        }
        for (index, toxic) in toxics.enumerated() {
            if index < stages.count, stages[index].toxic.number == toxic.number {
                if stages[index].toxic.version != toxic.version {
                    stages[index].update(toxic, now: now, using: &generator)
                }
            } else {
                stages.insert(LinkStage(toxic, now: now, using: &generator), at: index)
            }
        }
    }

    package mutating func take(_ item: LinkItem) {
        if stages.isEmpty { released.append(item) } else { stages[0].take(item) }
    }

    package mutating func advance(now: UInt64, using generator: inout some RandomNumberGenerator) -> Output {
        var output = Output(items: released, verdict: verdict)
        released = []
        for index in stages.indices {
            steps: while output.verdict == nil {
                switch stages[index].next(now: now, using: &generator) {
                case .pass(let item):
                    if index + 1 < stages.count { stages[index + 1].take(item) } else { output.items.append(item) }
                case .wait(let until):
                    if let until { output.timer = min(output.timer ?? .max, until) }
                    break steps
                case .end(let verdict): output.verdict = verdict
                }
            }
        }
        if output.verdict == nil, let last = stages.firstIndex(where: \.isExhausted) {
            // What it has passed on may still be held by the toxics behind it.
            if stages[(last + 1)...].allSatisfy({ $0.queue.isEmpty }) { output.verdict = .close }
        }
        return output
    }
}
