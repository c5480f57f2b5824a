import FlowCore
import FlowLayout
import FlowModel
import Testing

@Suite("ICMP errors and echoes")
struct QuotedErrorTests {
    @Test(
        "SESS-7 ICMP errors that quote a session's packet reach the packet's sender, in FlowCore",
        arguments: QuotedErrors.kinds
    )
    func errors(kind: QuotedErrors.Kind) {
        #expect(QuotedErrors.play(kind, on: ModelBench(), port: 4000) == [])
    }

    @Test(
        "SESS-7 two hosts ping each other with the same identifier, each with its own verdict, in FlowCore",
        arguments: [false, true], [false, true])
    func echoes(isIPv6: Bool, isAllowedBack: Bool) {
        var frames = FrameBuilder()
        if isIPv6 {
            frames.source = "fd00:1::10"
            frames.destination = "2001:db8:3::10"
        }
        for frames in [frames, frames.reversed] {
            let bench = ModelBench()
            // The host that asks first is allowed to ask.
            var first: (UInt64, UInt64)?
            bench.tables.policy = { question in
                let source = (question.pointee.source.high, question.pointee.source.low)
                if first == nil { first = source }
                question.pointee.allowed = isAllowedBack || first.map { $0 == source } == true ? 1 : 0
                return true
            }
            #expect(EchoPair.play(on: bench, frames: frames, isAllowedBack: isAllowedBack) == [])
        }
    }
}
