import FlowCore
import FlowLayout
import FlowModel
import Testing

/// Names of the scripts carry the rules: see `Tests/FlowModel/TCPScripts.swift`.
@Suite("TCP tracking")
struct TCPScriptTests {
    @Test(
        "SESS-1 SESS-2 SESS-3 SESS-4 SESS-5 SESS-6 RST-2 IDLE-6 BAD-3 scripts, in FlowCore", arguments: TCPScripts.all)
    func script(_ script: TCPScript) {
        #expect(script.play(on: ModelBench()) == [])
    }

    @Test("SESS-8 the same scripts over IPv6, in FlowCore", arguments: TCPScripts.all)
    func scriptOverIPv6(_ script: TCPScript) {
        var frames = FrameBuilder()
        frames.source = "2001:db8:3::10"
        frames.destination = "fd00:1::10"
        #expect(script.play(on: ModelBench(), frames: frames) == [])
    }

    @Test(
        "BAD-8 a session is counted once each time it becomes half-open, and once when it no longer is",
        arguments: TCPScripts.all)
    func halfOpenCount(_ script: TCPScript) {
        let bench = CountingBench()
        #expect(script.play(on: bench) == [])
        #expect(bench.failures == [])
    }
}

/// Compares the kernel program's count with the half-open sessions in the table, after each segment.
private final class CountingBench: JudgeBench {
    private let model = ModelBench()
    private(set) var failures: [String] = []
    /// The changes that the owner of the slab made, which it counts itself.
    private var owners = 0

    private var truth: Int {
        let tables = model.tables
        return (0..<tables.table.slotCount).count { slot in
            let word = ControlWord(rawValue: tables.table.words[slot])
            return word.isState(.synSent) || word.isState(.synReceived)
        }
    }

    func judge(_ frame: [UInt8], _ circumstances: Circumstances) -> Verdict {
        let verdict = model.judge(frame, circumstances)
        let slab = model.tables.table.slabs[0]
        let counted = Int(slab.halfOpenBegun) - Int(slab.halfOpenLeft) + owners
        if counted != truth { failures.append("\(counted) counted, \(truth) half-open, after \(verdict)") }
        let changes = model.tables.runtime.map { Int(Int32(bitPattern: $0.pointee.halfOpenChanges)) } ?? 0
        if changes + owners != truth { failures.append("\(changes) changes, \(truth) half-open, after \(verdict)") }
        return verdict
    }

    func session(_ key: sluice_session_key) -> (sluice_session, ControlWord)? { model.session(key) }
    func slot(_ key: sluice_session_key) -> UInt32? { model.slot(key) }

    func transition(_ key: sluice_session_key, to state: SessionState, tick: UInt32) {
        let before = truth
        model.transition(key, to: state, tick: tick)
        owners += truth - before
    }
}
