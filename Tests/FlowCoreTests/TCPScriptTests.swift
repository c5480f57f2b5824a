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
}
