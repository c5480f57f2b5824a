import FoundationEssentials
import Glibc
import Lab
import Store
import Testing

@testable import sluice

/// The built program, with the logs that the documents show.
struct FlowLogCommandTests {
    private static let version2 = """
        {"records":[
        {"time":"2018-11-13T12:00:35.3899262Z","systemId":"66aa66aa-bb77-cc88-dd99-00ee00ee00ee","macAddress":"000D3AF87856","category":"NetworkSecurityGroupFlowEvent","resourceId":"/SUBSCRIPTIONS/S/RESOURCEGROUPS/R/PROVIDERS/MICROSOFT.NETWORK/NETWORKSECURITYGROUPS/G","operationName":"NetworkSecurityGroupFlowEvents","properties":{"Version":2,"flows":[{"rule":"DefaultRule_DenyAllInBound","flows":[{"mac":"000D3AF87856","flowTuples":["1542110402,94.102.49.190,10.5.16.4,28746,443,U,I,D,B,,,,"]}]},{"rule":"UserRule_web","flows":[{"mac":"000D3AF87856","flowTuples":["1542110377,10.5.16.4,13.67.143.118,59831,443,T,O,A,B,,,,","1542110379,10.5.16.4,13.67.143.118,59831,443,T,O,A,E,1,66,2,120"]}]}]}}
        ]}

        """
    private static let version4 = """
        {"records":[
        {"time":"2022-09-14T09:00:52.5625085Z","flowLogVersion":4,"flowLogGUID":"66aa66aa-bb77-cc88-dd99-00ee00ee00ee","macAddress":"112233445566","category":"FlowLogFlowEvent","flowLogResourceID":"/SUBSCRIPTIONS/S","targetResourceID":"/subscriptions/s","operationName":"FlowLogFlowEvent","flowRecords":{"flows":[{"aclID":"00aa00aa-bb11-cc22-dd33-44ee44ee44ee","flowGroups":[{"rule":"DefaultRule_AllowInternetOutBound","flowTuples":["1663146003599,10.0.0.6,192.0.2.180,23956,443,6,O,B,NX,0,0,0,0","1663146003606,10.0.0.6,192.0.2.180,23956,443,6,O,E,NX,3,767,2,1580","1663146003637,10.0.0.6,203.0.113.17,22730,443,6,O,C,NX,1021,588096,8005,4610880"]}]},{"aclID":"11bb11bb-cc22-dd33-ee44-55ff55ff55ff","flowGroups":[{"rule":"UserRule_BlockHighRiskTCPPortsFromInternet","flowTuples":["1663145998065,101.33.218.153,10.0.0.6,55188,22,6,I,D,NX,0,0,0,0"]}]}]}}
        ]}

        """

    private func withLogs(_ body: (_ run: ([String]) async throws -> CommandResult) async throws -> Void) async throws {
        let place = try Place()
        for (path, text) in [
            (
                "insights-logs-networksecuritygroupflowevent/resourceId=/S/y=2018/m=11/d=13/h=12/m=00/macAddress=000D3AF87856",
                Self.version2
            ),
            (
                "insights-logs-flowlogflowevent/flowLogResourceID=/S/y=2022/m=09/d=14/h=09/m=00/macAddress=112233445566",
                Self.version4
            ),
        ] {
            try FileManager.default.createDirectory(atPath: "\(place.path)/\(path)", withIntermediateDirectories: true)
            try Data(text.utf8).write(to: URL(fileURLWithPath: "\(place.path)/\(path)/PT1H.json"))
        }
        try await body { arguments in
            let child = try ChildProcess(
                [try SluiceBinary.path(), "flow-log"] + arguments + ["--directory", place.path])
            return try await child.result(within: .seconds(30))
        }
    }

