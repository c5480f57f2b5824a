import Yams

extension ConfigurationReader {
    /// `maintenance: { start: "22:00", length: 5h, timeZone: Europe/Berlin }`; nil if it is missing or wrong. Without
    /// it, maintenance may begin at any time.
    mutating func readMaintenance(_ section: Section) -> MaintenanceWindow? {
        guard let node = section["maintenance"],
            let keys = self.section(node, path: "maintenance", keys: ConfigurationReference.names(of: .maintenance))
        else { return nil }
        let start = readStart(keys)
        let length = readLength(keys)
        let zone = readTimeZone(keys)
        guard let start, let length, let zone else { return nil }
        return MaintenanceWindow(startMinute: start, length: length, timeZone: zone)
    }

    private mutating func readStart(_ keys: Section) -> Int? {
        guard let text = requiredText(keys, "start", example: "\"22:00\"") else { return nil }
        if let minute = MaintenanceWindow.minute(parsing: text) { return minute }
        // YAML 1.1 has numbers in base 60: another tool may have turned a bare 22:00 into 1320.
        report(
            keys["start"], "maintenance.start",
            "\"\(text)\" is not a time of day from 00:00 to 23:59: write for example \"22:00\"")
        return nil
    }

    private mutating func readLength(_ keys: Section) -> UInt64? {
        guard keys["length"] != nil else {
            reportMissing(keys, "length", example: "5h")
            return nil
        }
        guard let length = duration(keys, "length") else { return nil }
        guard MaintenanceWindow.lengths.contains(length) else {
            report(
                keys["length"], "maintenance.length",
                "\(DurationText.format(nanoseconds: length)) is outside the range: a window has 5h to 1d")
            return nil
        }
        return length
    }

    private mutating func readTimeZone(_ keys: Section) -> String? {
        guard let name = requiredText(keys, "timeZone", example: "Europe/Berlin") else { return nil }
        if TimeZoneDatabase.contains(name) { return name }
        let remedy =
            TimeZoneDatabase.contains("UTC")
            ? "write a name of the IANA database like Europe/Berlin or UTC: 'ls \(TimeZoneDatabase.path)' lists them"
            : "this machine has no time zone database: install the package tzdata"
        report(keys["timeZone"], "maintenance.timeZone", "\"\(name)\" is not a time zone known here: \(remedy)")
        return nil
    }
}
