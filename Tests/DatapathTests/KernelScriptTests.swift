import FlowModel
import Testing

/// The scripts of `Tests/FlowModel/TCPScripts.swift`, judged by the program that the kernel runs.
@Suite("TCP tracking in the kernel", .serialized)
struct KernelScriptTests {
    static let bench = try? KernelBench()

    @Test(
        "SESS-1 SESS-2 SESS-3 SESS-4 SESS-5 SESS-6 RST-2 IDLE-6 BAD-3 scripts, in the kernel program",
        arguments: TCPScripts.all)
    func script(_ script: TCPScript) throws {
        let bench = try allowingBench()
        #expect(script.play(on: bench, frames: frames(of: script, source: "10.1.0.10", "203.0.113.10")) == [])
    }

    @Test("SESS-8 the same scripts over IPv6, in the kernel program", arguments: TCPScripts.all)
    func scriptOverIPv6(_ script: TCPScript) throws {
        let bench = try allowingBench()
        #expect(script.play(on: bench, frames: frames(of: script, source: "fd00:1::10", "2001:db8:3::10")) == [])
    }

    private func allowingBench() throws -> KernelBench {
        let bench = try #require(Self.bench, "the kernel program does not load here: run as root on Linux 6.1 or later")
        try bench.allow(TestPolicy.everything)
        return bench
    }

    /// One bench serves all scripts, so each has a port of its own.
    private func frames(of script: TCPScript, source: String, _ destination: String) -> FrameBuilder {
        var frames = FrameBuilder()
        frames.source = source
        frames.destination = destination
        frames.sourcePort = 20000 + UInt16(TCPScripts.all.firstIndex { $0.name == script.name } ?? 0)
        return frames
    }
}
