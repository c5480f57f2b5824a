/// Fails closed (BAD-5): only packets that the datapath has allowed pass between a zone interface and any other
/// interface.
///
/// Packets that the datapath forwards itself never reach the guard. Packets that it passes to the kernel's own
/// forwarding have `SLUICE_ALLOWED_STAMP` in their link header, where no other rule reads or writes. So while the
/// datapath is not attached, nothing passes. The guard is an nftables table in the caller's network namespace, and
/// stays when every process of sluice has ended.
package enum Guard {
    /// Installs it for these zone interfaces, in one step: a packet is subject to either the old guard or the new one.
    package static func install(gateway: String, interfaces: [String]) throws(KernelError) {
        try GatewayName.check(gateway)
        try run(["-f", "-"], input: try GuardRules.text(table: GatewayName.table(gateway), interfaces: interfaces))
    }

    /// Removes it. It is not an error if there is none.
    package static func remove(gateway: String) throws(KernelError) {
        let table = GatewayName.table(gateway)
        try run(["-f", "-"], input: "add table inet \(table)\ndelete table inet \(table)\n")
    }

    /// Whether it is installed, unaltered, for exactly these zone interfaces. Other programs may flush the nftables
    /// rules: check from time to time.
    package static func isInstalled(gateway: String, interfaces: [String]) -> Bool {
        guard let listing = try? listing(gateway: gateway) else { return false }
        return GuardRules.isListed(in: listing, interfaces: interfaces)
    }

    /// Installs it for exactly these zone interfaces, unless it is there unaltered. Takes as long as two runs of nft,
    /// each limited by ``Command/patienceSeconds``.
    package static func ensure(gateway: String, interfaces: [String]) throws(KernelError) {
        if let listing = try listing(gateway: gateway), GuardRules.isListed(in: listing, interfaces: interfaces) {
            return
        }
        try install(gateway: gateway, interfaces: interfaces)
    }

    /// Whether there is a guard, for any interfaces.
    package static func isInstalled(gateway: String) -> Bool { (try? listing(gateway: gateway)) != nil }

    /// - Returns: nil if there is none.
    private static func listing(gateway: String) throws(KernelError) -> String? {
        let arguments = ["list", "table", "inet", GatewayName.table(gateway)]
        let outcome = try Command.run("nft", arguments, package: "nftables")
        return outcome.status == 0 ? outcome.output : nil
    }

    private static func run(_ arguments: [String], input: String) throws(KernelError) {
        let outcome = try Command.run("nft", arguments, input: input, package: "nftables")
        guard outcome.status == 0 else {
            throw .commandFailed(command: "nft", status: outcome.status, output: outcome.errorOutput)
        }
    }
}
