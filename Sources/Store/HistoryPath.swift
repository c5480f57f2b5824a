/// The paths of histories.
package enum HistoryPath {
    /// The default of `stateDirectory`.
    package static let standardDirectory = "/var/lib/sluice"

    /// - Parameter gateway: its name as a folder name, as in the run directory.
    package static func of(gateway: String, in stateDirectory: String = standardDirectory) -> String {
        "\(folder(gateway: gateway, in: stateDirectory))/history.db"
    }

    /// A gateway's own directory.
    package static func folder(gateway: String, in stateDirectory: String) -> String { "\(stateDirectory)/\(gateway)" }
}
