/// Fails closed (BAD-5): lets nothing cross between a zone interface and any other, but what the datapath has allowed.
///
/// What the datapath forwards by itself never meets this; what it leaves to the kernel's own forwarding carries
/// `SLUICE_ALLOWED_STAMP` in its link header, where no rule of others looks or writes. So where the datapath is not attached, or not yet, nothing passes. It is a table of nftables of the
/// caller's network namespace, and stays when every process of sluice has gone.
package enum Guard {
    /// Installs it for these zone interfaces, in one step: a packet meets the old guard or the new one.
    package static func install(gateway: String, interfaces: [String]) throws(KernelError) {
        try GatewayName.check(gateway)
        try run(["-f", "-"], input: try GuardRules.text(table: GatewayName.table(gateway), interfaces: interfaces))
    }

    /// Removes it; that there is none is no error.
    package static func remove(gateway: String) throws(KernelError) {
        let table = GatewayName.table(gateway)
        try run(["-f", "-"], input: "add table inet \(table)\ndelete table inet \(table)\n")
    }

    /// Whether it is there, unaltered, for exactly these zone interfaces. Others may flush nftables' rules: ask from time
    /// to time.
    package static func isInstalled(gateway: String, interfaces: [String]) -> Bool {
        guard let listing = try? listing(gateway: gateway) else { return false }
        return GuardRules.isListed(in: listing, interfaces: interfaces)
    }

    /// Puts it in place for exactly these zone interfaces, where it is not there unaltered. Takes as long as two runs of nft, each
    /// bounded by ``Command/patienceSeconds``.
    package static func ensure(gateway: String, interfaces: [String]) throws(KernelError) {
        if let listing = try listing(gateway: gateway), GuardRules.isListed(in: listing, interfaces: interfaces) {
            return
        }
        try install(gateway: gateway, interfaces: interfaces)
    }

    /// Whether there is any, for whatever interfaces.
    package static func isInstalled(gateway: String) -> Bool { (try? listing(gateway: gateway)) != nil }

    /// - Returns: nil where there is none.
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
