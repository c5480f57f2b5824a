/// Future events in order of time, and of insertion for equal times. A binary heap.
struct Agenda<Occurrence> {
    private var heap: [(time: UInt64, order: UInt64, occurrence: Occurrence)] = []
    private var entered: UInt64 = 0

    mutating func add(_ occurrence: Occurrence, at time: UInt64) {
        entered += 1
        heap.append((time, entered, occurrence))
        var child = heap.count - 1
        while child > 0, isBefore(child, (child - 1) / 2) {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    mutating func next() -> (time: UInt64, occurrence: Occurrence)? {
        guard let first = heap.first else { return nil }
        let last = heap.removeLast()
        if !heap.isEmpty {
            heap[0] = last
            sink()
        }
        return (first.time, first.occurrence)
    }

    /// When the next event happens; nil: there is none.
    var nextTime: UInt64? { heap.first?.time }

    /// Delays all events by the same time.
    mutating func delayAll(by duration: UInt64) {
        for index in heap.indices { heap[index].time += duration }
    }

    private mutating func sink() {
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count && isBefore(child, least) {
                least = child
            }
            guard least != parent else { return }
            heap.swapAt(parent, least)
            parent = least
        }
    }

    private func isBefore(_ left: Int, _ right: Int) -> Bool {
        (heap[left].time, heap[left].order) < (heap[right].time, heap[right].order)
    }
}
