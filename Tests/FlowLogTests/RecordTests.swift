import FlowCore
import FlowLayout
import Testing

@testable import FlowLog

@Suite("Records of flow logs")
struct RecordTests {
    private func tuples(_ entries: [FlowEntry], version2: Bool) -> [String] {
        entries.map {
            var text = RecordBytes()
            version2 ? FlowTupleText.writeVersion2($0, to: &text) : FlowTupleText.writeVersion4($0, to: &text)
            return String(decoding: text.bytes, as: UTF8.self)
        }
    }

    @Test("LOG-1 version 2 tuples equal the documented ones, byte by byte")
    func version2Tuples() {
        let entries = [
            entry(.begin, second(1_542_110_377), "10.5.16.4", 59831, "13.67.143.118", 443),
            entry(
                .continuing, second(1_542_110_379), "10.5.16.4", 44931, "203.0.113.115", 443, (30, 16978, 24, 14008)),
            entry(.end, second(1_542_110_379), "10.5.16.4", 59932, "203.0.113.117", 443, (1, 66, 1, 66)),
            entry(
                .deny, second(1_542_110_402), "94.102.49.190", 28746, "10.5.16.4", 443, ipProtocol: IPProtocol.udp,
                inbound: true),
        ]
        #expect(
            tuples(entries, version2: true) == [
                "1542110377,10.5.16.4,13.67.143.118,59831,443,T,O,A,B,,,,",
                "1542110379,10.5.16.4,203.0.113.115,44931,443,T,O,A,C,30,16978,24,14008",
                "1542110379,10.5.16.4,203.0.113.117,59932,443,T,O,A,E,1,66,1,66",
                "1542110402,94.102.49.190,10.5.16.4,28746,443,U,I,D,B,,,,",
            ])
    }

    @Test("LOG-1 version 4 tuples equal the documented ones, byte by byte")
    func version4Tuples() {
        let entries = [
            entry(.begin, millisecond(1_663_146_003_599), "10.0.0.6", 23956, "52.239.184.180", 443),
            entry(
                .end, millisecond(1_663_146_003_606), "10.0.0.6", 23956, "52.239.184.180", 443, (3, 767, 2, 1580)),
            entry(.deny, millisecond(1_663_145_998_065), "101.33.218.153", 55188, "10.0.0.6", 22, inbound: true),
            entry(
                .continuing, millisecond(1_493_695_838_000), "185.170.185.105", 35370, "10.2.0.4", 23, inbound: true,
                (1021, 588_096, 8005, 4_610_880)),
            entry(.begin, millisecond(1), "2001:db8::1", 7, "2001:db8::2", 7, ipProtocol: 58),
        ]
        #expect(
            tuples(entries, version2: false) == [
                "1663146003599,10.0.0.6,52.239.184.180,23956,443,6,O,B,NX,0,0,0,0",
                "1663146003606,10.0.0.6,52.239.184.180,23956,443,6,O,E,NX,3,767,2,1580",
                "1663145998065,101.33.218.153,10.0.0.6,55188,22,6,I,D,NX,0,0,0,0",
                "1493695838000,185.170.185.105,10.2.0.4,35370,23,6,I,C,NX,1021,588096,8005,4610880",
                "1,2001:db8::1,2001:db8::2,7,7,58,O,B,NX,0,0,0,0",
            ])
    }

    @Test("LOG-1 a version 2 record has the documented members, in their order")
    func version2Record() {
        var group = RecordGroup(macAddress: "000D3AF87856")
        let web = RuleLabel.user("web", group: "edge-1")
        group.add(entry(.begin, second(10), "10.5.16.4", 1, "192.0.2.1", 443), rule: web)
        group.add(
            entry(.deny, second(11), "192.0.2.9", 2, "10.5.16.4", 22, inbound: true),
            rule: .denyAll(isInbound: true, group: "edge-1"))
        group.add(entry(.end, second(12), "10.5.16.4", 1, "192.0.2.1", 443, (1, 66, 1, 66)), rule: web)
        let text = FlowRecordText.version2(
            time: 1_542_110_435_389_926_200, names: names, group: "edge-1", group)
        #expect(
            String(decoding: text, as: UTF8.self)
                == #"{"time":"2018-11-13T12:00:35.3899262Z","systemId":"\#(names.systemIdentifier)","macAddress":"000D3AF87856","#
                + #""category":"NetworkSecurityGroupFlowEvent","resourceId":"/SUBSCRIPTIONS/00000000-1111-2222-3333-AAAABBBBCCCC/RESOURCEGROUPS/RG/"#
                + #"PROVIDERS/MICROSOFT.NETWORK/NETWORKSECURITYGROUPS/EDGE-1","operationName":"NetworkSecurityGroupFlowEvents","#
                + #""properties":{"Version":2,"flows":[{"rule":"UserRule_web","flows":[{"mac":"000D3AF87856","flowTuples":["#
                + #""10,10.5.16.4,192.0.2.1,1,443,T,O,A,B,,,,","12,10.5.16.4,192.0.2.1,1,443,T,O,A,E,1,66,1,66"]}]},"#
                + #"{"rule":"DefaultRule_DenyAllInBound","flows":[{"mac":"000D3AF87856","flowTuples":["11,192.0.2.9,10.5.16.4,2,22,T,I,D,B,,,,"]}]}]}}"#
        )
    }

    @Test(
        "LOG-1 a group's exported resource id is in records and paths, in upper case; other groups get one made from their name"
    )
    func exportedResource() {
        let exported = ResourceNames(
            gateway: names.gateway, settings: names.settings,
            groupResources: [
                "web": "/subscriptions/7/resourceGroups/other/providers/Microsoft.Network/networkSecurityGroups/web"
            ])
        let resource = "/SUBSCRIPTIONS/7/RESOURCEGROUPS/OTHER/PROVIDERS/MICROSOFT.NETWORK/NETWORKSECURITYGROUPS/WEB"
        #expect(exported.groupResource("web") == resource)
        #expect(exported.groupIdentifier("web") != names.groupIdentifier("web"))
        #expect(exported.groupResource("db") == names.groupResource("db"))
        #expect(
            RecordPath.version2(time: 0, names: exported, group: "web", macAddress: "0").hasPrefix(
                "insights-logs-networksecuritygroupflowevent/resourceId=\(resource)/y=1970/"))
        let record = FlowRecordText.version2(time: 0, names: exported, group: "web", RecordGroup(macAddress: "0"))
        #expect(String(decoding: record, as: UTF8.self).contains(#""resourceId":"\#(resource)""#))
    }

    @Test("LOG-1 a version 4 record has the documented members, in their order")
    func version4Record() {
        var group = RecordGroup(macAddress: "00224871C205")
        group.add(
            entry(.deny, second(11), "10.0.0.6", 2, "192.0.2.9", 22), rule: .denyAll(isInbound: false, group: "edge-1"))
        let text = FlowRecordText.version4(time: 1_663_146_000_000_000_000, names: names, group)
        #expect(
            String(decoding: text, as: UTF8.self)
                == #"{"time":"2022-09-14T09:00:00.0000000Z","flowLogVersion":4,"flowLogGUID":"\#(names.systemIdentifier)","macAddress":"00224871C205","#
                + #""category":"FlowLogFlowEvent","flowLogResourceID":"/SUBSCRIPTIONS/00000000-1111-2222-3333-AAAABBBBCCCC/RESOURCEGROUPS/NETWORKWATCHERRG/"#
                + #"PROVIDERS/MICROSOFT.NETWORK/NETWORKWATCHERS/NETWORKWATCHER_EASTUS/FLOWLOGS/EDGE-1","#
                + #""targetResourceID":"/SUBSCRIPTIONS/00000000-1111-2222-3333-AAAABBBBCCCC/RESOURCEGROUPS/RG/PROVIDERS/MICROSOFT.NETWORK/VIRTUALNETWORKS/EDGE-1","#
                + #""operationName":"FlowLogFlowEvent","flowRecords":{"flows":[{"aclID":"\#(names.groupIdentifier("edge-1"))","flowGroups":["#
                + #"{"rule":"DefaultRule_DenyAllOutBound","flowTuples":["11000,10.0.0.6,192.0.2.9,2,22,6,O,D,NX,0,0,0,0"]}]}]}}"#
        )
    }

    @Test("LOG-1 paths equal the documented ones")
    func paths() {
        let time: UInt64 = 1_542_110_435_389_926_200
        #expect(
            RecordPath.version2(time: time, names: names, group: "web-nsg", macAddress: "000D3AF87856")
                == "insights-logs-networksecuritygroupflowevent/resourceId=/SUBSCRIPTIONS/00000000-1111-2222-3333-AAAABBBBCCCC/RESOURCEGROUPS/RG/PROVIDERS/MICROSOFT.NETWORK/NETWORKSECURITYGROUPS/WEB-NSG/y=2018/m=11/d=13/h=12/m=00/macAddress=000D3AF87856/PT1H.json"
        )
        #expect(
            RecordPath.version4(time: time, names: names, macAddress: "000D3AF87856")
                == "insights-logs-flowlogflowevent/flowLogResourceID=/SUBSCRIPTIONS/00000000-1111-2222-3333-AAAABBBBCCCC/RESOURCEGROUPS/NETWORKWATCHERRG/PROVIDERS/MICROSOFT.NETWORK/NETWORKWATCHERS/NETWORKWATCHER_EASTUS/FLOWLOGS/EDGE-1/y=2018/m=11/d=13/h=12/m=00/macAddress=000D3AF87856/PT1H.json"
        )
        #expect(RecordPath.hourNumber("a/y=2018/m=11/d=13/h=12/m=00/macAddress=0/PT1H.json") == 2_018_111_312)
        #expect(RecordPath.hourNumber(time: time) == 2_018_111_312)
    }

    @Test("LOG-1 the documented arithmetic: counts are deltas, and a flow's tuples add up to it")
    func arithmetic() throws {
        let texts = [
            "1493763938,185.170.185.105,10.2.0.4,35370,23,6,I,B,NX,,,,",
            "1493695838,185.170.185.105,10.2.0.4,35370,23,6,I,C,NX,1021,588096,8005,4610880",
            "1493696138,185.170.185.105,10.2.0.4,35370,23,6,I,E,NX,52,29952,47,27072",
        ]
        var sums = FlowLogSums()
        for text in texts {
            let tuple = try #require(FlowTuple(version4: text))
            sums.add(.init(format: 4, macAddress: "", rule: "UserRule_x", tuple: tuple))
        }
        #expect(sums.total == .init(begun: 1, ended: 1, denied: 0, packets: 9125, bytes: 5_256_000))
    }

    @Test("calendar dates: leap days, ends of years and months")
    func calendar() {
        let cases: [(UInt64, String)] = [
            (0, "1970-01-01T00:00:00.0000000Z"), (951_782_399, "2000-02-28T23:59:59.0000000Z"),
            (951_782_400, "2000-02-29T00:00:00.0000000Z"), (951_868_800, "2000-03-01T00:00:00.0000000Z"),
            (1_735_689_599, "2024-12-31T23:59:59.0000000Z"), (4_107_542_400, "2100-03-01T00:00:00.0000000Z"),
        ]
        for (seconds, text) in cases { #expect(WallTime(nanoseconds: second(seconds)).text == text) }
    }

    @Test("names with quotes, control characters and any length stay JSON")
    func escaping() {
        var text = RecordBytes()
        text.quoted("a\"b\\c\u{1}ä")
        #expect(String(decoding: text.bytes, as: UTF8.self) == #""a\"b\\c\u0001ä""#)
        #expect(RuleLabel.user(String(repeating: "x", count: 80), group: "g").text.count == 9 + 65)
    }
}
