import Glibc
import Inspection
import Lab

/// An instance that is stopped or killed, until another has taken its place.
struct Recovery {
    /// From the signal until as many serve as before, the failed one not among them.
    let seconds: Double
    let instance: Int

    /// Sends `signal` to the process of an instance that serves; `meanwhile` happens at once after it.
    static func perform(
        on stage: FleetStage, instance: InstanceStatus, signal: Int32, meanwhile: () async throws -> Void = {}
    ) async throws -> Recovery {
        let before = try stage.fleet().serving
        let began = ContinuousClock.now
        guard instance.processIdentifier > 1, kill(instance.processIdentifier, signal) == 0 else {
            throw DemoError.waitedInVain(what: "the process of instance \(instance.identifier)", seen: instance.state)
        }
        try await meanwhile()
        try await stage.waitFor("a replacement of instance \(instance.identifier)", within: .seconds(20)) { status in
            let processes = status.servingProcesses
            return processes.count >= before && !processes.contains(instance.processIdentifier)
        }
        return Recovery(seconds: began.duration(to: .now).inSeconds, instance: instance.identifier)
    }

    /// RECOV-1.
    var isInTime: Bool { seconds <= 10 }

    var text: String { "another serves after \(HumanText.decimal(seconds, places: 1, keepsZeros: true)) s" }
}
