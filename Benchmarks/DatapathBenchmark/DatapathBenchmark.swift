import FlowCore
import FlowLayout
import FlowModel
import Kernel
import Policy

/// The cost of a packet in the kernel: the test program, which sends nothing, runs on one packet repeatedly.
@main
struct DatapathBenchmark {
    static func main() throws {
        // The cost of watching packets is measured separately, with interleaved runs.
        if CommandLine.arguments.dropFirst().first == "watching" { return try WatchCost.run() }
        let datapath = try Datapath.load(
            gateway: "benchmark", capacitySessions: 65536, pinned: false, programs: ProgramName.all)
        datapath.table.runtime.pointee.halfOpenLimit = 65536
        try allowEverything(datapath)
        let frames = FrameBuilder()
        func run(_ name: String, _ frame: [UInt8], zone: UInt32 = 1, repetitions: Int = 1_000_000) throws {
            var context = PacketContext()
            context.control0 = zone | 1 << 8 | (3 - zone) << 16 | zone << 24
            context.control1 = 1000
            var samples: [UInt32] = []
            var verdict: UInt32 = 0
            for _ in 0..<(repetitions == 1 ? 1 : 7) {
                let run = try datapath.runProgram(
                    named: ProgramName.judgeTest, packet: frame, context: context, repetitions: repetitions)
                samples.append(run.nanoseconds)
                verdict = run.returnValue
            }
            samples.sort()
            print("\(name): \(samples[samples.count / 2]) ns (\(Verdict(rawValue: verdict)))")
        }
        try run("first SYN", frames.tcp(flags: TCPFlags.syn, sequence: 999), repetitions: 1)
        try run(
            "first SYN-ACK",
            frames.reversed.tcp(flags: TCPFlags.syn | TCPFlags.ack, sequence: 4999, acknowledgment: 1000), zone: 2,
            repetitions: 1)
        try run("established ACK", frames.tcp(flags: TCPFlags.ack, sequence: 1000, acknowledgment: 5000))
        var other = frames
        other.sourcePort = 7
        try run("no session", other.tcp(flags: TCPFlags.ack, sequence: 1000, acknowledgment: 5000))
        try run("UDP", other.udp())
        try run("malformed", Array(frames.tcp(flags: TCPFlags.ack, sequence: 1).prefix(40)))
        try RuleCost.run()
        for sessions in [1000, 1_000_000] {
            try random(sessions: sessions, FrameBuilder().udp())
            try random(sessions: sessions, FrameBuilder().tcp(flags: TCPFlags.syn, sequence: 999))
        }
    }

    /// Sessions chosen at random: the cost of the table's memory.
    ///
    /// - Parameter template: a packet that begins a session; later packets are variations of it.
    private static func random(sessions: Int, _ template: [UInt8]) throws {
        let datapath = try Datapath.load(
            gateway: "benchmark", capacitySessions: sessions, pinned: false, programs: ProgramName.all)
        datapath.table.runtime.pointee.halfOpenLimit = UInt32(2 * sessions)
        try allowEverything(datapath)
        var frame = template
        var context = PacketContext()
        context.control0 = 1 | 1 << 8 | 2 << 16 | 1 << 24
        context.control1 = 1000
        func judge(_ number: Int) throws -> UInt32 {
            // Source address 10.0.0.0 + number / 16384, port 1024 + number % 16384; the header's checksum is updated.
            let high = number / 16384
            let port = 1024 + number % 16384
            frame[28] = UInt8(high >> 8)
            frame[29] = UInt8(high & 0xFF)
            frame[34] = UInt8(port >> 8)
            frame[35] = UInt8(port & 0xFF)
            frame[24] = 0
            frame[25] = 0
            let sum = FrameBuilder.checksum(Array(frame[14..<34]))
            frame[24] = UInt8(sum >> 8)
            frame[25] = UInt8(sum & 0xFF)
            let run = try datapath.runProgram(named: ProgramName.judgeTest, packet: frame, context: context)
            guard Verdict(rawValue: run.returnValue) == .forward else { throw Failure.verdict(run.returnValue) }
            return run.nanoseconds
        }
        var begin: [UInt32] = []
        for number in 0..<sessions { begin.append(try judge(number)) }
        var source = RandomSource(seed: 1)
        var known: [UInt32] = []
        for _ in 0..<300_000 { known.append(try judge(Int.random(in: 0..<sessions, using: &source))) }
        begin.sort()
        known.sort()
        print(
            "\(sessions) \(template[23] == IPProtocol.tcp ? "TCP" : "UDP") sessions: first packet \(begin[begin.count / 2]) ns, a packet of one at random \(known[known.count / 2]) ns,",
            "\(datapath.memory().bytesPerSession) bytes a session")
    }

    private enum Failure: Error { case verdict(UInt32) }

    private static func allowEverything(_ datapath: Datapath) throws {
        let configuration = try Configuration.parse(
            """
            gateway: benchmark
            zones:
              - { name: inside, interfaces: [eth1] }
              - { name: outside, interfaces: [eth0] }
            rules:
              - { name: all, priority: 100, access: Allow, protocol: "*", source: ["*"], destination: ["*"] }
            """, file: "benchmark.yaml")
        var identities = RuleIdentities()
        var treatments = TreatmentTable(timeouts: configuration.timeouts)
        try PolicyImage(compiling: configuration, identities: &identities, treatments: &treatments)
            .write(to: datapath.policyMemory(0))
    }
}
