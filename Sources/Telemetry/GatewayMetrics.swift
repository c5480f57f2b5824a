import FlowCore
import FlowLog
package import Inspection
import Kernel

/// A gateway's metrics (MET-1), with their help texts. No label contains an address.
package enum GatewayMetrics {
    package static func families(_ reading: GatewayReading) -> [MetricFamily] {
        sessions(reading) + packets(reading) + resets(reading) + fleet(reading) + controller(reading)
    }

    private static func sessions(_ reading: GatewayReading) -> [MetricFamily] {
        var live: [MetricFamily.Sample] = []
        var created: [MetricFamily.Sample] = []
        for kind in SessionKind.allCases {
            let labels = [("class", "\(kind.trafficClass)"), ("protocol", "\(kind.protocolGroup)")]
            for state in kind.protocolGroup == .tcp ? GatewayReading.liveStates : [.established] {
                live.append(
                    .init(labels: labels + [("state", "\(state)")], value: Double(reading.sessions(kind, state))))
            }
            created.append(.init(labels: labels, value: Double(reading.counter(Counter.begun(kind)))))
        }
        let ended = TrafficClass.allCases.flatMap { trafficClass in
            EndReason.allCases.filter { $0 != .none }.map { reason in
                MetricFamily.Sample(
                    labels: [("class", "\(trafficClass)"), ("reason", reason.name)],
                    value: Double(reading.tallies.ended[trafficClass]?[reason] ?? 0))
            }
        }
        let atRisk = TrafficClass.allCases.map { trafficClass in
            MetricFamily.Sample(
                labels: [("class", "\(trafficClass)")], value: Double(reading.sessionsAtRisk(trafficClass)))
        }
        return [
            MetricFamily("sessions", .gauge, "Sessions in the table; counted by each instance every 5 s.", live),
            MetricFamily(
                "sessions_at_risk", .gauge,
                "Established TCP sessions that have been idle for more than half of their timeout and of which no keep-alive was seen; counted as sessions are.",
                atRisk),
            MetricFamily("sessions_limit", .gauge, "Sessions that the table can hold.", Double(reading.capacity)),
            MetricFamily("sessions_created", .counter, "Sessions that began.", created),
            MetricFamily("sessions_ended", .counter, "Sessions that ended, by reason.", ended),
            histogram(
                "session_duration_seconds", "Time from a session's first packet to its end.", reading.tallies.lived),
            histogram(
                "session_idle_at_end_seconds", "Time from a session's last packet to its end.", reading.tallies.idle),
            MetricFamily(
                "sessions_half_open", .gauge, "Handshakes that are not complete.", Double(reading.halfOpen)),
            MetricFamily(
                "sessions_half_open_limit", .gauge, "Half-open sessions that the table can hold.",
                Double(reading.halfOpenLimit)),
            MetricFamily(
                "table_occupancy_ratio", .gauge, "Used share of the session table, 0 to 1.", reading.occupancy),
        ]
    }

    private static func packets(_ reading: GatewayReading) -> [MetricFamily] {
        func directions(_ toDestination: Counter, _ toSource: Counter) -> [(String, Double)] {
            [
                ("toDestination", Double(reading.counter(toDestination.rawValue))),
                ("toSource", Double(reading.counter(toSource.rawValue))),
            ]
        }
        return [
            MetricFamily(
                "forwarded_packets", .counter, "Packets that crossed the gateway on its fast path.", by: "direction",
                directions(.forwardedToDestinationPackets, .forwardedToSourcePackets)),
            MetricFamily(
                "forwarded_bytes", .counter, "Bytes of these packets, IP headers included.", by: "direction",
                directions(.forwardedToDestinationBytes, .forwardedToSourceBytes)),
            MetricFamily(
                "slow_path_packets", .counter, "Allowed packets that were passed to the kernel's own forwarding.",
                Double(reading.counter(Counter.slowPathPackets.rawValue))),
            MetricFamily(
                "host_packets", .counter, "Packets for the gateway itself that the host rules allowed.",
                Double(reading.counter(Counter.hostPackets.rawValue))),
            MetricFamily(
                "dropped_packets", .counter, "Packets that were dropped, by reason.", by: "reason",
                DropReason.allCases.map { ($0.name, Double(reading.counter($0.rawValue))) }),
            MetricFamily(
                "dropped_bytes", .counter, "Bytes of dropped packets, link headers included.", by: "reason",
                DropReason.allCases.map { ($0.name, Double(reading.droppedBytes($0))) }),
        ]
    }

    private static func resets(_ reading: GatewayReading) -> [MetricFamily] {
        var made: [ResetCause: [UInt64]] = [:]
        for (reason, counts) in reading.tallies.resets {
            let cause = ResetCause(reason)
            made[cause] = zip(made[cause] ?? [0, 0], counts).map { $0 &+ $1 }
        }
        let samples = ResetCause.allCases.flatMap { cause in
            ["originator", "responder"].enumerated().map { index, end in
                MetricFamily.Sample(
                    labels: [("cause", cause.rawValue), ("end", end)], value: Double(made[cause]?[index] ?? 0))
            }
        }
        return [
            MetricFamily(
                "resets_sent", .counter,
                "TCP resets created for ends of sessions, including those in resets_failed that could not be sent.",
                samples),
            MetricFamily(
                "resets_failed", .counter, "TCP resets and probes that could not be sent.",
                Double(reading.resetsFailed)),
            MetricFamily(
                "probes_sent", .counter, "Keep-alive probes sent to ends of idle sessions.",
                Double(reading.probesSent)),
            MetricFamily(
                "tombstone_answers", .counter,
                "Segments of ended sessions, or without a session, that were answered with a reset.",
                Double(reading.counter(Counter.resetsAnswered.rawValue))),
        ]
    }

    private static func fleet(_ reading: GatewayReading) -> [MetricFamily] {
        func each(_ value: (GatewayReading.Instance) -> Double?) -> [(String, Double)] {
            reading.instances.compactMap { instance in value(instance).map { ("\(instance.identifier)", $0) } }
        }
        return [
            MetricFamily(
                "instance_state", .gauge, "1 for the current state of an instance.",
                reading.instances.map {
                    .init(labels: [("instance", "\($0.identifier)"), ("state", $0.state)], value: 1)
                }),
            MetricFamily(
                "instance_sessions", .gauge, "Sessions of an instance, by its last count.", by: "instance",
                each { Double($0.sessions) }),
            MetricFamily(
                "instance_heartbeat_age_seconds", .gauge, "Time since the last iteration of an instance's loop.",
                by: "instance",
                each { $0.heartbeatAgeSeconds }),
            MetricFamily(
                "drain_remaining_seconds", .gauge, "Time until a draining instance is recycled at the latest.",
                by: "instance", each { $0.drainRemainingSeconds }),
            MetricFamily(
                "maintenance_active", .gauge, "1 while a rolling maintenance is active.",
                reading.maintenance.map { $0.isOver ? 0 : 1 } ?? 0),
            MetricFamily(
                "maintenance_progress_ratio", .gauge,
                "Share of the instances that the maintenance has replaced, 0 to 1.",
                reading.maintenance.map(\.progress) ?? 0),
            MetricFamily(
                "fleet_instances", .gauge, "Desired and serving instances, and the limits of scaling.",
                by: "kind",
                [
                    ("desired", Double(reading.desired)), ("serving", Double(reading.serving)),
                    ("minimum", Double(reading.minimum)), ("maximum", Double(reading.maximum)),
                ]),
            MetricFamily(
                "scaling_events", .counter, "Times that the fleet was scaled.", by: "direction",
                [("out", Double(reading.scaleOuts)), ("in", Double(reading.scaleIns))]),
        ]
    }

    private static func controller(_ reading: GatewayReading) -> [MetricFamily] {
        [
            MetricFamily(
                "controller_up", .gauge,
                "1 while the controller runs; without it the datapath continues, and no instance is replaced.",
                reading.controllerIsRunning ? 1 : 0),
            MetricFamily(
                "policy_generation", .gauge, "Number of policies that became active.", Double(reading.policyGeneration)),
            MetricFamily(
                "policy_reload_errors", .counter, "Reloads that were refused.", Double(reading.reloadErrors)),
            MetricFamily(
                "last_reload_timestamp_seconds", .gauge,
                "When the current policy became active, in seconds since 1970.",
                Double(reading.policySeconds)),
            MetricFamily(
                "events_dropped", .counter, "Events of the kernel program that were lost, or suppressed in a flood.",
                Double(
                    reading.counter(Counter.eventsLost.rawValue) &+ reading.counter(Counter.eventsSuppressed.rawValue))),
            MetricFamily(
                "flow_log_sampled_out", .counter, "Entries that are missing in the flow log, by kind.", by: "what",
                [
                    ("denies", Double(reading.flowLogOmissions.denies)),
                    ("events", Double(reading.flowLogOmissions.events)),
                    ("entries", Double(reading.flowLogOmissions.entries)),
                ]),
            MetricFamily(
                "flow_log_lag_seconds", .gauge, "Age of the oldest flow log entry that could not be written.",
                reading.flowLogLagSeconds),
            process(
                reading, "cpu_seconds", .counter, "CPU time of the controller and the API process.",
                \.cpuSeconds),
            process(
                reading, "resident_memory_bytes", .gauge, "Resident memory of the controller and the API process.",
                { Double($0.residentBytes) }
            ),
            process(
                reading, "start_time_seconds", .gauge, "When the process started, in seconds since 1970.",
                \.startedSeconds),
            MetricFamily(
                "build_info", .gauge, "Always 1; the labels describe what runs.",
                [
                    .init(
                        labels: [
                            ("version", reading.version?.version ?? "unknown"),
                            ("commit", reading.version?.commit ?? "unknown"), ("kernel", reading.kernel),
                            ("profile", reading.profile),
                        ], value: 1)
                ]),
        ]
    }

    private static func process(
        _ reading: GatewayReading, _ name: String, _ kind: MetricFamily.Kind, _ help: String,
        _ value: (ProcessUsage) -> Double
    ) -> MetricFamily {
        MetricFamily(
            "process_\(name)", kind, help, by: "process", reading.processes.map { ($0.name, value($0.usage)) })
    }

    private static func histogram(
        _ name: String, _ help: String, _ durations: [TrafficClass: SessionTallies.Durations]
    ) -> MetricFamily {
        var samples: [MetricFamily.Sample] = []
        for trafficClass in TrafficClass.allCases {
            let durations = durations[trafficClass] ?? .init()
            let label = ("class", "\(trafficClass)")
            var sum: UInt64 = 0
            for (index, count) in durations.buckets.enumerated() {
                sum &+= count
                let limit = index < DurationBuckets.seconds.count ? "\(DurationBuckets.seconds[index]).0" : "+Inf"
                samples.append(.init(suffix: "_bucket", labels: [label, ("le", limit)], value: Double(sum)))
            }
            samples.append(.init(suffix: "_sum", labels: [label], value: durations.seconds))
            samples.append(.init(suffix: "_count", labels: [label], value: Double(sum)))
        }
        return MetricFamily(name, .histogram, help, samples)
    }
}

/// Why the firewall resets sessions, in fewer groups than ``EndReason`` has.
private enum ResetCause: String, CaseIterable {
    case idle, drain, `operator`, policy, instance

    init(_ reason: EndReason) {
        self =
            switch reason {
            case .drain, .drained: .drain
            case .operatorReset: .operator
            case .policy: .policy
            case .instanceLost, .gatewayStopped: .instance
            case .none, .fin, .reset, .idleReset, .idleSilent, .halfOpenTimeout, .closingTimeout, .probeFailed: .idle
            }
    }
}
