/// Why a machine refuses namespaces to a user, with the switch that does it (RELAY-4).
package struct NamespaceRefusal: Sendable {
    /// What was read from the machine; nil: the file is not there.
    package struct Readings: Sendable {
        /// /proc/sys/user/max_user_namespaces
        package var maxUserNamespaces: String?
        /// /proc/sys/kernel/unprivileged_userns_clone
        package var unprivilegedClone: String?
        /// /proc/sys/kernel/apparmor_restrict_unprivileged_userns
        package var appArmorRestricts: String?
        /// The line `Seccomp:` of /proc/self/status.
        package var seccomp: String?
        /// Programs that are missing, of those that the bed needs.
        package var missingPrograms: [String] = []

        package init(
            maxUserNamespaces: String? = nil, unprivilegedClone: String? = nil, appArmorRestricts: String? = nil,
            seccomp: String? = nil, missingPrograms: [String] = []
        ) {
            self.maxUserNamespaces = maxUserNamespaces
            self.unprivilegedClone = unprivilegedClone
            self.appArmorRestricts = appArmorRestricts
            self.seccomp = seccomp
            self.missingPrograms = missingPrograms
        }
    }

    /// The Debian packages of the programs that the bed needs.
    package static let programs = [
        "unshare": "util-linux", "nsenter": "util-linux", "ip": "iproute2", "nft": "nftables",
    ]

    /// One sentence with a remedy. The first reason that is found, from the surest to the least.
    package static func text(_ readings: Readings) -> String {
        if !readings.missingPrograms.isEmpty {
            let packages = Set(readings.missingPrograms.compactMap { programs[$0] }).sorted().joined(separator: " ")
            return
                "'\(readings.missingPrograms.joined(separator: "', '"))' missing: run 'apt-get install \(packages)' as root"
        }
        if readings.maxUserNamespaces == "0" {
            return "user namespaces are off: run 'sysctl -w user.max_user_namespaces=15000' as root"
        }
        if readings.unprivilegedClone == "0" {
            return
                "this kernel gives user namespaces to root only: run 'sysctl -w kernel.unprivileged_userns_clone=1' as root"
        }
        if readings.appArmorRestricts == "1" {
            return "AppArmor restricts user namespaces (Ubuntu does since 23.10): run "
                + "'sysctl -w kernel.apparmor_restrict_unprivileged_userns=0' as root, or give sluice-relay a profile that allows 'userns'"
        }
        if readings.seccomp == "2" {
            return "a seccomp filter refuses namespaces, as Docker's default one does: start the container with "
                + "'--security-opt seccomp=unconfined', or use the relay without --namespaces"
        }
        return "this machine refuses namespaces to this user: use the relay without --namespaces, or run it as root"
    }
}
