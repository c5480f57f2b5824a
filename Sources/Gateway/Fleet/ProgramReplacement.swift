internal import Fleet
internal import Kernel
internal import Store

/// The replacement of the kernel program at the end of a maintenance. The new binary executes it, because it contains the new program.
struct ProgramReplacement {
    static let stateKey = "programReplacement"
    static let patienceNanoseconds: UInt64 = 30_000_000_000

    /// Key of the binary whose program was loaded into the kernel last: ``ProgramFile``, as text.
    static let programKey = "kernelProgramOf"

    /// The order, which is saved until it is done.
    struct Order: Codable, Equatable {
        /// nil: the controller's own binary.
        var binary: String?
        /// Why, for the history; nil: maintenance.
        var cause: String?
    }

    var order: Order?
    var run: HelperProgram?
    var deadline: UInt64 = 0

    var isRunning: Bool { run != nil }

    /// Records that the kernel has this controller's own program.
    static func remember(in history: History) {
        guard let own = ProgramFile.own else { return }
        history.record([], state: [.set(programKey, own.description)])
    }
}

extension FleetShell {
    /// Replaces the old kernel program after all instances run the new binary.
    func replaceProgramAfterMaintenance() { replaceProgram(.init(binary: machine.view.maintenance?.binary)) }

    /// After a take-over from another version, when all instances run this one: replaces the old kernel program, if it differs.
    func replaceOutdatedProgram() {
        guard programIsOutdated, !replacement.isRunning, replacement.order == nil, machine.runsOwnProgram,
            machine.view.renewal == nil, machine.view.maintenance?.phase.isOver ?? true
        else { return }
        programIsOutdated = false
        replaceProgram(.init(binary: nil, cause: "the controller runs another program"))
    }

    func replaceProgram(_ order: ProgramReplacement.Order) {
        replacement.order = order
        surroundings?.remember([], [.set(ProgramReplacement.stateKey, order)])
        do throws(SystemError) {
            replacement.run = try HelperProgram(
                order.binary ?? "/proc/self/exe",
                ["sluice", "replace-program", "--gateway", gateway] + (order.cause == nil ? [] : ["--if-different"]))
            replacement.deadline = MonotonicClock.nanoseconds() + ProgramReplacement.patienceNanoseconds
        } catch {
            endReplacement(problem: "\(error)")
        }
    }

    func finishReplacement(now: UInt64) {
        guard let run = replacement.run else { return }
        if let status = run.ended() {
            endReplacement(problem: status == 0 ? nil : String(run.said.prefix(400)), said: run.said)
        } else if now >= replacement.deadline {
            run.kill()
            endReplacement(problem: "it took longer than 30 s")
        }
    }

    private func endReplacement(problem: String?, said: String = "") {
        let order = replacement.order ?? .init()
        let binary = order.binary ?? "this binary"
        replacement = ProgramReplacement()
        var problem = problem
        do throws(KernelError) { try datapath.reopenPrograms() } catch { problem = problem ?? "\(error)" }
        let isSame = problem == nil && said.hasPrefix(BinaryGreeting.sameProgram)
        let event = HistoryEvent(
            time: WallTimeSource.nanoseconds(),
            kind: (problem == nil ? GatewayEvent.Kind.programReplaced : .programNotReplaced).rawValue,
            subject: "gateway", cause: problem ?? order.cause ?? "maintenance", detail: ["binary": .text(binary)])
        var state: [StateChange] = [.remove(ProgramReplacement.stateKey)]
        let program = order.binary.map { ProgramFile(path: $0) } ?? ProgramFile.own
        if problem == nil, let program { state.append(.set(ProgramReplacement.programKey, program.description)) }
        surroundings?.remember(isSame ? [] : [event], state)
        surroundings?.report(
            "kernel program",
            problem.map {
                "the kernel program could not be replaced by that of \(binary), the old one stays: \($0)"
            }, next: "try again: sluice maintenance start")
        guard problem == nil else { return }
        log.notice(
            isSame ? "the kernel program is this version's already" : "the kernel program was replaced",
            ["binary": binary, "said": said.split(separator: "\n").first.map(String.init) ?? ""])
    }
}
