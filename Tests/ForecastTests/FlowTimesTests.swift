import FlowLog
import Forecast
import Foundation
import Testing

/// Small logs in the documented formats, written by hand (learn.microsoft.com: nsg-flow-logs-overview,
/// vnet-flow-logs-overview).
@Suite("Lengths and gaps from flow logs")
struct FlowTimesTests {
    private func times(_ json: String) -> FlowTimes {
        var times = FlowTimes()
        let document = FlowLogDocument(Data(json.utf8))
        #expect(document.unreadable == 0)
        for item in document.items { times.add(item) }
        return times
    }

    private func nsg(_ tuples: [String]) -> String {
        let list = tuples.map { "\"\($0)\"" }.joined(separator: ",")
        return """
            {"records":[{"time":"2022-09-14T09:00:00.0000000Z","category":"NetworkSecurityGroupFlowEvent",
            "macAddress":"000D3AF87856","properties":{"Version":2,"flows":[{"rule":"UserRule_db","flows":
            [{"mac":"000D3AF87856","flowTuples":[\(list)]}]}]}}]}
            """
    }

    @Test("CAST-2 version 2: a flow's length from B to E, and the mean gaps between its tuples")
    func versionTwo() {
        let found = times(
            nsg([
                "1663146000,10.0.0.6,52.239.184.180,23956,5432,T,O,A,B,,,,",
                // 30 packets in 300 s, none in the next 300 s, then 2 in 300 s.
                "1663146300,10.0.0.6,52.239.184.180,23956,5432,T,O,A,C,20,2000,10,1000",
                "1663146600,10.0.0.6,52.239.184.180,23956,5432,T,O,A,C,0,0,0,0",
                "1663146900,10.0.0.6,52.239.184.180,23956,5432,T,O,A,E,1,60,1,60",
            ]))
        #expect(found.lengths == [900])
        #expect(found.gaps == [.init(seconds: 10, count: 30), .init(seconds: 300, count: 2)])
        #expect(found.sampledGaps(most: 100).count == 32)
        #expect(found.sampledGaps(most: 16) == [Double](repeating: 10, count: 15) + [300])
        #expect(found.openFlows == 0)
    }

    @Test("CAST-2 version 4: milliseconds; denied flows, UDP and flows without a begin or an end give no length")
    func versionFour() {
        let found = times(
            """
            {"records":[{"time":"2022-09-14T09:00:52.5625085Z","flowLogVersion":4,"macAddress":"112233445566",
            "flowRecords":{"flows":[{"aclID":"00000000-1234-abcd-ef00-c1c2c3c4c5c6","flowGroups":[{"rule":"DefaultRule","flowTuples":[
            "1663146003599,10.0.0.6,192.0.2.180,23956,443,6,O,B,NX,0,0,0,0",
            "1663146003606,10.0.0.6,192.0.2.180,23956,443,6,O,E,NX,3,767,2,1580",
            "1663146003637,203.0.113.17,10.0.0.6,22730,443,6,I,D,NX,0,0,0,0",
            "1663146003640,10.0.0.6,192.0.2.1,5000,53,17,O,B,NX,0,0,0,0",
            "1663146003650,10.0.0.6,192.0.2.1,5000,53,17,O,E,NX,1,60,1,60",
            "1663146004000,10.0.0.7,192.0.2.180,30000,443,6,O,E,NX,3,767,2,1580",
            "1663146005000,10.0.0.8,192.0.2.180,30001,443,6,O,B,NX,0,0,0,0"]}]}]}}]}
            """)
        #expect(found.lengths.count == 1 && abs(found.lengths[0] - 0.007) < 1e-9)
        #expect(found.gaps.map(\.count) == [5])
        #expect(found.openFlows == 1)
    }

    @Test("CAST-2 a port that is used again is another flow, and one log of two interfaces is two flows")
    func again() {
        let found = times(
            nsg([
                "1000,10.0.0.6,10.0.0.7,4000,5432,T,O,A,B,,,,", "1100,10.0.0.6,10.0.0.7,4000,5432,T,O,A,E,5,60,5,60",
                "2000,10.0.0.6,10.0.0.7,4000,5432,T,O,A,B,,,,", "2010,10.0.0.6,10.0.0.7,4000,5432,T,O,A,E,5,60,5,60",
            ]))
        #expect(found.lengths == [100, 10])
    }

    @Test("CAST-2 a forecast takes the sampled lengths and gaps")
    func forecast() {
        var settings = ForecastSettings()
        settings.keepAlive = .off
        settings.session = .sampled([900, 7])
        settings.gaps = .sampled([10, 10, 10, 300])
        let forecast = ClosedForecast(settings)
        // One gap in 330 s kills.
        #expect(abs((forecast.disruptions[.idle] ?? 0) - 2_592_000 / 330) < 1e-6)
        #expect(forecast.disruptedSessions != nil)
    }
}
