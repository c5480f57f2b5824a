/// A named set of interfaces.
package struct Zone: Hashable, Sendable {
    package var name: String
    package var interfaces: [String]

    package init(name: String, interfaces: [String]) {
        self.name = name
        self.interfaces = interfaces
    }
}
