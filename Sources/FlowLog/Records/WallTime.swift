/// A moment as a UTC date and time. Pure: records and paths need no clock and no locale.
package struct WallTime: Equatable, Sendable {
    package let year: Int
    package let month: Int
    package let day: Int
    package let hour: Int
    package let minute: Int
    package let second: Int
    /// Nanoseconds within the second.
    package let nanosecond: Int

    /// - Parameter nanoseconds: since 1970.
    package init(nanoseconds: UInt64) {
        let seconds = nanoseconds / 1_000_000_000
        nanosecond = Int(nanoseconds % 1_000_000_000)
        let ofDay = Int(seconds % 86_400)
        (hour, minute, second) = (ofDay / 3600, ofDay / 60 % 60, ofDay % 60)
        // Days of the proleptic Gregorian calendar. Years begin in March here, so that a leap day is the last day of a
        // year.
        let days = Int(seconds / 86_400) + 719_468
        let era = days / 146_097
        let ofEra = days % 146_097
        let yearOfEra = (ofEra - ofEra / 1460 + ofEra / 36_524 - ofEra / 146_096) / 365
        let ofYear = ofEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (5 * ofYear + 2) / 153
        day = ofYear - (153 * shifted + 2) / 5 + 1
        month = shifted < 10 ? shifted + 3 : shifted - 9
        year = era * 400 + yearOfEra + (month <= 2 ? 1 : 0)
    }

    /// `2018-11-13T12:00:35.3899262Z`: seven decimals, as in the documented records.
    package var text: String {
        "\(Self.padded(year, 4))-\(Self.padded(month, 2))-\(Self.padded(day, 2))T\(Self.padded(hour, 2)):"
            + "\(Self.padded(minute, 2)):\(Self.padded(second, 2)).\(Self.padded(nanosecond / 100, 7))Z"
    }

    /// `y=2018/m=11/d=13/h=12/m=00`: the documented folders of an hour.
    package var hourPath: String {
        "y=\(Self.padded(year, 4))/m=\(Self.padded(month, 2))/d=\(Self.padded(day, 2))/h=\(Self.padded(hour, 2))/m=00"
    }

    private static func padded(_ number: Int, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
    }
}
