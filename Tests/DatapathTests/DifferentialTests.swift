import FlowCore
import FlowLayout
import FlowModel
import Kernel
import Policy
import Testing

/// The kernel program and FlowCore judge the same packets, and must agree in verdict and session.
@Suite("Kernel program against FlowCore", .serialized)
struct DifferentialTests {
    static let packets = 1_000_000

    @Test("BAD-1 SESS-8 a million random packets: the kernel program and FlowCore agree in verdict and session state")
    func agree() throws {
        let seed = RandomSource.runSeed()
        print("differential test: SLUICE_SEED=\(seed)")
        let pair = try BenchPair(policy: TestPolicy.mixed)
        var fuzzer = FrameFuzzer(seed: seed)
        var now: UInt32 = 100_000
        var verdicts: [Verdict: Int] = [:]
        var number = 0
        while number < Self.packets {
            if fuzzer.random.chance(20) { now &+= UInt32.random(in: 0...40, using: &fuzzer.random) }
            let (frame, circumstances) = fuzzer.next(now: now)
            // FlowCoreTests judges shorter frames.
            guard KernelBench.canRun(frame) else { continue }
            number += 1
            let (verdict, difference) = pair.judge(frame, circumstances)
            verdicts[verdict, default: 0] += 1
            if let difference {
                Issue.record(
                    "packet \(number) of SLUICE_SEED=\(seed): \(difference)\nframe: \(hex(frame))\n\(circumstances)")
                return
            }
            if number % 64 == 0 { pair.disturb(&fuzzer.random, now: now) }
            if number % 128 == 0 { pair.release() }
        }
        // A reason that the fuzzer never reaches is not tested.
        for reason in DropReason.allCases where !Self.notJudged.contains(reason) {
            #expect(
                verdicts.keys.contains { $0.reason == reason },
                "no packet was dropped as \(reason.name) (SLUICE_SEED=\(seed))")
        }
        #expect(verdicts[.forward, default: 0] > Self.packets / 20)
        #expect(verdicts[.answerReset(.tombstone), default: 0] > 0)
        print(
            "differential test: \(verdicts.sorted { $0.value > $1.value }.map { "\($0.key) \($0.value)" }.joined(separator: ", "))"
        )
    }

    /// Reasons that only a full table or a limit causes.
    static let notJudged: Set<DropReason> = [.capacity, .limited]

    private func hex(_ bytes: [UInt8]) -> String {
        bytes.map { byte in
            let text = String(byte, radix: 16)
            return text.count == 1 ? "0" + text : text
        }.joined()
    }
}

extension Verdict: Hashable {
    /// For counts by verdict.
    public func hash(into hasher: inout Hasher) { hasher.combine(rawValue) }
}

/// A kernel bench and a model bench that judge the same packets.
final class BenchPair {
    let kernel: KernelBench
    let model: ModelBench
    private let image: PolicyImage
    private var lastKeys: [sluice_session_key] = []

    init(policy: String) throws {
        kernel = try KernelBench(capacitySessions: 4096)
        try kernel.allow(policy)
        let image = try TestPolicy.image(policy)
        self.image = image
        let tables = ModelTables(
            slabs: kernel.datapath.table.slabCount, slabShift: UInt32(kernel.datapath.table.slabShift))
        tables.policy = { question in
            question.pointee = image.classify(question.pointee)
            return true
        }
        tables.hasForgotten = { [kernel] in !kernel.remembers($0) }
        model = ModelBench(tables)
        shareSlabs()
    }

    /// Instances that take new sessions. Instance 4 drains and keeps its slabs, instance 5 has no slab, and some slabs
    /// are in the pool.
    static let serving: UInt64 = 0b10_1110

