import Lab

/// What the frames need in a lab besides addresses: link addresses, permanent neighbour entries, and a route to the
/// sources of the many sessions.
struct LabLinks {
    let lab: Lab

    func prepare() async throws {
        try await lab.execute(
            in: .gateway, ["ip", "route", "add", Flow.sources, "via", LabZone.client.address]
        ).required()
    }

    func host(_ zone: LabZone) async throws -> BenchHost {
        BenchHost(
            place: NetworkPlace(name: lab.namespaceName(.zone(zone))), interface: LabZone.hostInterface,
            linkAddress: Self.bytes(try await linkAddress(.zone(zone), LabZone.hostInterface)),
            gatewayLinkAddress: Self.bytes(try await linkAddress(.gateway, zone.gatewayInterface)))
    }

    /// A host that drops everything would not answer ARP.
    func makeNeighboursPermanent(_ zones: [LabZone]) async throws {
        for zone in zones {
            let host = try await linkAddress(.zone(zone), LabZone.hostInterface)
            let gateway = try await linkAddress(.gateway, zone.gatewayInterface)
            for version in [IPVersion.four, .six] {
                try await makePermanent(
                    .gateway, zone.gatewayInterface, address: zone.address(version), link: host)
                try await makePermanent(
                    .zone(zone), LabZone.hostInterface, address: zone.gatewayAddress(version), link: gateway)
            }
        }
    }

    private func makePermanent(_ place: LabPlace, _ interface: String, address: String, link: String) async throws {
        try await lab.execute(
            in: place, ["ip", "neighbour", "replace", address, "lladdr", link, "dev", interface, "nud", "permanent"]
        ).required()
    }

    private func linkAddress(_ place: LabPlace, _ interface: String) async throws -> String {
        let shown = try await lab.execute(in: place, ["ip", "-o", "link", "show", "dev", interface]).required()
        let words = shown.output.split(separator: " ")
        guard let index = words.firstIndex(of: "link/ether"), index + 1 < words.count,
            Self.bytes(String(words[index + 1])).count == 6
        else { throw BenchError.answer(of: shown.command, was: shown.allOutput) }
        return String(words[index + 1])
    }

    private static func bytes(_ address: String) -> [UInt8] {
        address.split(separator: ":").compactMap { UInt8($0, radix: 16) }
    }
}
