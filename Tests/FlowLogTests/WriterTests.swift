import FlowCore
import Foundation
import Policy
import TestSupport
import Testing

@testable import FlowLog

private let now: UInt64 = 1_700_000_000_000_000_000
private let hour: UInt64 = 3_600_000_000_000

private func writer(
    _ directory: String, formats: [FlowLogSettings.Format] = FlowLogSettings.Format.allCases,
    retention: UInt64 = 7 * 24 * hour, bytes: UInt64 = 1 << 30, pendingLimit: Int = FlowLogWriter.pendingBytesLimit
) -> FlowLogWriter {
    let settings = FlowLogSettings(
        directory: directory, formats: formats, retentionNanoseconds: retention, retentionBytes: bytes)
    let plan = FlowLogPlan(
        gateway: "edge-1", settings: settings,
        zones: [
            .init(identifier: 1, name: "client", interface: "eth1"),
            .init(identifier: 2, name: "internet", interface: "eth0"),
        ], intervalNanoseconds: 1)
    return FlowLogWriter(
        plan: plan, macAddresses: [1: "000D3AF87856", 2: "00224871C205"], pendingLimit: pendingLimit
    ) { [1: "web"] }
}

private func session(_ port: UInt16, at time: UInt64 = now, ipProtocol: UInt8 = IPProtocol.tcp) -> [FlowEntry] {
    [
        entry(.begin, time, "10.0.0.1", port, "192.0.2.1", 443, ipProtocol: ipProtocol),
        entry(.end, time + 1, "10.0.0.1", port, "192.0.2.1", 443, ipProtocol: ipProtocol, (3, 767, 2, 1580)),
    ]
}

private func content(_ directory: String, _ container: String) throws -> [Data] {
    try LogTree.files(in: directory, containers: [container]).map {
        try Data(contentsOf: URL(filePath: "\(directory)/\($0.path)"))
    }
}

private func strict(_ directory: String, _ container: String) throws -> [StrictReader.Tuple] {
    try content(directory, container).flatMap(StrictReader.read)
}

@Suite("Files of flow logs")
struct WriterTests {
    @Test("LOG-1 a reader that was written only from the documents reads the files, after every second")
    func roundTrip() throws {
        let directory = TemporaryDirectory()
        let writer = writer(directory.path)
        for flush in 0..<5 {
            var entries = session(UInt16(1000 + flush)) + session(UInt16(2000 + flush), ipProtocol: 1)
            entries.append(entry(.deny, now, "192.0.2.7", 9, "10.0.0.1", 22, inbound: true, rule: 0))
            writer.flush(entries, omitted: Omissions(), now: now + UInt64(flush) * 1_000_000_000)
            let version2 = try strict(directory.path, RecordPath.version2Container)
            let version4 = try strict(directory.path, RecordPath.version4Container)
            #expect(version2.count == 3 * (flush + 1), "ICMP is not in version 2")
            #expect(version4.count == 5 * (flush + 1))
            #expect(Set(version2.map(\.rule)) == ["UserRule_web", "DefaultRule_DenyAllInBound"])
        }
        #expect(writer.state.problem == nil)
        for container in [RecordPath.version2Container, RecordPath.version4Container] {
            for data in try content(directory.path, container) {
                let document = FlowLogDocument(data)
                #expect(document.unreadable == 0)
                #expect(document.items.allSatisfy { $0.macAddress.count == 12 })
            }
        }
        let lines = try content(directory.path, RecordPath.sessionContainer).flatMap { $0.split(separator: 10) }
        #expect(lines.count == 10)
        for line in lines {
            let line = try #require(try JSONSerialization.jsonObject(with: line) as? [String: Any])
            #expect(line["kind"] as? String == "session" && line["rule"] as? String == "web")
        }
    }

