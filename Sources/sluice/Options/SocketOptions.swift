import ArgumentParser
import FoundationEssentials
import Glibc
import Policy
import Sockets

/// Selects sockets: the network namespaces to look at, and conditions that must all hold.
struct SocketOptions: ParsableArguments {
    @Option(help: "Sockets of this network namespace: a name of 'ip netns list', or a path.")
    var netns: String?

    @Option(name: .customLong("pid"), help: "Sockets of this process, in its network namespace.")
    var process: Int32?

    @Flag(name: .customLong("all-netns"), help: "Sockets of all network namespaces of this host, containers included.")
    var allNamespaces = false

    @Option(help: "Prefix or address of the local end.", transform: EndOptions.prefix)
    var local: AddressPrefix?

    @Option(help: "Prefix or address of the remote end.", transform: EndOptions.prefix)
    var remote: AddressPrefix?

    @Option(help: "Port of either end.")
    var port: UInt16?

    @Option(help: "File name of the program, for example psql.")
    var program: String?

    @Option(help: "Numeric user id of the socket.")
    var user: UInt32?

    @Option(help: "Part of the name of the systemd unit, or the container's identifier.")
    var workload: String?

    @Option(help: "A cgroup2 directory, with all below it.", completion: .directory)
    var cgroup: String?

    func validate() throws {
        guard [netns != nil, process != nil, allNamespaces].count(where: { $0 }) < 2 else {
            throw ValidationError("--netns, --pid and --all-netns exclude each other: give one of them")
        }
    }

    var scope: SocketScan.Scope {
        if allNamespaces { return .all }
        if let netns { return .named(netns) }
        return process.map { .process($0) } ?? .own
    }

    func filter() throws(SocketError) -> SocketFilter {
        var filter = SocketFilter()
        filter.local = local
        filter.remote = remote
        filter.port = port
        filter.program = program
        filter.user = user
        filter.workload = workload
        if let cgroup { filter.cgroups = Set(CgroupTree.paths(below: try CgroupTree.directory(cgroup)).keys) }
        return filter
    }

    /// One look, and the sockets that the conditions select. What could not be seen is reported, unless a change needs it
    /// anyway.
    func look(isForChange: Bool = false) throws -> (scan: SocketScan, selected: [TCPSocket]) {
        let filter = try SocketLook.orExit { () throws(SocketError) in try self.filter() }
        let scan = try SocketLook.orExit { () throws(SocketError) in try SocketScan.run(scope) }
        if !isForChange { SocketLook.report(scan) }
        return (scan, scan.sockets.filter { filter.matches($0, owners: scan.owners[$0]) })
    }
}

/// The firewall that sockets are judged against.
struct SocketJudgeOptions: ParsableArguments {
    @Option(
        help: "Profile of the firewall: \(SocketJudgeOptions.profiles.known.joined(separator: ", ")).",
        completion: SocketJudgeOptions.profiles.completion, transform: { try SocketJudgeOptions.profiles.read($0) })
    var profile: Profile = .azure

    @Option(
        help: "The firewall's idle timeout, for north-south and east-west alike, instead of the profile's: 4m, 240s.")
    var timeout: String?

    @Option(
        name: .customLong("internal"),
        help: "An internal prefix, instead of the usual ones. May be given several times.", transform: EndOptions.prefix
    )
    var internalPrefixes: [AddressPrefix] = []

    @Flag(
        name: .customLong("judge-local"), help: "Judge sessions within this host too, as if a firewall were in between."
    )
    var judgesLocal = false

    static let profiles = WordList("profile", Profile.allCases.map { .init(word: $0.rawValue, value: $0) })

    func validate() throws {
        guard let timeout else { return }
        guard let nanoseconds = DurationText.parse(timeout), Profile.customRange.contains(nanoseconds) else {
            throw ValidationError("--timeout is '\(timeout)': write a duration from 1s to 7d, for example 240s or 4m")
        }
    }

    var judge: SocketJudge {
        SocketJudge(
            profile: profile, idleTimeout: timeout.flatMap { DurationText.parse($0) },
            internalPrefixes: internalPrefixes.isEmpty ? Configuration.defaultInternalPrefixes : internalPrefixes,
            judgesLocal: judgesLocal)
    }
}

/// The keep-alive to set.
struct KeepAliveOptions: ParsableArguments {
    @Option(help: "Time without traffic before the first probe: 30s.")
    var idle: String = "30s"

    @Option(help: "Time between two probes: 10s.")
    var interval: String = "10s"

    @Option(help: "Probes without an answer after which the connection is given up.")
    var count: UInt32 = 3

    @Flag(name: .customLong("override"), help: "Replace values that the application has set itself, too.")
    var overrides = false

    /// The kernel's limits: MAX_TCP_KEEPIDLE, MAX_TCP_KEEPINTVL, MAX_TCP_KEEPCNT of include/net/tcp.h.
    private static let mostSeconds: UInt32 = 32_767
    private static let mostProbes: UInt32 = 127

    func validate() throws {
        _ = try Self.seconds(idle, "--idle")
        _ = try Self.seconds(interval, "--interval")
        guard (1...Self.mostProbes).contains(count) else {
            throw ValidationError("--count is \(count): write a number from 1 to \(Self.mostProbes)")
        }
    }

    var order: KeepAliveOrder {
        get throws {
            KeepAliveOrder(
                idleSeconds: try Self.seconds(idle, "--idle"),
                intervalSeconds: try Self.seconds(interval, "--interval"),
                count: count, overridesApplication: overrides)
        }
    }

    /// Fails if the values are too slow for the firewall, because then they would save nothing.
    func require(fastEnoughFor judge: SocketJudge) throws {
        let shortest = Double(min(judge.timeouts.northSouth, judge.timeouts.eastWest)) / 1e9
        guard try order.isFastEnough(timeoutSeconds: shortest) else {
            throw ValidationError(
                "--idle \(idle) and --interval \(interval) are too slow for an idle timeout of \(HumanText.setting(seconds: shortest)): "
                    + "idle + 3 * interval must be less, for example --idle 30s --interval 10s")
        }
    }

    /// Whole seconds, as the kernel takes them.
    private static func seconds(_ text: String, _ option: String) throws -> UInt32 {
        let second: UInt64 = 1_000_000_000
        guard let nanoseconds = DurationText.parse(text), nanoseconds % second == 0,
            (1...UInt64(mostSeconds)).contains(nanoseconds / second)
        else {
            throw ValidationError(
                "\(option) is '\(text)': write whole seconds from 1s to \(mostSeconds)s, for example 30s")
        }
        return UInt32(nanoseconds / second)
    }
}
