package import Kernel
package import Policy
package import Store

/// Why a gateway can't be inspected: which one, what is wrong, what to run next.
package enum InspectionError: Error, CustomStringConvertible {
    /// There is no gateway, or none of this name.
    case noGateway(name: String?, known: [String])
    /// There are several gateways, and no name was given.
    case ambiguous([String])
    /// The user may not see the gateways of this machine.
    case notPermitted
    /// The kernel's maps can't be read.
    case kernel(KernelError)
    /// A file of the gateway's run directory can't be read.
    case file(path: String, reason: String)
    /// The copy of the active configuration can't be read.
    case configuration(ConfigurationErrors)
    /// A history can't be read.
    case history(HistoryError)
    /// No gateway runs, and there is no history.
    case noHistory(directory: String)
    /// No gateway runs, and there are several histories.
    case manyHistories([String], directory: String)

    package var description: String {
        switch self {
        case .noGateway(let name?, let known) where !known.isEmpty:
            "no gateway \(name) runs on this machine; these gateways run: \(known.joined(separator: ", "))\n"
                + "next: sluice status --gateway \(DidYouMean.nearest(to: name, among: known) ?? known[0])"
        case .noGateway(let name?, _):
            "no gateway \(name) runs on this machine\nnext: sluice run --config FILE"
        case .noGateway(nil, _):
            "no gateway runs on this machine\nnext: sluice run --config FILE"
        case .ambiguous(let names):
            "several gateways run on this machine: \(names.joined(separator: ", "))\n"
                + "next: name one with --gateway, as in --gateway \(names[0])"
        case .notPermitted: "only root may inspect the gateways of this machine\nnext: run it as root, with sudo"
        case .kernel(let error): "\(error)"
        case .file(let path, let reason):
            "\(path): \(reason)\nnext: restart the gateway's controller, which writes it: sluice run --config FILE"
        case .configuration(let errors): errors.description
        case .history(let error): "\(error)\nnext: sluice event list --gateway NAME --state-directory DIRECTORY"
        case .noHistory(let directory):
            "no gateway runs on this machine, and none has left a history in \(directory)\n"
                + "next: sluice event list --state-directory DIRECTORY, if it has another 'stateDirectory'"
        case .manyHistories(let names, let directory):
            "no gateway runs on this machine, and several have left a history in \(directory): "
                + "\(names.joined(separator: ", "))\nnext: sluice event list --gateway \(names.first ?? "NAME")"
        }
    }
}
