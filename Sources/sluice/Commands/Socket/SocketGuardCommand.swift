import ArgumentParser
import Inspection
import Kernel
import Sockets

/// `sluice socket guard`
struct SocketGuardCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "guard",
        abstract: "Set keep-alive on all new connections of a cgroup: of a systemd unit, or of a container.",
        discussion: """
            It looks at each connection when it is established, and changes it only if keep-alive is off or too slow. What the \
            application sets afterwards counts. No process is needed: the guard stays until it is removed, or until the next boot.
            """,
        subcommands: [SocketGuardAdd.self, SocketGuardList.self, SocketGuardRemove.self])
}

/// `sluice socket guard add`
struct SocketGuardAdd: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add", abstract: "Guard a cgroup and all cgroups below it.",
        discussion: "Connections that exist already are not changed: 'sluice socket fix --cgroup PATH' does that.")

    @Option(help: "The cgroup2 directory: an absolute path, or a path below its mount point.", completion: .directory)
    var cgroup: String

    @OptionGroup var values: KeepAliveOptions
    @OptionGroup var judging: SocketJudgeOptions
    @OptionGroup var output: OutputOption

    func validate() throws { try values.require(fastEnoughFor: judging.judge) }

    func run() throws {
        let order = try values.order
        let timeouts = judging.judge.timeouts
        let shortest = Double(min(timeouts.northSouth, timeouts.eastWest)) / 1e9
        let added = try SocketLook.orExit { () throws(SocketError) in
            // Refuses a wrong path before it mounts anything.
            _ = try CgroupTree.directory(cgroup)
            do {
                try BPFFileSystem.ensureMounted()
            } catch {
                throw SocketError.notPrivileged(action: "guarding a cgroup")
            }
            return try SocketGuard.add(cgroup: cgroup, order, timeoutSeconds: shortest)
        }
        if output.isJSON { return Console.output(try JSONText.of(SocketGuardView(added))) }
        Console.outputLine(
            "new connections of \(added.path ?? cgroup) get keep-alive "
                + "\(added.idleSeconds)/\(added.intervalSeconds)/\(added.count)")
    }
}

/// `sluice socket guard list`
struct SocketGuardList: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List guarded cgroups, with how many connections were seen and changed.")

    @OptionGroup var output: OutputOption

    func run() throws {
        let guards = try SocketLook.orExit { () throws(SocketError) in try SocketGuard.list() }
        if output.isJSON { return Console.output(try JSONText.of(guards.map { SocketGuardView($0) })) }
        if guards.isEmpty {
            return Console.note("no cgroup is guarded: 'sluice socket guard add --cgroup PATH' guards one")
        }
        Console.output(SocketRendering.table(guards).text(style: Console.style))
    }
}

/// `sluice socket guard remove`
struct SocketGuardRemove: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove", abstract: "Remove the guard of a cgroup. Connections keep what was set on them.")

    @Option(help: "The cgroup2 directory.", completion: .directory)
    var cgroup: String?

    @Flag(help: "Remove all guards.")
    var all = false

    @Flag(help: "Remove the guards of cgroups that no longer exist.")
    var gone = false

    func validate() throws {
        guard [cgroup != nil, all, gone].count(where: { $0 }) == 1 else {
            throw ValidationError("say which guard: --cgroup PATH, --all or --gone")
        }
    }

    func run() throws {
        let count = try SocketLook.orExit { () throws(SocketError) in
            guard let cgroup else { return try SocketGuard.removeAll(onlyGone: gone) }
            try SocketGuard.remove(cgroup: cgroup)
            return 1
        }
        Console.outputLine("\(HumanText.count(count, of: "guard")) removed")
    }
}