    @Test("LOG-1 flow-log tail writes one tuple a line, oldest first, from both formats")
    func tail() async throws {
        try await withLogs { run in
            let output1 = try await run(["tail"]).output
            #expect(
                output1 == """
                    2022-09-14T08:59:58.0650000Z  denied  inbound  tcp 101.33.218.153:55188 > 10.0.0.6:22  UserRule_BlockHighRiskTCPPortsFromInternet
                    2022-09-14T09:00:03.5990000Z  begin  outbound  tcp 10.0.0.6:23956 > 192.0.2.180:443  DefaultRule_AllowInternetOutBound
                    2022-09-14T09:00:03.6060000Z  end  outbound  tcp 10.0.0.6:23956 > 192.0.2.180:443  DefaultRule_AllowInternetOutBound  3/2 packets  767/1580 bytes
                    2022-09-14T09:00:03.6370000Z  going on  outbound  tcp 10.0.0.6:22730 > 203.0.113.17:443  DefaultRule_AllowInternetOutBound  1021/8005 packets  588096/4610880 bytes

                    """)
            let output2 = try await run(["tail", "--format", "nsg-v2", "--lines", "2"]).output
            #expect(
                output2 == """
                    2018-11-13T11:59:39.0000000Z  end  outbound  tcp 10.5.16.4:59831 > 13.67.143.118:443  UserRule_web  1/2 packets  66/120 bytes
                    2018-11-13T12:00:02.0000000Z  denied  inbound  udp 94.102.49.190:28746 > 10.5.16.4:443  DefaultRule_DenyAllInBound

                    """)
            let output3 = try await run(["tail", "--format", "nsg-v2", "--denied", "--json"]).output
            #expect(
                output3
                    == #"{"bytes":{"toDestination":0,"toSource":0},"decision":"denied","destination":{"address":"10.5.16.4","#
                    + #""port":443},"direction":"inbound","macAddress":"000D3AF87856","packets":{"toDestination":0,"#
                    + #""toSource":0},"protocol":"udp","rule":"DefaultRule_DenyAllInBound","source":{"address":"#
                    + #""94.102.49.190","port":28746},"state":"B","time":"2018-11-13T12:00:02.0000000Z"}"# + "\n")
        }
    }

    @Test("LOG-1 flow-log query: sums in total and by rule, and the addresses with most bytes")
    func query() async throws {
        try await withLogs { run in
            let output4 = try await run(["query"]).output
            #expect(
                output4 == """
                    RULE                                        BEGUN  ENDED  DENIED  PACKETS    BYTES
                    DefaultRule_AllowInternetOutBound               1      1       0    9,031  5.0 MiB
                    UserRule_BlockHighRiskTCPPortsFromInternet      0      0       1        0      0 B
                    all                                             1      1       1    9,031  5.0 MiB

                    SOURCE          DESTINATION       PROTOCOL  BEGUN  ENDED  DENIED  PACKETS    BYTES
                    10.0.0.6        203.0.113.17:443  tcp           0      0       0    9,026  5.0 MiB
                    10.0.0.6        192.0.2.180:443   tcp           1      1       0        5  2.3 KiB
                    101.33.218.153  10.0.0.6:22       tcp           0      0       1        0      0 B

                    """)
            let json = try await run(["query", "--format", "nsg-v2", "--rule", "web", "--top", "0", "--json"]).output
            struct Answer: Decodable {
                struct Sum: Decodable, Equatable { let begun, ended, denied, packets, bytes: Int }
                let total: Sum
                let rules: [String: Sum]
            }
            let answer = try JSONDecoder().decode(Answer.self, from: Data(json.utf8))
            #expect(answer.total == .init(begun: 1, ended: 1, denied: 0, packets: 3, bytes: 186))
            #expect(answer.rules == ["UserRule_web": answer.total])
            #expect(try await run(["query", "--source", "198.51.100.0/24"]).output.contains("all       0"))
        }
    }

    @Test("BAD-6 flow-log with a directory that is missing, empty or of another format: an error with the next step")
    func nothingThere() async throws {
        let place = try Place()
        func run(_ arguments: String...) async throws -> CommandResult {
            try await ChildProcess([try SluiceBinary.path(), "flow-log"] + arguments).result(within: .seconds(30))
        }
        for verb in ["query", "tail"] {
            let missing = try await run(verb, "--directory", "\(place.path)/nowhere")
            #expect(missing.exit == .code(1) && missing.output == "")
            #expect(missing.errors.contains("nowhere does not exist") && missing.errors.contains("next: "))
            let empty = try await run(verb, "--directory", place.path, "--json")
            #expect(empty.exit == .code(1) && empty.output == "")
            #expect(empty.errors.contains("holds no flow log") && empty.errors.contains("download-batch"))
        }
        try Data("{\"records\":[{\"flowLogVersion\":4}]}".utf8).write(
            to: URL(fileURLWithPath: "\(place.path)/PT1H.json"))
        let other = try await run("query", "--directory", place.path, "--format", "nsg-v2")
        #expect(other.exit == .code(1) && other.errors.contains("but vnet-v4"))
        let damaged = try await run("query", "--directory", place.path)
        #expect(damaged.exit == .code(1) && damaged.errors.contains("none of its 1 record is"))
    }

    @Test("BAD-6 a pipe instead of a file blocks no command: it is skipped, or refused by name")
    func pipes() async throws {
        let place = try Place()
        func run(_ arguments: String...) async throws -> CommandResult {
            try await ChildProcess([try SluiceBinary.path()] + arguments).result(within: .seconds(20))
        }
        let hour = "y=2022/m=09/d=14/h=09/m=00"
        for (folder, name) in [
            ("sluice-sessions/g/\(hour)", "PT1H.jsonl"),
            ("insights-logs-flowlogflowevent/flowLogResourceID=/T/\(hour)/macAddress=1", "PT1H.json"),
        ] {
            let path = "\(place.path)/\(folder)"
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            #expect(mkfifo("\(path)/\(name)", 0o600) == 0)
        }
        try Data(Self.version4.utf8).write(to: URL(fileURLWithPath: "\(place.path)/one.json"))
        let query = try await run("flow-log", "query", "--directory", place.path)
        #expect(query.exit == .code(0) && query.output.contains("UserRule_BlockHighRiskTCPPortsFromInternet"))
        let pipe = "\(place.path)/pipe.yaml"
        #expect(mkfifo(pipe, 0o600) == 0)
        let named = try await run("flow-log", "query", "--directory", pipe)
        #expect(named.exit == .code(1) && named.errors.contains("neither a file nor a directory"))
        for command in [["config", "check"], ["policy", "check"], ["policy", "show", "--file"]] {
            let refused = try await ChildProcess([try SluiceBinary.path()] + command + [pipe])
                .result(within: .seconds(20))
            #expect(!refused.succeeded && refused.errors.contains("is a pipe, not a file"), "\(refused)")
        }
        let history = HistoryPath.of(gateway: "g", in: place.path)
        mkdir("\(place.path)/g", 0o700)
        #expect(mkfifo(history, 0o600) == 0)
        let events = try await run("event", "list", "--gateway", "g", "--state-directory", place.path)
        #expect(!events.succeeded && events.errors.contains("it is not a regular file"), "\(events)")
    }

    @Test("LOG-1 flow-log reports wrong options, and files that are not flow logs")
    func mistakes() async throws {
        try await withLogs { run in
            let both = try await run(["tail", "--denied", "--allowed"])
            #expect(both.exit == .code(64) && both.errors.contains("give one of them"))
            let format = try await run(["query", "--format", "vnet-v5"])
            #expect(format.exit == .code(64) && format.errors.contains("write nsg-v2 or vnet-v4"))
        }
    }
}
