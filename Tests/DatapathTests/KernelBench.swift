import FlowCore
import FlowLayout
import FlowModel

@testable import Kernel

/// Runs the kernel program on single packets (BPF_PROG_TEST_RUN), with private maps.
struct KernelBench: JudgeBench {
    let datapath: Datapath

    init(capacitySessions: Int = 4096) throws {
        datapath = try Datapath.load(
            gateway: "bench", capacitySessions: capacitySessions, pinned: false, programs: [ProgramName.judgeTest])
        let runtime = datapath.table.runtime
        runtime.pointee.halfOpenLimit = UInt32(datapath.table.slotCount)
        runtime.pointee.fragmentTimeoutTicks = 1800
        runtime.pointee.hostPing = 1
        runtime.pointee.denyEventsPerTick = 64
    }

    /// Whether the kernel runs programs on such a frame: BPF_PROG_TEST_RUN needs a complete fixed IP header after the
    /// link header.
    static func canRun(_ frame: [UInt8]) -> Bool {
        frame.count >= 34 && !(frame[12] == 0x86 && frame[13] == 0xDD && frame.count < 54)
    }

    func judge(_ frame: [UInt8], _ circumstances: Circumstances) -> Verdict {
        var context = PacketContext()
        context.control0 =
            UInt32(circumstances.zone) | UInt32(circumstances.routeKind.rawValue) << 8
            | UInt32(circumstances.routeZone) << 16 | UInt32(circumstances.sourceZone) << 24
        context.control1 = circumstances.now
        context.gsoSize = circumstances.segmentSize
        do {
            let run = try datapath.runProgram(named: ProgramName.judgeTest, packet: frame, context: context)
            return Verdict(rawValue: run.returnValue)
        } catch {
            // No verdict has this number, so that every comparison fails.
            return Verdict(rawValue: UInt32.max)
        }
    }

    func session(_ key: sluice_session_key) -> (sluice_session, ControlWord)? {
        guard let flow = datapath.findFlow(key) else { return nil }
        return (datapath.table.sessions[Int(flow.slot)], ControlWord(rawValue: datapath.table.words[Int(flow.slot)]))
    }

    /// Whether the program still has the record of a SYN or a SYN-ACK. It stores some thousand, and evicts the oldest.
    func remembers(_ key: sluice_attempt_key) -> Bool {
        guard let map = datapath.maps["sluice_attempts"] else { return false }
        return withUnsafeBytes(of: key) { key in
            var value = sluice_attempt()
            return withUnsafeMutableBytes(of: &value) { value in
                guard let key = key.baseAddress else { return false }
                return (try? map.lookup(key: key, into: value)) != nil
            }
        }
    }

    func slot(_ key: sluice_session_key) -> UInt32? { datapath.findFlow(key)?.slot }

    func transition(_ key: sluice_session_key, to state: SessionState, tick: UInt32) {
        guard let flow = datapath.findFlow(key) else { return }
        let word = ControlWord(rawValue: datapath.table.words[Int(flow.slot)])
        datapath.table.words[Int(flow.slot)] = word.with(state: state, tick: tick).rawValue
    }

    /// Removes a key, whatever its slot.
    func remove(_ key: sluice_session_key) {
        if let flow = datapath.findFlow(key) { datapath.removeFlow(key, slot: flow.slot) }
    }
}
