internal import SluiceResilience

/// A target is connected to once for each stream, as long as the server lives.
enum TargetChecker {
    static func connects(
        _ plan: ResumePlan, _ targets: [VirtualShell<VirtualServerStream>], _ shell: VirtualShell<VirtualServerStream>
    ) -> String? {
        shell.opened += 1
        // A server that was restarted knows of no earlier stream: those are dead by its restart.
        let others = targets.filter { other in
            guard other !== shell, !other.application.isDead else { return false }
            // A server that forgets a stream sooner than its client gives up to begin it.
            let forgetsEarly = other.isDead && plan.longestRetention < plan.patience.begin
            return !(forgetsEarly && other.outcome != .done)
        }
        guard shell.opened == 1, others.isEmpty else { return "the target is connected to a second time" }
        return nil
    }
}
