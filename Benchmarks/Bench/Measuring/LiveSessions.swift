import FlowCore
import FlowLayout
import Kernel

/// The number of live sessions in a gateway, counted in its shared memory. A pass over the control words takes some 10
/// ms; `sluice status` takes some 100 ms. So this shows more exactly when sessions end.
struct LiveSessions {
    private let datapath: Datapath

    init(gateway: String) throws {
        datapath = try Datapath.open(gateway: gateway)
    }

    /// The number of established sessions.
    func established() -> Int {
        let words = datapath.table.words
        var count = 0
        for slot in 0..<datapath.table.slotCount
        where ControlWord(rawValue: sluice_load64(words + slot)).isState(.established) { count += 1 }
        return count
    }
}