    /// Gives both sides the same owners, steering tables and hash seeds, so that they choose the same slots.
    private func shareSlabs() {
        let datapath = kernel.datapath
        let tables = model.tables
        for slab in 0..<datapath.table.slabCount {
            let owner = slab % 5
            for (slabs, instances) in [
                (datapath.table.slabs, datapath.table.instances), (tables.table.slabs, tables.table.instances),
            ] {
                for instance in 0..<5 {
                    let words = UnsafeMutableRawPointer(instances + instance).assumingMemoryBound(to: UInt64.self)
                    let bit = UInt64(1) << UInt64(slab & 63)
                    if instance == owner { sluice_or64(words + slab / 64, bit) }
                    // A stale bit of an earlier owner does no harm.
                    if instance != owner && slab % 7 != 0 { sluice_and64(words + slab / 64, ~bit) }
                }
                slabs[slab].owner = UInt32(owner)
            }
        }
        for entry in 0..<Int(SLUICE_STEERING_ENTRIES) {
            // 6 and 7 are not instances, and 0 means no instance.
            let instance = UInt8((entry &* 2_654_435_761 >> 7) & 7)
            datapath.table.steering[entry] = instance
            tables.table.steering[entry] = instance
        }
        datapath.table.runtime.pointee.servingInstances = Self.serving
        tables.runtime?.pointee.servingInstances = Self.serving
        tables.runtime?.pointee.hashKeys = datapath.table.runtime.pointee.hashKeys
    }

    /// Judges a packet on both sides. The second result describes the difference.
    func judge(_ frame: [UInt8], _ circumstances: Circumstances) -> (Verdict, String?) {
        var packet = sluice_packet()
        let expected = model.judge(frame, circumstances, &packet)
        let verdict = kernel.judge(frame, circumstances)
        guard verdict == expected else { return (verdict, "the kernel says \(verdict), FlowCore says \(expected)") }
        let key = packet.key
        remember(key)
        switch (kernel.session(key), model.session(key)) {
        case (nil, nil):
            return (verdict, nil)
        case (.some(let (found, word)), .some(let (wanted, wantedWord))):
            var key = key
            let slots = (kernel.datapath.findFlow(key)?.slot, model.tables.findFlow(&key)?.slot)
            guard slots.0 == slots.1 else { return (verdict, "slots, kernel and FlowCore: \(slots)") }
            guard word == wantedWord else {
                return (verdict, "control word: the kernel \(word), FlowCore \(wantedWord)")
            }
            let isSame = withUnsafeBytes(of: found) { found in
                withUnsafeBytes(of: wanted) { wanted in found.elementsEqual(wanted) }
            }
            return (verdict, isSame ? nil : "session: the kernel \(found), FlowCore \(wanted)")
        case (.some, nil):
            return (verdict, "only the kernel has a session")
        case (nil, .some):
            return (verdict, "only FlowCore has a session")
        }
    }

    private func remember(_ key: sluice_session_key) {
        if lastKeys.count >= 64 { lastKeys.removeFirst(32) }
        lastKeys.append(key)
    }

    /// Changes the state of a random session on both sides, as its owner would.
    func disturb(_ random: inout RandomSource, now: UInt32) {
        guard let key = lastKeys.randomElement(using: &random), model.session(key) != nil else { return }
        let states: [SessionState] = [.resetting, .resetting, .ending, .ended]
        let state = states.randomElement(using: &random) ?? .resetting
        kernel.transition(key, to: state, tick: now)
        model.transition(key, to: state, tick: now)
        if state == .ended {
            kernel.remove(key)
            model.tables.removeFlow(key)
        }
    }

    /// Releases ended and ending slots on both sides, as their owner does.
    func release() {
        let datapath = kernel.datapath
        let tables = model.tables
        for slot in 0..<datapath.table.slotCount {
            let word = ControlWord(rawValue: datapath.table.words[slot])
            guard word.isState(.ended) || word.isState(.ending) else { continue }
            if word.isState(.ending) {
                let key = datapath.table.sessions[slot].key
                kernel.remove(key)
                tables.removeFlow(key)
            }
            let free = ControlWord(tick: 0, state: .free, treatment: 0, generation: word.generation &+ 1).rawValue
            datapath.table.words[slot] = free
            tables.table.words[slot] = free
            let slab = slot >> datapath.table.slabShift
            let bit = UInt64(1) << UInt64(slab & 63)
            SlabRing.push(
                slot: UInt32(slot), slab: datapath.table.slabs + slab, ring: datapath.table.freeRing,
                shift: UInt32(datapath.table.slabShift))
            SlabRing.push(
                slot: UInt32(slot), slab: tables.table.slabs + slab, ring: tables.table.freeRing,
                shift: UInt32(datapath.table.slabShift))
            let owner = Int(tables.table.slabs[slab].owner)
            for instances in [datapath.table.instances, tables.table.instances] {
                let words = UnsafeMutableRawPointer(instances + owner).assumingMemoryBound(to: UInt64.self)
                sluice_or64(words + slab / 64, bit)
            }
        }
    }
}
