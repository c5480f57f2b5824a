import FlowCore
import FlowLayout
import Foundation
import Testing

@testable import Policy

@Suite("Numbers that sessions store")
struct IdentityTests {
    @Test("SESS-10 a rule keeps its identity across reloads and restarts, and a new rule gets a new one")
    func identities() throws {
        var identities = RuleIdentities()
        try identities.assign(["a", "b"])
        try identities.assign(["c", "b"])
        identities = try JSONDecoder().decode(RuleIdentities.self, from: JSONEncoder().encode(identities))
        try identities.assign(["a", "d"])
        #expect(["a", "b", "c", "d"].map(identities.identity) == [1, 2, 3, 4])
        #expect(identities.name(of: 3) == "c" && identities.names[4] == "d" && identities.name(of: 0) == nil)
    }

    @Test("SESS-10 identities are reused only when all were assigned and no session uses them")
    func reuse() throws {
        var identities = RuleIdentities()
        try identities.assign((1...65535).map { "r\($0)" })
        let before = identities
        #expect(throws: PolicyError.identitiesExhausted(limit: 65535)) { try identities.assign(["new"]) }
        #expect(identities == before)
        try identities.assign(["r1", "new", "r3"], stillUsed: { [2] })
        #expect(identities.identity(of: "new") == 4)
        #expect(identities.identity(of: "r4") == nil && identities.identity(of: "r2") == 2)
    }

    @Test(
        "IDLE-5 treatments: the entries of classes follow the configuration, the entries of rules keep their meaning")
    func treatments() throws {
        var table = TreatmentTable(timeouts: Profile.azure.defaults)
        let long = Treatment(timeoutNanoseconds: 7_200_000_000_000, onIdle: .probe)
        let short = Treatment(timeoutNanoseconds: 10_000_000_000, onIdle: .silent)
        #expect(try table.intern([long]) == [long: 8])
        #expect(try table.intern([short, long, short]) == [short: 16, long: 8])
        #expect(table[TreatmentIndex.northSouth] == Treatment(timeoutNanoseconds: 240_000_000_000, onIdle: .reset))
        #expect(table[TreatmentIndex.eastWest] == Treatment(timeoutNanoseconds: 300_000_000_000, onIdle: .silent))
        #expect(table[TreatmentIndex.icmp + 4] == table[TreatmentIndex.icmp])
        #expect(table[TreatmentIndex.icmp] == Treatment(timeoutNanoseconds: 30_000_000_000, onIdle: .silent))
        // IDLE-1: never early, at any position between two ticks.
        #expect(UInt64(short.timeoutTicks - 1) << Tick.shift >= 10_000_000_000)

        let memory = UnsafeMutablePointer<sluice_treatment>.allocate(capacity: Int(SLUICE_MAX_TREATMENTS))
        defer { memory.deallocate() }
        memory.initialize(repeating: sluice_treatment(), count: Int(SLUICE_MAX_TREATMENTS))
        table.write(to: memory)
        var taken = TreatmentTable(reading: memory)
        #expect(taken == table)
        let third = Treatment(timeoutNanoseconds: 20_000_000_000, onIdle: .silent)
        #expect(try taken.intern([third]) == [third: 24])
    }

    @Test("IDLE-5 a full table of treatments reuses entries that no session uses")
    func fullTable() throws {
        var table = TreatmentTable(timeouts: Profile.azure.defaults)
        let all = (1...511).map { Treatment(timeoutTicks: UInt32($0), onIdle: .reset) }
        #expect(try table.intern(all).count == 511)
        let new = [Treatment(timeoutTicks: 9001, onIdle: .reset), Treatment(timeoutTicks: 9002, onIdle: .reset)]
        #expect(throws: PolicyError.treatmentsExhausted(limit: 511)) { try table.intern(new) }
        // Sessions of any kind keep their group.
        let used = Set<UInt16>(8..<4088).subtracting(32..<40)
        let indices = try table.intern(new + [all[0]], stillUsed: { used })
        #expect(Set(indices.values) == [8, 32, 4088])
        #expect(table[32].map(new.contains) == true && table[39] == table[32])
        #expect(throws: PolicyError.treatmentsExhausted(limit: 511)) {
            try table.intern(
                [Treatment(timeoutTicks: 9003, onIdle: .reset)], stillUsed: { Set(stride(from: 11, to: 4096, by: 8)) })
        }
    }

    @Test("SESS-10 zones keep their numbers across reloads")
    func zones() {
        var zones = ZoneIdentities()
        zones.assign(["a", "b"])
        zones.assign(["b"])
        zones.assign(["c", "b", "a"])
        #expect(["a", "b", "c"].map(zones.identity) == [1, 2, 3])
        zones.assign((1...63).map { "z\($0)" })
        #expect(Set((1...63).compactMap { zones.identity(of: "z\($0)") }).count == 63)
        #expect(zones.identity(of: "a") == nil)
    }
}
