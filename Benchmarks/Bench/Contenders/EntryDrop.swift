import FoundationEssentials
import Lab

/// Drops the packets of an interface before anything else processes them: a classic BPF program at tc ingress.
enum EntryDrop {
    /// One instruction, which returns TC_ACT_SHOT.
    static let everything = "1,6 0 0 2"
    /// Only packets to the port of the benchmark's frames: TC_ACT_SHOT for them, TC_ACT_UNSPEC for others.
    static let frames = "4,40 0 0 36,21 0 1 \(Flow.servicePort),6 0 0 2,6 0 0 4294967295"

    static func install(
        _ lab: Lab, _ place: LabPlace, _ interface: String, program: String = everything
    ) async throws {
        try await remove(lab, place, interface)
        try await lab.execute(in: place, ["tc", "qdisc", "add", "dev", interface, "clsact"]).required()
        try await lab.execute(
            in: place, ["tc", "filter", "add", "dev", interface, "ingress", "bpf", "da", "bytecode", program]
        ).required()
    }

    /// Does nothing if there is none.
    static func remove(_ lab: Lab, _ place: LabPlace, _ interface: String) async throws {
        _ = try await lab.execute(in: place, ["tc", "qdisc", "del", "dev", interface, "clsact"])
    }

    private struct Discipline: Decodable {
        let kind: String
        let packets: Int?
    }

    /// The number of packets that it has seen.
    static func packets(_ lab: Lab, _ place: LabPlace, _ interface: String) async throws -> Int {
        let shown = try await lab.execute(in: place, ["tc", "-s", "-j", "qdisc", "show", "dev", interface]).required()
        let disciplines = try JSONDecoder().decode([Discipline].self, from: Data(shown.output.utf8))
        guard let packets = disciplines.first(where: { $0.kind == "clsact" })?.packets else {
            throw BenchError.answer(of: shown.command, was: shown.allOutput)
        }
        return packets
    }
}
