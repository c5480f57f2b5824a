import Inspection
import Store
import Synchronization

/// The history, opened on first use, and opened again if it was moved or recreated.
final class HistoryAccess: Sendable {
    private let location: HistoryLocation
    private let reader = Mutex<HistoryReader?>(nil)

    init(_ location: HistoryLocation) { self.location = location }

    func get() throws(HistoryError) -> HistoryReader {
        let outcome: Result<HistoryReader, HistoryError> = reader.withLock { reader in
            if let reader, reader.isInPlace { return .success(reader) }
            do throws(HistoryError) {
                let new = try HistoryReader(path: location.path)
                reader = new
                return .success(new)
            } catch {
                return .failure(error)
            }
        }
        return try outcome.get()
    }
}

/// A limited number of something at a time.
final class SeatCount: Sendable {
    /// One of them, released when it is no longer referenced.
    final class Seat: Sendable {
        private let count: SeatCount

        fileprivate init(_ count: SeatCount) { self.count = count }

        deinit { count.taken.withLock { $0 -= 1 } }
    }

    private let limit: Int
    private let taken = Mutex(0)

    init(limit: Int) { self.limit = limit }

    /// Returns nil if all are in use.
    func take() -> Seat? {
        let isFree = taken.withLock { taken in
            guard taken < limit else { return false }
            taken += 1
            return true
        }
        return isFree ? Seat(self) : nil
    }
}
