import FlowCore
import FlowLayout
import FlowModel
import Kernel
import Testing

/// Which instance's slots, and whose event ring, the kernel program chooses.
@Suite("Steering in the kernel", .serialized)
struct SteeringTests {
    /// Slab s belongs to instance s + 1. A slab has 64 slots.
    private static let slabs = 3

    private struct Begun {
        let verdict: Verdict
        /// The owner of the session's slot; nil: there is no session.
        let owner: UInt32?
        /// The index of its key in the steering table.
        let entry: Int
    }

    private func bench() throws -> KernelBench {
        let bench = try KernelBench(capacitySessions: Self.slabs * 64)
        try bench.allow(TestPolicy.everything)
        #expect(bench.datapath.table.slabCount == Self.slabs)
        for slab in 0..<Self.slabs { give(slab, to: slab + 1, bench.datapath) }
        return bench
    }

    private func give(_ slab: Int, to owner: Int, _ datapath: Datapath) {
        datapath.table.slabs[slab].owner = UInt32(owner)
        for instance in 0...Self.slabs {
            let words = UnsafeMutableRawPointer(datapath.table.instances + instance).assumingMemoryBound(
                to: UInt64.self)
            let bit = UInt64(1) << UInt64(slab)
            if instance == owner { sluice_or64(words, bit) } else { sluice_and64(words, ~bit) }
        }
    }

    private func steer(_ datapath: Datapath, _ instance: (Int) -> Int) {
        for entry in 0..<Int(SLUICE_STEERING_ENTRIES) { datapath.table.steering[entry] = UInt8(instance(entry)) }
    }

    private func serve(_ datapath: Datapath, _ instances: [Int]) {
        datapath.table.runtime.pointee.servingInstances = instances.reduce(0) { $0 | 1 << UInt64($1) }
    }

    /// A SYN begins a session.
    private func begin(_ bench: KernelBench, port: UInt16) -> Begun {
        var builder = FrameBuilder()
        builder.sourcePort = port
        let verdict = bench.judge(builder.tcp(flags: TCPFlags.syn, sequence: 1), Circumstances())
        var key = sluice_session_key.of(
            source: sluice_address(high: 0, low: 0xFFFF_0A01_000A),
            destination: sluice_address(high: 0, low: 0xFFFF_CB00_710A), sourcePort: port, destinationPort: 443,
            protocol: IPProtocol.tcp, family: 4
        ).key
        let datapath = bench.datapath
        let entry = Int(KeyHash.of(&key, keys: sluice_hash_keys(datapath.table.runtime)) >> 50)
        let owner = datapath.findFlow(key).map { datapath.table.slabs[Int($0.slot) >> datapath.table.slabShift].owner }
        return Begun(verdict: verdict, owner: owner, entry: entry)
    }

