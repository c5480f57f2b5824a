import Testing

@testable import sluice_bench

@Suite("Figures")
struct FiguresTests {
    @Test("a spread has the median and the quartiles, interpolated")
    func spread() {
        let spread = Spread([4, 1, 3, 2])
        #expect(spread.median == 2.5)
        #expect(spread.lowerQuartile == 1.75)
        #expect(spread.upperQuartile == 3.25)
        #expect(spread.least == 1 && spread.most == 4 && spread.rounds == 4)
        #expect(Spread([7]).median == 7)
    }

    @Test("the median of 100 values is between the 40th and the 61st with 95 %; few values have no interval")
    func medianInterval() {
        let interval = Spread((1...100).reversed().map(Double.init)).medianInterval
        #expect(interval == Spread.Interval(lower: 40, upper: 61))
        #expect(Spread((1...10).map(Double.init)).medianInterval == Spread.Interval(lower: 2, upper: 9))
        #expect(Spread((1...9).map(Double.init)).medianInterval == nil)
    }

    @Test("a verdict is certain if it holds for the median's whole interval")
    func certainty() {
        let values = Spread((1...100).map(Double.init))
        func comparison(_ limit: Double) -> RowReport.Comparison {
            RowReport.Comparison(what: "", value: values, target: .atLeast(limit))
        }
        #expect(comparison(39).isMet == true && comparison(39).isCertain == true)
        #expect(comparison(50).isMet == true && comparison(50).isCertain == false)
        #expect(comparison(55).isMet == false && comparison(55).isCertain == false)
        #expect(comparison(62).isMet == false && comparison(62).isCertain == true)
        #expect(ReportTable.text(comparison(55)).hasSuffix("MISSED, but within the noise"))
        #expect(!ReportTable.text(comparison(62)).contains("noise"))
    }

    @Test("a target is met at its limit, and missed beyond")
    func targets() {
        func comparison(_ value: Double, _ target: RowReport.Comparison.Target?) -> Bool? {
            RowReport.Comparison(what: "", value: Spread([value]), target: target).isMet
        }
        #expect(comparison(0.6, .atMost(0.6)) == true)
        #expect(comparison(0.61, .atMost(0.6)) == false)
        #expect(comparison(1.1, .atLeast(1.1)) == true)
        #expect(comparison(1.09, .atLeast(1.1)) == false)
        #expect(comparison(1, nil) == nil)
    }

    @Test("lateness is that of the oldest remaining session")
    func lateness() {
        let second = 1_000_000_000
        var expiry = IdleExpiry(idleSeconds: 10)
        expiry.noteChunk(upTo: 100, at: 0)
        expiry.noteChunk(upTo: 200, at: 2 * second)
        #expect(expiry.firstDue == 10 * second)
        func gone(_ count: Int, _ seconds: Double) {
            let now = Int(seconds * 1e9)
            expiry.noteGone(count, within: now...now + second / 4)
        }
        gone(0, 9)
        #expect(expiry.latestSeconds == (0, 0))
        gone(99, 10.5)
        #expect(expiry.latestSeconds == (0.5, 0.75))
        gone(150, 12.25)
        #expect(expiry.latestSeconds == (0.5, 0.75))
        gone(200, 20)
        #expect(expiry.latestSeconds == (0.5, 0.75))
    }

    @Test("both kinds of thousand rules name every rule once")
    func thousandRules() {
        #expect(BenchRule.thousand.count == 1000)
        #expect(Set(BenchRule.thousand.map { "\($0.destination) \($0.ports)" }).count == 1000)
        // The rule that matches is there a second time, for IPv6.
        #expect(NftablesRules.thousandAsChain.components(of: "ip saddr ") == 1000)
        #expect(NftablesRules.thousandAsChain.components(of: " ct state new accept") == 1001)
        #expect(NftablesRules.thousandAsSet.components(of: "10.0.0.0/8 . ") == 1000)
    }
}

extension String {
    /// How often a text occurs in it.
    fileprivate func components(of text: String) -> Int {
        var count = 0
        var rest = self[...]
        while let range = rest.firstRange(of: text) {
            count += 1
            rest = rest[range.upperBound...]
        }
        return count
    }
}
