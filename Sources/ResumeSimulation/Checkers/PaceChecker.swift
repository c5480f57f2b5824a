/// Finds busy loops: too many steps, connections or calls in a virtual second.
struct PaceChecker {
    private struct Counter {
        let most: Int
        var second: Int64 = -1
        var count = 0

        mutating func exceeds(_ now: Int64) -> Bool {
            if now / 1_000_000_000 != second {
                second = now / 1_000_000_000
                count = 0
            }
            count += 1
            return count > most
        }
    }

    private var steps = Counter(most: 400_000)
    private var outputs = Counter(most: 400_000)
    private var connections = Counter(most: 60)

    mutating func step(_ now: Int64) -> String? {
        steps.exceeds(now) ? "busy loop: more than \(steps.most) steps in a second" : nil
    }

    mutating func output(_ now: Int64) -> String? {
        outputs.exceeds(now) ? "busy loop: more than \(outputs.most) outputs in a second" : nil
    }

    mutating func connect(_ now: Int64) -> String? {
        connections.exceeds(now) ? "more than \(connections.most) connections in a second" : nil
    }
}
