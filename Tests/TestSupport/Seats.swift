/// Limits how many of something are in use at a time. When all are taken, callers wait in the order of their arrival.
package actor Seats {
    /// For tests that wait in labs of their own: how many labs of all suites may be up at a time.
    package static let labs = Seats(count: 6)

    private let count: Int
    private var free: Int
    private var waiting: [(seats: Int, continuation: CheckedContinuation<Void, Never>)] = []

    package init(count: Int) {
        self.count = count
        free = count
    }

    /// Runs `body` with one seat or, if `alone`, with all of them.
    nonisolated package func taken<Result>(
        alone: Bool = false, while body: () async throws -> Result
    ) async throws -> Result {
        let seats = alone ? count : 1
        await take(seats)
        do {
            let result = try await body()
            await give(seats)
            return result
        } catch {
            await give(seats)
            throw error
        }
    }

    private func take(_ seats: Int) async {
        if waiting.isEmpty && free >= seats {
            free -= seats
        } else {
            await withCheckedContinuation { waiting.append((seats, $0)) }
        }
    }

    private func give(_ seats: Int) {
        free += seats
        while let next = waiting.first, free >= next.seats {
            free -= next.seats
            waiting.removeFirst()
            next.continuation.resume()
        }
    }
}