    @Test("LOG-1 the files of a group with an exported resource id have it in their path; a plan without ids is read")
    func exportedResource() throws {
        let directory = TemporaryDirectory()
        let configuration = try Configuration.parse(
            """
            gateway: edge-1
            flowLog: { directory: \(directory.path) }
            zones:
              - { name: a, interfaces: [eth1], networkSecurityGroup: web }
              - { name: b, interfaces: [eth2], networkSecurityGroup: db }
            networkSecurityGroups:
              - { name: web, rules: [],
                  id: /subscriptions/7/resourceGroups/other/providers/Microsoft.Network/networkSecurityGroups/web }
              - { name: db, rules: [] }
              - { name: unused, rules: [], id: /subscriptions/7/networkSecurityGroups/unused }
            """, file: "test.yaml", hostName: "test")
        let plan = try #require(FlowLogPlan(configuration, zones: ZoneIdentities()))
        #expect(Array(plan.groupResources.keys) == ["web"])
        let writer = FlowLogWriter(plan: plan, macAddresses: [:]) { [1: "web/ssh", 2: "db/sql"] }
        let entries = (1...2).flatMap { rule in
            var entries = session(UInt16(rule))
            for index in entries.indices { entries[index].groupRule = UInt16(rule) }
            return entries
        }
        writer.flush(entries, omitted: Omissions(), now: now)
        let paths = LogTree.files(in: directory.path, containers: [RecordPath.version2Container]).map(\.path)
        let own = "/SUBSCRIPTIONS/\(plan.settings.subscription)/RESOURCEGROUPS/SLUICE".uppercased()
        let type = "PROVIDERS/MICROSOFT.NETWORK/NETWORKSECURITYGROUPS"
        #expect(paths.count == 2)
        for resource in ["/SUBSCRIPTIONS/7/RESOURCEGROUPS/OTHER/\(type)/WEB", "\(own)/\(type)/DB"] {
            let folder = "\(RecordPath.version2Container)/resourceId=\(resource)/y="
            #expect(paths.contains { $0.hasPrefix(folder) }, "\(paths)")
        }
        #expect(try strict(directory.path, RecordPath.version2Container).count == 4)
        let written = try JSONEncoder().encode(plan)
        #expect(try JSONDecoder().decode(FlowLogPlan.self, from: written) == plan)
        var members = try #require(try JSONSerialization.jsonObject(with: written) as? [String: Any])
        members["groupResources"] = nil
        let earlier = try JSONDecoder().decode(
            FlowLogPlan.self, from: try JSONSerialization.data(withJSONObject: members))
        var plain = plan
        plain.groupResources = [:]
        #expect(earlier == plain)
    }

    @Test(
        "LOG-4 a file torn at any byte of its last second keeps everything before it, and can be parsed after the next start"
    )
    func torn() throws {
        let directory = TemporaryDirectory()
        let first = writer(directory.path, formats: [.virtualNetworkVersion4])
        first.flush(session(1), omitted: Omissions(), now: now)
        let file = try #require(LogTree.files(in: directory.path, containers: [RecordPath.version4Container]).first)
        let lines = try #require(LogTree.files(in: directory.path, containers: [RecordPath.sessionContainer]).first)
        let path = "\(directory.path)/\(file.path)"
        let linesPath = "\(directory.path)/\(lines.path)"
        let before = try Data(contentsOf: URL(filePath: path))
        let linesBefore = try Data(contentsOf: URL(filePath: linesPath))
        first.flush(session(2), omitted: Omissions(), now: now)
        let after = try Data(contentsOf: URL(filePath: path))
        let linesAfter = try Data(contentsOf: URL(filePath: linesPath))
        for cut in stride(from: before.count - 4, through: after.count, by: 151) {
            // The entries written so far, with or without the previous content of the file there, or pages that were
            // never written.
            for torn in [after[..<cut], after[..<cut] + before.dropFirst(cut), after[..<cut] + Data(count: 100)] {
                try Data(torn).write(to: URL(filePath: path))
                let again = writer(directory.path, formats: [.virtualNetworkVersion4])
                again.flush(session(3), omitted: Omissions(), now: now)
                let tuples = try strict(directory.path, RecordPath.version4Container)
                let ports = tuples.map { $0.fields[3] }
                #expect(ports.starts(with: ["1", "1"]) && ports.suffix(2) == ["3", "3"], "cut at \(cut): \(ports)")
            }
        }
        for cut in stride(from: linesBefore.count, through: linesAfter.count, by: 151) {
            try linesAfter[..<cut].write(to: URL(filePath: linesPath))
            let again = writer(directory.path, formats: [])
            again.flush(session(3), omitted: Omissions(), now: now)
            let text = String(decoding: try Data(contentsOf: URL(filePath: linesPath)), as: UTF8.self)
            for line in text.split(separator: "\n") {
                #expect(throws: Never.self) { try JSONSerialization.jsonObject(with: Data(line.utf8)) }
            }
            #expect(text.split(separator: "\n").count >= 2 && text.hasSuffix("\n"))
        }
    }

