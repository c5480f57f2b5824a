import Glibc

/// Whether the kernel forwards between interfaces of the caller's network namespace.
///
/// If IPv6 forwarding is switched on, the kernel ignores router advertisements where `accept_ra` is 1, as on any
/// router.
package struct Forwarding: Equatable, Sendable, Codable {
    package var version4: Bool
    /// nil: the kernel has no IPv6.
    package var version6: Bool?

    private static let file4 = "/proc/sys/net/ipv4/ip_forward"
    private static let file6 = "/proc/sys/net/ipv6/conf/all/forwarding"

    /// The current state.
    package static func current() -> Forwarding {
        Forwarding(version4: isOn(file4) ?? false, version6: isOn(file6))
    }

    /// Switches both on. Returns the previous state, for ``restore()``.
    package static func enable() throws(KernelError) -> Forwarding {
        let before = current()
        try set(file4, to: true)
        if before.version6 != nil { try set(file6, to: true) }
        return before
    }

    /// Restores this state.
    package func restore() throws(KernelError) {
        try Self.set(Self.file4, to: version4)
        if let version6 { try Self.set(Self.file6, to: version6) }
    }

    private static func isOn(_ file: String) -> Bool? {
        TextFile.read(file).map { $0.first != "0" }
    }

    private static func set(_ file: String, to isOn: Bool) throws(KernelError) {
        // A write, even of the same value, resets other settings of the interfaces.
        if Self.isOn(file) != isOn { try TextFile.write(isOn ? "1" : "0", to: file) }
    }
}
