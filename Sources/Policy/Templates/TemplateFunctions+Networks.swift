extension TemplateFunctions {
    /// `parseCidr`, `cidrSubnet` and `cidrHost`.
    static func networks(_ call: TemplateCall) throws(Mistake) -> Document.Value? {
        switch call.function {
        case "parsecidr": return try parsed(try network(call), call)
        case "cidrsubnet":
            let network = try network(call)
            let (length, index) = (try call.number(1), try call.number(2))
            guard (network.length...network.family.bits).contains(length) else {
                throw .init(message: "calls cidrSubnet() for /\(length) within \(network)")
            }
            let size: UInt128 = length == 0 ? 0 : 1 << UInt128(network.family.bits - length)
            let first = try offset(network, by: index, of: size, call)
            return .text("\(AddressPrefix(NetworkAddress(family: network.family, value: first), length: length))")
        case "cidrhost":
            let network = try network(call)
            // The first address is the network address, except in prefixes that are too small to have one.
            let hosts = network.family.bits - network.length
            let value = try offset(network, by: (try call.number(1)) + (hosts > 1 ? 1 : 0), of: 1, call)
            return .text("\(NetworkAddress(family: network.family, value: value))")
        default: return nil
        }
    }

    private static func network(_ call: TemplateCall) throws(Mistake) -> AddressPrefix {
        let text = try call.text(0)
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let address = NetworkAddress(String(parts[0])), let length = Int(parts[1]),
            (0...address.family.bits).contains(length)
        else {
            throw .init(message: "calls \(call.name)() with \"\(text)\", which is not a prefix such as 10.1.0.0/16")
        }
        return AddressPrefix(address, length: length)
    }

    private static func offset(
        _ network: AddressPrefix, by index: Int, of size: UInt128, _ call: TemplateCall
    ) throws(Mistake) -> UInt128 {
        let room = network.last.value - network.first.value
        guard index >= 0, size > 0 || index == 0, index == 0 || UInt128(index) <= room / size else {
            throw .init(message: "calls \(call.name)() for number \(index) of \(network), which has fewer")
        }
        return network.first.value + UInt128(index) * size
    }

    private static func parsed(_ network: AddressPrefix, _ call: TemplateCall) throws(Mistake) -> Document.Value {
        let family = network.family
        func text(_ value: UInt128) -> Document.Value { .text("\(NetworkAddress(family: family, value: value))") }
        let (first, last) = (network.first.value, network.last.value)
        let hasEnds = family == .ipv4 && family.bits - network.length > 1
        var members: [Document.Member] = [
            .init("network", text(first)), .init("netmask", text(family.maximum ^ (last - first))),
        ]
        if family == .ipv4 { members.append(.init("broadcast", text(last))) }
        members += [
            .init("firstUsable", text(hasEnds ? first + 1 : first)),
            .init("lastUsable", text(hasEnds ? last - 1 : last)),
            .init("cidr", .number("\(network.length)")),
        ]
        return .mapping(members)
    }
}