    @Test("LOG-4 a file of an earlier hour that a crash has torn is repaired at the next start")
    func earlierHour() throws {
        let directory = TemporaryDirectory()
        writer(directory.path).flush(session(1), omitted: Omissions(), now: now)
        for file in LogTree.files(in: directory.path) {
            let handle = try #require(FileHandle(forWritingAtPath: "\(directory.path)/\(file.path)"))
            try handle.seekToEnd()
            try handle.write(contentsOf: Data("{\"time\":\"20".utf8))
            try handle.close()
        }
        writer(directory.path).flush([], omitted: Omissions(), now: now + 2 * hour)
        #expect(try strict(directory.path, RecordPath.version4Container).count == 2)
        #expect(try strict(directory.path, RecordPath.version2Container).count == 2)
    }

    @Test("LOG-1 every hour has its own file")
    func rotation() throws {
        let directory = TemporaryDirectory()
        let writer = writer(directory.path, formats: [.nsgVersion2])
        for step in 0..<3 { writer.flush(session(1), omitted: Omissions(), now: now + UInt64(step) * hour) }
        let files = LogTree.files(in: directory.path, containers: [RecordPath.version2Container])
        #expect(files.map(\.hour) == [2_023_111_422, 2_023_111_423, 2_023_111_500])
        #expect(try strict(directory.path, RecordPath.version2Container).count == 6)
    }

    @Test("LOG-4 MET-1 a file that another process has locked: nothing is lost, the lag grows, a problem after 10 s")
    func locked() throws {
        let directory = TemporaryDirectory()
        let writer = writer(directory.path, formats: [.virtualNetworkVersion4])
        writer.flush(session(1), omitted: Omissions(), now: now)
        let file = "\(directory.path)/\(try #require(LogTree.files(in: directory.path).first).path)"
        let other = open(file, O_RDWR | O_CLOEXEC)
        #expect(flock(other, LOCK_EX | LOCK_NB) == 0)
        writer.flush(session(2), omitted: Omissions(), now: now)
        #expect(writer.state.problem == nil)
        #expect(writer.state.lagSeconds(now: now + 3_500_000_000) == 3.5)
        writer.flush(session(3), omitted: Omissions(), now: now + 11_000_000_000)
        #expect(writer.state.problem?.contains("another process holds its lock") == true)
        // A process that another test is just starting may have a copy of the descriptor: closing ours would not unlock the file.
        flock(other, LOCK_UN)
        close(other)
        writer.flush([], omitted: Omissions(), now: now + 12_000_000_000)
        #expect(writer.state.problem == nil && writer.state.lagSeconds(now: now + 20_000_000_000) == 0)
        let ports = try strict(directory.path, RecordPath.version4Container).map { $0.fields[3] }
        #expect(Set(ports) == ["1", "2", "3"])
    }

    @Test("a directory disappears: the writer reports it, keeps entries up to a limit, and continues when it is back")
    func vanished() throws {
        let directory = TemporaryDirectory()
        let path = directory.path + "/log"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        let writer = writer(path, formats: [.virtualNetworkVersion4], pendingLimit: 4000)
        writer.flush(session(1), omitted: Omissions(), now: now)
        try FileManager.default.removeItem(atPath: path)
        for port in 2..<20 { writer.flush(session(UInt16(port)), omitted: Omissions(), now: now) }
        let problem = try #require(writer.state.problem)
        #expect(problem.contains(path) && problem.contains("create the directory again"))
        #expect(writer.state.omitted.entries > 0)
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        writer.flush([], omitted: Omissions(), now: now)
        #expect(writer.state.problem == nil)
        writer.flush(session(30), omitted: Omissions(), now: now)
        let ports = try strict(path, RecordPath.version4Container).map { $0.fields[3] }
        #expect(ports.first == "2" && ports.last == "30")
        let lines = try content(path, RecordPath.sessionContainer)
        #expect(lines.contains { String(decoding: $0, as: UTF8.self).contains("\"kind\":\"omitted\"") })
    }

