/// The paths of an hour's files, below the log's directory, as documented for a storage account.
package enum RecordPath {
    /// The names of the containers.
    package static let version2Container = "insights-logs-networksecuritygroupflowevent"
    package static let version4Container = "insights-logs-flowlogflowevent"
    /// Our own log: one line for each session.
    package static let sessionContainer = "sluice-sessions"

    package static func version2(
        time: UInt64, names: ResourceNames, group: String, macAddress: String
    ) -> String {
        "\(version2Container)/resourceId=\(names.groupResource(group))/\(hour(time))/macAddress=\(macAddress)/PT1H.json"
    }

    package static func version4(time: UInt64, names: ResourceNames, macAddress: String) -> String {
        "\(version4Container)/flowLogResourceID=\(names.flowLogResource)/\(hour(time))/macAddress=\(macAddress)/PT1H.json"
    }

    package static func sessions(time: UInt64, gateway: String) -> String {
        "\(sessionContainer)/gateway=\(gateway)/\(hour(time))/PT1H.jsonl"
    }

    private static func hour(_ time: UInt64) -> String { WallTime(nanoseconds: time).hourPath }

    /// The hour in a path as one number that increases with time: year, month, day, hour; nil if the path has none.
    package static func hourNumber(_ path: String) -> UInt64? {
        var numbers: [UInt64] = []
        for part in path.split(separator: "/") {
            for prefix in ["y=", "m=", "d=", "h="] where part.hasPrefix(prefix) {
                guard let number = UInt64(part.dropFirst(2)) else { continue }
                numbers.append(number)
            }
        }
        guard numbers.count >= 4 else { return nil }
        return ((numbers[0] * 100 + numbers[1]) * 100 + numbers[2]) * 100 + numbers[3]
    }

    package static func hourNumber(time: UInt64) -> UInt64 {
        let time = WallTime(nanoseconds: time)
        return ((UInt64(time.year) * 100 + UInt64(time.month)) * 100 + UInt64(time.day)) * 100 + UInt64(time.hour)
    }
}
