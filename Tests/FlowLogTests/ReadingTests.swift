import FlowCore
import Foundation
import Policy
import TestSupport
import Testing

@testable import FlowLog

@Suite("Reading flow logs")
struct ReadingTests {
    @Test("the records in the documents are read, in their layout")
    func documentedRecords() {
        let text = """
            { "records": [ { "time": "2018-11-13T12:00:35.3899262Z", "systemId": "a", "category": "NetworkSecurityGroupFlowEvent",
              "resourceId": "/X", "operationName": "NetworkSecurityGroupFlowEvents", "properties": { "Version": 2, "flows": [
                { "rule": "DefaultRule_DenyAllInBound", "flows": [ { "mac": "000D3AF87856", "flowTuples": [
                  "1542110402,94.102.49.190,10.5.16.4,28746,443,U,I,D,B,,,," ] } ] },
                { "rule": "UserRule_Web", "flows": [ { "mac": "000D3AF87856", "flowTuples": [
                  "1542110379,10.5.16.4,203.0.113.115,44931,443,T,O,A,C,30,16978,24,14008",
                  "1542110379,10.5.16.4,203.0.113.115,44931,443,T,O,A,C,30,16978,24" ] } ] } ] } },
              { "time": "x" } ] }
            """
        let document = FlowLogDocument(Data(text.utf8))
        #expect(document.items.map(\.rule) == ["DefaultRule_DenyAllInBound", "UserRule_Web"])
        #expect(document.items.map(\.tuple.decision) == [.denied, .allowed])
        #expect(document.items[1].tuple.counters.bytes == 30986)
        #expect(document.unreadable == 2, "a tuple of 12 fields, a record of neither format")
    }

    @Test(
        "tuples in no documented form are refused",
        arguments: [
            "", "1,2", "x,10.0.0.6,52.239.184.180,23956,443,6,O,B,NX,0,0,0,0",
            "1663146003599,10.0.0.6,52.239.184.180,99999,443,6,O,B,NX,0,0,0,0",
            "1663146003599,10.0.0.6,52.239.184.180,1,443,6,Q,B,NX,0,0,0,0",
            "1663146003599,10.0.0.6,52.239.184.180,1,443,6,O,Z,NX,0,0,0,0",
            "1663146003599,10.0.0.6,52.239.184.180,1,443,6,O,B,??,0,0,0,0",
            "1663146003599,10.0.0.6,52.239.184.180,1,443,6,O,B,NX,0,-1,0,0",
            "99999999999999999999,10.0.0.6,52.239.184.180,1,443,6,O,B,NX,0,0,0,0",
        ])
    func refused(text: String) {
        #expect(FlowTuple(version4: text) == nil)
        #expect(FlowTuple(version2: text) == nil)
    }

    @Test("a tuple must match all fields of a filter")
    func filters() throws {
        let tuple = try #require(
            FlowTuple(version4: "1663146003599,10.0.0.6,52.239.184.180,23956,443,6,O,E,NX,3,767,2,1580"))
        let item = FlowLogDocument.Item(format: 4, macAddress: "", rule: "UserRule_web", tuple: tuple)
        var filter = FlowLogFilter()
        filter.source = try AddressPrefix(parsing: "10.0.0.0/8")
        filter.port = 443
        filter.rule = "web"
        filter.ipProtocol = 6
        filter.decision = .allowed
        filter.since = tuple.time
        #expect(filter.matches(item))
        for change: (inout FlowLogFilter) -> Void in [
            { $0.port = 80 }, { $0.rule = "we" }, { $0.ipProtocol = 17 }, { $0.decision = .denied },
            { $0.since = tuple.time + 1 }, { $0.until = tuple.time }, { $0.direction = .inbound },
            { $0.destination = $0.source },
        ] {
            var other = filter
            change(&other)
            #expect(!other.matches(item))
        }
    }

    @Test("a follower sees every tuple once, while the file grows")
    func follower() {
        let directory = TemporaryDirectory()
        let plan = FlowLogPlan(
            gateway: "g", settings: FlowLogSettings(directory: directory.path), zones: [], intervalNanoseconds: 1)
        let writer = FlowLogWriter(plan: plan, macAddresses: [:]) { [:] }
        var follower = FlowLogFollower(root: directory.path, format: nil)
        #expect(follower.next().isEmpty)
        for port in UInt16(1)...5 {
            let entry = entry(.begin, second(1_700_000_000), "10.0.0.1", port, "192.0.2.1", 443)
            writer.flush([entry], omitted: Omissions(), now: second(1_700_000_000))
            #expect(follower.next().map(\.tuple.sourcePort) == [port])
            #expect(follower.next().isEmpty)
        }
    }

    @Test("the pairs with the most bytes come first")
    func talkers() throws {
        var sums = FlowLogSums()
        for (source, bytes) in [("10.0.0.1", 10), ("10.0.0.2", 500), ("10.0.0.1", 20)] {
            let tuple = try #require(
                FlowTuple(version4: "1663146003599,\(source),192.0.2.1,1,443,6,O,E,NX,1,\(bytes),0,0"))
            sums.add(.init(format: 4, macAddress: "", rule: "UserRule_web", tuple: tuple))
        }
        #expect(sums.topTalkers(5).map(\.talker.source) == ["10.0.0.2", "10.0.0.1"])
        #expect(sums.topTalkers(1).first?.sum.bytes == 500)
        #expect(sums.rules["UserRule_web"]?.ended == 3)
    }
}