    @Test(
        "FLEET-1 SESS-9 a new session goes to the table's instance; if it is full, to another; if all are full, to none"
    )
    func steering() throws {
        let bench = try bench()
        let datapath = bench.datapath
        let rings = try (1...3).map { try EventRing(datapath: datapath, instance: UInt16($0)) }
        serve(datapath, [1, 2, 3])
        steer(datapath) { 1 + $0 % 3 }
        var expected = [0, 0, 0]
        for port in 1000..<UInt16(1060) {
            let begun = begin(bench, port: port)
            #expect(begun.verdict == .forward && begun.owner == UInt32(1 + begun.entry % 3))
            expected[begun.entry % 3] += 1
        }
        #expect(expected.allSatisfy { $0 > 5 })
        for (index, ring) in rings.enumerated() {
            // Each session is reported to its owner, and to no other instance.
            var owners: Set<UInt32> = []
            let told = ring.drain {
                owners.insert(datapath.table.slabs[Int($0.slot) >> datapath.table.slabShift].owner)
            }
            #expect(told == expected[index] && owners == [UInt32(index + 1)])
        }

        // New sessions go to instance 2 until its slab is full. Later ones go to the other instances.
        steer(datapath) { _ in 2 }
        var owners: [UInt32: Int] = [:]
        for port in 2000..<UInt16(2000 + 192 - 60) {
            let begun = begin(bench, port: port)
            #expect(begun.verdict == .forward)
            owners[begun.owner ?? 0, default: 0] += 1
        }
        for slab in 0..<3 { #expect(owners[UInt32(slab + 1)] == 64 - expected[slab]) }
        #expect(begin(bench, port: 5000).verdict == .drop(.capacity))
    }

    @Test(
        "DRAIN-1 FLEET-1 an instance that does not serve gets no session, whatever the table; the pool is used last"
    )
    func serving() throws {
        let bench = try bench()
        let datapath = bench.datapath
        steer(datapath) { _ in 1 }
        serve(datapath, [2])
        for port in 1000..<UInt16(1010) { #expect(begin(bench, port: port).owner == 2) }
        // A stale bit of a slab that belongs to another instance now: its slots are not taken.
        let words = UnsafeMutableRawPointer(datapath.table.instances + 2).assumingMemoryBound(to: UInt64.self)
        sluice_or64(words, 0b111)
        for port in 2000..<UInt16(2054) { #expect(begin(bench, port: port).owner == 2) }
        #expect(begin(bench, port: 3000).verdict == .drop(.capacity))
        #expect(datapath.table.slabs[0].head == 0 && datapath.table.slabs[2].head == 0)
        // The pool has a slab.
        give(0, to: 0, datapath)
        #expect(begin(bench, port: 3001).owner == 0)
        serve(datapath, [])
        #expect(begin(bench, port: 3002).owner == 0)
    }

    @Test("LOG-2 a deny is reported to the instance that would have owned the session, if it has a ring")
    func denies() throws {
        let bench = try bench()
        let datapath = bench.datapath
        try bench.allow(TestPolicy.mixed)
        serve(datapath, [1, 2, 3])
        steer(datapath) { 1 + $0 % 3 }
        let ring = try EventRing(datapath: datapath, instance: 3)
        var builder = FrameBuilder()
        builder.destinationPort = 23
        for port in 1000..<UInt16(1030) {
            builder.sourcePort = port
            #expect(bench.judge(builder.tcp(flags: TCPFlags.syn, sequence: 1), Circumstances()) == .drop(.denied))
        }
        let keys = sluice_hash_keys(datapath.table.runtime)
        let told = ring.drain { event in
            var key = event.key
            #expect(KeyHash.of(&key, keys: keys) >> 50 % 3 == 2 && event.kind == EventKind.deny.rawValue)
        }
        #expect(told > 2 && told < 28)
        #expect(datapath.counters()[Int(Counter.eventsLost.rawValue)] == UInt64(30 - told))
        // A ring that was removed is created again, and is empty.
        _ = bench.judge(builder.tcp(flags: TCPFlags.syn, sequence: 1), Circumstances())
        EventRing.remove(datapath: datapath, instance: 3)
        let again = try EventRing(datapath: datapath, instance: 3)
        let nothing = again.drain { _ in }
        #expect(nothing == 0)
    }

    @Test("DRAIN-2 a tombstone records that one of its ends still sends; a RST does not count")
    func spoke() throws {
        let bench = try bench()
        serve(bench.datapath, [1])
        _ = begin(bench, port: 1000)
        let slot = (0..<192).first { bench.datapath.table.words[$0] != 0 } ?? 0
        let key = bench.datapath.table.sessions[slot].key
        bench.transition(key, to: .resetting, tick: 0)
        var builder = FrameBuilder()
        builder.sourcePort = 1000
        #expect(bench.judge(builder.tcp(flags: TCPFlags.rst, sequence: 2), Circumstances()) == .drop(.tombstone))
        #expect(bench.datapath.table.sessions[slot].flags & SessionFlags.spokeSinceReset == 0)
        let keepAlive = builder.tcp(flags: TCPFlags.ack, sequence: 1, acknowledgment: 1)
        #expect(bench.judge(keepAlive, Circumstances()) == .answerReset(.tombstone))
        #expect(bench.datapath.table.sessions[slot].flags & SessionFlags.spokeSinceReset != 0)
    }
}
