import FlowCore
import FlowLayout

@testable import Inspection
@testable import Kernel

enum MetricsFixtures {
    /// A gateway with a value for every metric.
    static func reading(instances: Int = 2) -> GatewayReading {
        let memory = UnsafeMutablePointer<sluice_tallies>.allocate(capacity: Int(SLUICE_MAX_INSTANCES))
        defer { memory.deallocate() }
        memory.initialize(repeating: sluice_tallies(), count: Int(SLUICE_MAX_INSTANCES))
        sluice_tally_ended(memory + 1, 0, UInt32(EndReason.idleReset.rawValue)).pointee = 4
        sluice_tally_ended(memory + 7, 0, UInt32(EndReason.idleReset.rawValue)).pointee = 2
        sluice_duration_buckets(sluice_tally_lived(memory + 1, 0))[3] = 5
        sluice_duration_buckets(sluice_tally_lived(memory + 1, 0))[9] = 1
        sluice_tally_resets(memory + 1, UInt32(EndReason.drain.rawValue), 1).pointee = 9
        sluice_tally_sessions(memory + 1)[Int(SessionState.established.rawValue)] = 3
        // Of an instance that is gone. Its slabs belong to other instances now.
        sluice_tally_sessions(memory + 60)[Int(SessionState.established.rawValue)] = 1000
        var reading = GatewayReading(tallies: SessionTallies(memory))
        reading.counters = Fixture.counters
        reading.counters[Int(SLUICE_DROPPED_BYTES) + Int(DropReason.denied.rawValue)] = 300
        reading.instances = (1...instances).map {
            .init(
                identifier: UInt16($0), state: "serving", sessions: $0 == 1 ? 3 : 0, heartbeatAgeSeconds: 0.25,
                drainRemainingSeconds: $0 == 2 ? 12.5 : nil)
        }
        reading.processes = ["controller", "api"].map {
            ($0, ProcessUsage(cpuSeconds: 12.5, residentBytes: 50_000_000, startedSeconds: 1_700_000_000))
        }
        reading.capacity = 1000
        reading.kernel = "6.1.0"
        reading.profile = "azure"
        return reading
    }
}
