import FlowCore
import FlowLayout
import Kernel
import Policy

/// Policies for the benches.
enum TestPolicy {
    /// Allows all traffic.
    static let everything = policy(
        """
          - { name: all, priority: 100, access: Allow, protocol: "*", source: ["*"], destination: ["*"] }
        """)

    /// Allows some protocols. Telnet is denied, and DNS has its own treatment.
    static let mixed = policy(
        """
          - { name: no-telnet, priority: 100, access: Deny, protocol: Tcp, source: ["*"], destination: ["*"], destinationPorts: [23] }
          - { name: web, priority: 110, access: Allow, protocol: Tcp, source: [10.0.0.0/8, "fd00::/8"], destination: ["*"], destinationPorts: [80, 443] }
          - { name: back, priority: 120, access: Allow, protocol: Tcp, source: [203.0.113.1], destination: ["*"], destinationPorts: [40000-40002] }
          - { name: dns, priority: 130, access: Allow, protocol: Udp, source: ["*"], destination: ["*"], destinationPorts: [53], idleTimeout: 30s }
          - { name: ping, priority: 140, access: Allow, protocol: Icmp, source: ["*"], destination: ["*"] }
          - { name: esp, priority: 150, access: Allow, protocol: Esp, source: ["*"], destination: ["*"] }
        """)

    /// Allows pings from one host only.
    static let pingsOut = policy(
        """
          - { name: ping, priority: 100, access: Allow, protocol: Icmp, source: [10.1.0.10, "fd00:1::10"], destination: ["*"] }
        """)

    private static func policy(_ rules: String) -> String {
        """
        gateway: bench
        zones:
          - { name: inside, interfaces: [eth1] }
          - { name: outside, interfaces: [eth0] }
        rules:
        \(rules)
        hostRules:
          - { name: host-ssh, priority: 100, access: Allow, protocol: Tcp, source: [10.0.0.0/8], destinationPorts: [80] }
        """
    }

    static func image(_ text: String) throws -> PolicyImage {
        var identities = RuleIdentities()
        let configuration = try Configuration.parse(text, file: "test.yaml")
        var treatments = TreatmentTable(timeouts: configuration.timeouts)
        return try PolicyImage(compiling: configuration, identities: &identities, treatments: &treatments)
    }
}

extension KernelBench {
    func allow(_ policy: String) throws {
        try TestPolicy.image(policy).write(to: datapath.policyMemory(0))
        datapath.table.runtime.pointee.activePolicy = 0
    }
}