    @Test("LOG-3 omissions are a line of the log")
    func omissionLine() throws {
        let directory = TemporaryDirectory()
        writer(directory.path).flush([], omitted: Omissions(denies: 900, events: 2), now: now)
        let line = try #require(try content(directory.path, RecordPath.sessionContainer).first)
        let object = try #require(try JSONSerialization.jsonObject(with: line) as? [String: Any])
        #expect(object["denies"] as? Int == 900 && object["events"] as? Int == 2)
    }

    @Test(
        "retention: by age first, then the oldest until the remaining files are small enough; never files of the current hour"
    )
    func retention() {
        func file(_ hoursAgo: UInt64, _ bytes: UInt64) -> LogTree.File {
            LogTree.File(
                path: "\(hoursAgo)", bytes: bytes, hour: RecordPath.hourNumber(time: now - hoursAgo * hour))
        }
        let files = [file(30, 10), file(25, 10), file(24, 10), file(2, 10), file(1, 10), file(0, 1000)]
        func expired(_ hours: UInt64, _ bytes: UInt64) -> [String] {
            Retention.expired(files, now: now, ageNanoseconds: hours * hour, maximumBytes: bytes).map(\.path)
        }
        #expect(expired(24, 10000) == ["30", "25"])
        #expect(expired(1000, 10000) == [])
        #expect(expired(1000, 1030) == ["30", "25"])
        #expect(expired(1000, 5) == ["30", "25", "24", "2", "1"])
    }

    @Test("retention removes files and their empty folders, and nothing else")
    func removal() throws {
        let directory = TemporaryDirectory()
        writer(directory.path).flush(session(1), omitted: Omissions(), now: now - 100 * hour)
        try Data().write(to: URL(filePath: directory.path + "/mine"))
        writer(directory.path, retention: hour).flush(session(2), omitted: Omissions(), now: now)
        #expect(Set(LogTree.files(in: directory.path).map(\.hour)) == [RecordPath.hourNumber(time: now)])
        #expect(FileManager.default.fileExists(atPath: directory.path + "/mine"))
    }

    @Test(
        "LOG-1 a group's rule is logged with its group, defaults as DefaultRule_; the firewall's own rules with the gateway's name as group"
    )
    func groupLabels() {
        var labels = RuleLabels(gateway: "edge") {
            [1: "all", 2: "web/ssh", 3: "web/defaultSecurityRules/DenyAllInBound", 4: "a/b"]
        }
        func label(_ rule: UInt16, _ groupRule: UInt16) -> [String] {
            var flow = entry(.begin, 0, "10.0.0.1", 1, "10.0.0.2", 2, rule: rule)
            flow.groupRule = groupRule
            let label = labels.label(flow, now: 0)
            return [label.group, label.text]
        }
        #expect(label(1, 2) == ["web", "UserRule_ssh"])
        #expect(label(3, 3) == ["web", "DefaultRule_DenyAllInBound"])
        #expect(label(1, 0) == ["edge", "UserRule_all"])
        #expect(label(4, 0) == ["edge", "UserRule_a/b"])
        #expect(label(0, 0) == ["edge", "DefaultRule_DenyAllOutBound"])
    }

    @Test("the names of rules are reloaded once after a new rule, not for every entry")
    func ruleNames() {
        var asked = 0
        var labels = RuleLabels(gateway: "g") {
            asked += 1
            return asked < 2 ? [1: "web"] : [1: "web", 2: "new"]
        }
        #expect(labels.name(1, now: 0) == "web")
        #expect(labels.name(2, now: 1) == nil)
        #expect(labels.name(2, now: 2_000_000_000) == "new")
        #expect(labels.name(1, now: 2_000_000_001) == "web" && asked == 2)
    }
}
