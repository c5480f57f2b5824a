import FlowCore
import FlowLayout
import Kernel

/// How many sessions live in a gateway, counted in its own memory: a sweep over the control words takes a few hundredths of a
/// second where `sluice status` takes tenths, and so says more exactly when they end.
struct LiveSessions {
    private let datapath: Datapath

    init(gateway: String) throws {
        datapath = try Datapath.open(gateway: gateway)
    }

    /// Sessions that are established.
    func established() -> Int {
        let words = datapath.table.words
        var count = 0
        for slot in 0..<datapath.table.slotCount
        where ControlWord(rawValue: sluice_load64(words + slot)).isState(.established) { count += 1 }
        return count
    }
}
