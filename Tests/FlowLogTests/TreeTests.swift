import Foundation
import Glibc
import Policy
import TestSupport
import Testing

@testable import FlowLog

@Suite("Locations of flow logs")
struct TreeTests {
    private static let tuple = "1663146003606,10.0.0.6,192.0.2.180,23956,443,6,O,E,NX,3,767,2,1580"
    /// A single record of a virtual network's flow log, as in the documents.
    private static let record4 = """
        {
          "time": "2022-09-14T09:00:52.5625085Z", "flowLogVersion": 4, "macAddress": "112233445566",
          "category": "FlowLogFlowEvent", "operationName": "FlowLogFlowEvent",
          "flowRecords": { "flows": [ { "aclID": "0", "flowGroups": [ { "rule": "UserRule_web", "flowTuples": [ "\(tuple)" ] } ] } ] }
        }
        """
    private static let record2 = """
        {"time":"2018-11-13T12:00:35Z","macAddress":"000D3AF87856","category":"NetworkSecurityGroupFlowEvent","properties":{"Version":2,"flows":[{"rule":"UserRule_web","flows":[{"mac":"000D3AF87856","flowTuples":["1542110377,10.5.16.4,13.67.143.118,59831,443,T,O,A,B,,,,"]}]}]}}
        """
    private static let downloaded4 =
        "flowLogResourceID=/00000000-0000-0000-0000-000000000000_NETWORKWATCHERRG/NETWORKWATCHER_EASTUS_LOG/"
        + "y=2022/m=09/d=14/h=09/m=00/macAddress=112233445566/PT1H.json"
    private static let downloaded2 =
        "resourceId=/SUBSCRIPTIONS/S/RESOURCEGROUPS/R/PROVIDERS/MICROSOFT.NETWORK/NETWORKSECURITYGROUPS/G/"
        + "y=2018/m=11/d=13/h=12/m=00/macAddress=000D3AF87856/PT1H.json"

    private func write(_ text: String, _ path: String, in directory: TemporaryDirectory) throws {
        let url = URL(fileURLWithPath: "\(directory.path)/\(path)")
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: url)
    }

    private func count(_ tree: FlowLogTree, _ format: FlowLogSettings.Format) -> FlowLogReading.Outcome {
        FlowLogReading.forEach(in: tree, format: format, filter: FlowLogFilter()) { _ in }
    }

    @Test("LOG-1 a downloaded container is read, in either format, and with both formats together")
    func downloads() throws {
        let directory = TemporaryDirectory()
        try write("{\"records\":[\(Self.record4)]}", "a/" + Self.downloaded4, in: directory)
        let one = try FlowLogTree(directory.path)
        #expect(one.formats == [.virtualNetworkVersion4] && one.files.first?.hour == 2_022_091_409)
        #expect(count(one, .virtualNetworkVersion4) == .init(read: 1, unreadable: 0))
        try write("{\"records\":[\(Self.record2)]}", "b/" + Self.downloaded2, in: directory)
        // Another log of the same storage account, with the same kind of path.
        try write("{\"records\":[{\"category\":\"AzureFirewallNetworkRule\"}]}", "c/" + Self.downloaded2, in: directory)
        let both = try FlowLogTree(directory.path)
        #expect(both.formats == [.virtualNetworkVersion4, .nsgVersion2] && both.files.count == 2)
        #expect(count(both, .nsgVersion2) == .init(read: 1, unreadable: 0))
        #expect(count(try FlowLogTree("\(directory.path)/a"), .virtualNetworkVersion4).read == 1)
    }

    @Test(
        "LOG-1 a single record, a list of records, and one record on each line are read, in a file of any name",
        arguments: [
            record4, "[\(record4)]", "\u{FEFF}\(record4)", "{\"records\":[\(record4)]}",
            record4.split(separator: "\n").joined(),
        ])
    func singleRecords(text: String) throws {
        let directory = TemporaryDirectory()
        try write(text, "record.json", in: directory)
        for path in [directory.path, "\(directory.path)/record.json"] {
            let tree = try FlowLogTree(path)
            #expect(tree.files.map(\.format) == [.virtualNetworkVersion4] && tree.files[0].hour == nil)
            #expect(count(tree, .virtualNetworkVersion4) == .init(read: 1, unreadable: 0))
        }
        let lines = (1...3).map { _ in Self.record2 }.joined(separator: "\r\n")
        #expect(FlowLogDocument(Data(lines.utf8)).items.count == 3)
    }

    @Test(
        "BAD-6 a missing path, a path without a flow log, and a path that is not a file have different messages; a cycle of links ends"
    )
    func failures() throws {
        let directory = TemporaryDirectory()
        #expect(throws: FlowLogTree.Failure.missing("\(directory.path)/x")) { try FlowLogTree("\(directory.path)/x") }
        symlink(directory.path, "\(directory.path)/ring")
        try write("{\"a\":1}", "other.json", in: directory)
        #expect(try FlowLogTree(directory.path).files.isEmpty)
        #expect(throws: FlowLogTree.Failure.empty("\(directory.path)/other.json")) {
            try FlowLogTree("\(directory.path)/other.json")
        }
        mkfifo("\(directory.path)/pipe", 0o600)
        #expect(
            throws: FlowLogTree.Failure.unreadable(
                "\(directory.path)/pipe", reason: "it is neither a file nor a directory")
        ) {
            try FlowLogTree("\(directory.path)/pipe")
        }
    }

    @Test("LOG-3 the omissions that a gateway's log reports are summed up, also since a given time")
    func omissions() throws {
        let directory = TemporaryDirectory()
        let plan = FlowLogPlan(
            gateway: "g", settings: FlowLogSettings(directory: directory.path), zones: [], intervalNanoseconds: 1)
        let writer = FlowLogWriter(plan: plan, macAddresses: [:]) { [:] }
        let (early, late) = (second(1_700_000_000), second(1_700_003_600))
        let entry = entry(.end, early, "10.0.0.1", 1, "192.0.2.1", 443)
        writer.flush([entry], omitted: Omissions(denies: 1000, events: 3), now: early)
        writer.flush([entry], omitted: Omissions(denies: 24), now: late)
        #expect(FlowLogReading.omissions(in: directory.path, since: nil) == Omissions(denies: 1024, events: 3))
        #expect(FlowLogReading.omissions(in: directory.path, since: early + 1_000_000) == Omissions(denies: 24))
    }
}
