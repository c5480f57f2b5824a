package import FlowLog
package import Kernel

/// The status of a gateway. The property names are those of the JSON (OPS-2).
package struct GatewayStatus: Codable, Equatable, Sendable {
    package struct Interface: Codable, Equatable, Sendable {
        package var name: String
        /// Whether the network namespace has an interface of that name.
        package var present: Bool
        /// Whether the datapath is attached to its ingress.
        package var attached: Bool
        package var mtu: UInt32

        package init(name: String, present: Bool, attached: Bool, mtu: UInt32) {
            self.name = name
            self.present = present
            self.attached = attached
            self.mtu = mtu
        }
    }

    package struct Zone: Codable, Equatable, Sendable {
        package var name: String
        package var interfaces: [Interface]

        package init(name: String, interfaces: [Interface]) {
            self.name = name
            self.interfaces = interfaces
        }
    }

    package struct Sessions: Codable, Equatable, Sendable {
        package var count: Int
        package var capacity: Int
        package var halfOpen: Int
        package var halfOpenLimit: Int
        package var byState: [String: Int]
        package var byClass: [String: Int]

        package init(
            count: Int, capacity: Int, halfOpen: Int, halfOpenLimit: Int, byState: [String: Int], byClass: [String: Int]
        ) {
            self.count = count
            self.capacity = capacity
            self.halfOpen = halfOpen
            self.halfOpenLimit = halfOpenLimit
            self.byState = byState
            self.byClass = byClass
        }

        /// The used share of the capacity, 0 to 1.
        package var occupancy: Double { capacity > 0 ? Double(count) / Double(capacity) : 0 }
    }

    /// Kernel memory of the datapath.
    package struct Memory: Codable, Equatable, Sendable {
        package var totalBytes: UInt64
        /// Flow table, sessions and control words, for each session of the capacity.
        package var bytesPerSession: Double

        package init(totalBytes: UInt64, bytesPerSession: Double) {
            self.totalBytes = totalBytes
            self.bytesPerSession = bytesPerSession
        }
    }

    package struct Instance: Codable, Equatable, Sendable {
        package var identifier: Int
        package var processIdentifier: Int32
        /// Whether that process exists.
        package var running: Bool
        package var heartbeatAgeSeconds: Double
        package var uptimeSeconds: Double
        package var sessions: Int
        /// Sessions that began in its slabs.
        package var begins: UInt64
        /// Sessions that it has released.
        package var ends: UInt64
        package var expired: UInt64
        package var resetsSent: UInt64
        package var resetsFailed: UInt64
        package var probesSent: UInt64
        /// CPU time spent on ageing, as a share of the time since the start, 0 to 1.
        package var scanShare: Double

        package init(
            identifier: Int, processIdentifier: Int32, running: Bool, heartbeatAgeSeconds: Double,
            uptimeSeconds: Double, sessions: Int, begins: UInt64, ends: UInt64, expired: UInt64,
            resetsSent: UInt64, resetsFailed: UInt64, probesSent: UInt64, scanShare: Double
        ) {
            self.identifier = identifier
            self.processIdentifier = processIdentifier
            self.running = running
            self.heartbeatAgeSeconds = heartbeatAgeSeconds
            self.uptimeSeconds = uptimeSeconds
            self.sessions = sessions
            self.begins = begins
            self.ends = ends
            self.expired = expired
            self.resetsSent = resetsSent
            self.resetsFailed = resetsFailed
            self.probesSent = probesSent
            self.scanShare = scanShare
        }
    }

    package struct Controller: Codable, Equatable, Sendable {
        package var running: Bool
        /// The process of the running controller; 0: none.
        package var processIdentifier: Int32
        /// Problems that the controller itself has found.
        package var problems: [String]
        /// The controller's binary; nil if none runs, or if it was not reported.
        package var version: BinaryVersion?
        /// The longest iteration of its loop in the last minute; instances are not checked during one. nil if none
        /// runs, or if it was not reported.
        package var longestTurn: LongestIteration?

        package init(
            running: Bool, processIdentifier: Int32, problems: [String] = [], version: BinaryVersion? = nil,
            longestTurn: LongestIteration? = nil
        ) {
            self.running = running
            self.processIdentifier = processIdentifier
            self.problems = problems
            self.version = version
            self.longestTurn = longestTurn
        }
    }

    package struct Policy: Codable, Equatable, Sendable {
        /// Which of the two policy images is active.
        package var activeImage: Int
        package var rules: Int

        package init(activeImage: Int, rules: Int) {
            self.activeImage = activeImage
            self.rules = rules
        }
    }

    /// One duration of the profile, as configured and as in force (PROF-2).
    package struct Timeout: Codable, Equatable, Sendable {
        package var configuredSeconds: Double
        /// Divided by the time scale.
        package var effectiveSeconds: Double

        package init(configuredSeconds: Double, effectiveSeconds: Double) {
            self.configuredSeconds = configuredSeconds
            self.effectiveSeconds = effectiveSeconds
        }
    }

    package var gateway: String
    package var profile: String
    package var continuity: String
    package var timeScale: Double
    /// Whether the effective durations differ from those of the profile (PROF-2).
    package var scaled: Bool
    package var health: GatewayHealth
    package var controller: Controller
    /// Whether the kernel drops what the datapath has not allowed (BAD-5).
    package var guardInstalled: Bool
    /// Whether routing depends only on destinations, so that the cached next hop of an address can be used for all
    /// sources.
    package var routesByDestination: Bool
    /// Whether the kernel's own forwarding carries every packet, because IPsec policies exist.
    package var leavesToKernel: Bool
    package var zones: [Zone]
    package var sessions: Sessions
    package var memory: Memory
    package var fleet: FleetStatus
    package var instances: [Instance]
    package var policy: Policy
    package var timeouts: [String: Timeout]
    /// By the name of the drop reason. Every reason is included (OPS-1).
    package var drops: [String: UInt64]
    package var counters: [String: UInt64]
    /// The state of the writing of flow logs, for all instances together; nil if sessions are not logged.
    package var flowLog: FlowLogState?
    /// What happened to packets and sessions recently; nil if no controller has recorded it.
    package var recent: RecentTraffic?
    /// The age of the data on interfaces and guard. The API gets them from the controller.
    package var networkAgeSeconds: Double

    package init(
        gateway: String, profile: String, continuity: String, timeScale: Double, controller: Controller,
        guardInstalled: Bool, routesByDestination: Bool, leavesToKernel: Bool = false, zones: [Zone],
        sessions: Sessions, memory: Memory, fleet: FleetStatus, instances: [Instance], policy: Policy,
        timeouts: [String: Timeout], drops: [String: UInt64], counters: [String: UInt64],
        flowLog: FlowLogState? = nil, recent: RecentTraffic? = nil, networkAgeSeconds: Double = 0
    ) {
        self.gateway = gateway
        self.profile = profile
        self.continuity = continuity
        self.timeScale = timeScale
        self.scaled = timeScale != 1
        self.controller = controller
        self.guardInstalled = guardInstalled
        self.routesByDestination = routesByDestination
        self.leavesToKernel = leavesToKernel
        self.zones = zones
        self.sessions = sessions
        self.memory = memory
        self.fleet = fleet
        self.instances = instances
        self.policy = policy
        self.timeouts = timeouts
        self.drops = drops
        self.counters = counters
        self.flowLog = flowLog
        self.recent = recent
        self.networkAgeSeconds = networkAgeSeconds
        self.health = GatewayHealth(level: .healthy, findings: [])
        self.health = HealthRules.assess(self)
    }
}
