/// A named set of interfaces.
package struct Zone: Hashable, Sendable {
    package var name: String
    package var interfaces: [String]
    /// The name of its network security group; nil: no group restricts its traffic.
    package var networkSecurityGroup: String?

    package init(name: String, interfaces: [String], networkSecurityGroup: String? = nil) {
        self.name = name
        self.interfaces = interfaces
        self.networkSecurityGroup = networkSecurityGroup
    }
}
