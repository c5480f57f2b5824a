import Lab
import Testing

@Suite("Patience")
struct PatienceTests {
    @Test("PKG-5 SLUICE_PATIENCE is a number from 1 to 100; without it, nothing changes")
    func parsing() {
        #expect(Patience.parse(nil) == 1 && Patience.parse("") == 1)
        #expect(Patience.parse("12") == 12 && Patience.parse("1.5") == 1.5 && Patience.parse("100") == 100)
        for text in ["0", "0.5", "101", "-3", "ten", "nan", "inf", "1e9"] {
            #expect(Patience.parse(text) == nil, "\(text)")
            #expect(Patience.problem(text)?.contains("SLUICE_PATIENCE=10") == true)
        }
        #expect(Patience.problem("10") == nil)
    }

    @Test("PKG-5 a longer limit does not slow a test down: a condition that holds is found at once")
    func scaling() async {
        #expect(Patience.scaled(.seconds(10)) == .seconds(10) * Patience.factor)
        var asked = 0
        let holds = await eventually(within: .seconds(3600)) {
            asked += 1
            return asked == 3
        }
        #expect(holds && asked == 3)
    }
}
