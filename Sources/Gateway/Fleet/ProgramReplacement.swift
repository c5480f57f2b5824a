internal import Fleet
internal import Kernel
internal import Store

/// The replacement of the kernel program at the end of a maintenance: carried out by the new binary, which carries the new
/// program.
struct ProgramReplacement {
    static let stateKey = "programReplacement"
    static let patienceNanoseconds: UInt64 = 30_000_000_000

    /// What is remembered until it is done.
    struct Order: Codable, Equatable {
        /// nil: the controller's own.
        var binary: String?
    }

    var order: Order?
    var run: HelperProgram?
    var deadline: UInt64 = 0

    var isRunning: Bool { run != nil }
}

extension FleetShell {
    /// All instances run the new binary: now its kernel program replaces the old one.
    func replaceProgramAfterMaintenance() { replaceProgram(.init(binary: machine.view.maintenance?.binary)) }

    func replaceProgram(_ order: ProgramReplacement.Order) {
        replacement.order = order
        surroundings?.remember([], [.set(ProgramReplacement.stateKey, order)])
        do throws(SystemError) {
            replacement.run = try HelperProgram(
                order.binary ?? "/proc/self/exe", ["sluice", "replace-program", "--gateway", gateway])
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
        let binary = replacement.order?.binary ?? "this binary"
        replacement = ProgramReplacement()
        var problem = problem
        do throws(KernelError) { try datapath.reopenPrograms() } catch { problem = problem ?? "\(error)" }
        let detail: [String: HistoryValue] = ["binary": .text(binary)]
        surroundings?.remember(
            [
                HistoryEvent(
                    time: WallTimeSource.nanoseconds(),
                    kind: (problem == nil ? GatewayEvent.Kind.programReplaced : .programNotReplaced).rawValue,
                    subject: "gateway", cause: problem ?? "maintenance", detail: detail)
            ], [.remove(ProgramReplacement.stateKey)])
        surroundings?.report(
            "kernel program",
            problem.map {
                "the kernel program could not be replaced by that of \(binary), the old one goes on: \($0): "
                    + "'sluice maintenance start' tries again"
            })
        if problem == nil {
            log.notice(
                "the kernel program was replaced",
                ["binary": binary, "said": said.split(separator: "\n").first.map(String.init) ?? ""])
        }
    }
}
