/// Where histories are.
package enum HistoryPath {
    /// Where all gateways have theirs, unless `stateDirectory` says otherwise.
    package static let standardDirectory = "/var/lib/sluice"

    /// - Parameter gateway: its name, as the name of a folder (as the run directory has it).
    package static func of(gateway: String, in stateDirectory: String = standardDirectory) -> String {
        "\(folder(gateway: gateway, in: stateDirectory))/history.db"
    }

    /// A gateway's own directory.
    package static func folder(gateway: String, in stateDirectory: String) -> String { "\(stateDirectory)/\(gateway)" }
}
