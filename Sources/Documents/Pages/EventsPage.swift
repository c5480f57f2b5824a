import Fleet
import Gateway
import Store

/// docs/reference/events.md
enum EventsPage {
    static var text: String {
        Markdown.page(
            "Which events does the history have?",
            """
            `sluice event list` shows the history, `sluice event follow` continues with new events; `--kind` takes the words below. The history \
            survives restarts. Each event has a time, a kind, what it is about, a cause, and details. A change that somebody asked for says \
            who did: the user and the process of a command, or the token of the API.
            """,
            [
                Markdown.section("The gateway", [table(GatewayEvent.Kind.allCases.map { ($0.rawValue, meaning($0)) })]),
                Markdown.section("The fleet", [table(FleetChange.Kind.allCases.map { ($0.rawValue, meaning($0)) })]),
                Markdown.section(
                    "The history itself",
                    [
                        table([
                            (
                                HistoryEvent.gapKind,
                                "The disk could not be written for so long that events were lost. The event says how many."
                            )
                        ])
                    ]),
            ])
    }

    private static func table(_ kinds: [(name: String, meaning: String)]) -> String {
        Markdown.table(["kind", "what happened"], kinds.map { [Markdown.code($0.name), $0.meaning] })
    }

    private static func meaning(_ kind: GatewayEvent.Kind) -> String {
        switch kind {
        case .gatewayStarted: "The gateway forwards. Nothing of it was in the kernel before."
        case .gatewayTookOver: "A controller found what an earlier one had left in the kernel, and continued with it."
        case .gatewayHandedOver: "A controller ended and left the gateway running for the next one."
        case .gatewayStopped: "The gateway was taken down. Details: its sessions, and how many had ended by reason."
        case .configurationReloaded: "A configuration was applied."
        case .configurationRefused: "A configuration was refused. The earlier one stays in force."
        case .policyChanged: "New rules ended sessions that they deny."
        case .sessionsReset: "Sessions were reset on request."
        case .sessionsEnded: "How many sessions ended by reason since the last such event. Once an hour."
        case .interfaceAttached: "The kernel program is on an interface."
        case .interfaceDetached: "No zone has an interface any more; the kernel program was taken off it."
        case .interfaceGone: "An interface of a zone is no longer there."
        case .problemBegan: "Something is wrong, as `sluice status` says it."
        case .problemEnded: "It is no longer wrong."
        case .programReplaced: "The kernel program was replaced in place, after a maintenance or an upgrade."
        case .programNotReplaced: "The kernel program could not be replaced. The earlier one continues."
        }
    }

    private static func meaning(_ kind: FleetChange.Kind) -> String {
        switch kind {
        case .instanceStarting: "A process is being started."
        case .instanceServing: "An instance takes new sessions."
        case .instanceDraining: "An instance takes no new sessions; its sessions continue."
        case .instanceResetting: "The reset half of a drain began."
        case .drainCancelled: "A drain was cancelled in its first half. The instance serves again."
        case .instanceEnding: "The process of an instance was asked to end."
        case .instanceStopped: "An instance has no process and no sessions any more."
        case .instanceUnresponsive:
            "An instance sent no heartbeat, or its process ended. It is killed and replaced."
        case .instanceFailed: "A process that was started did not begin to serve."
        case .instanceRecovered: "Another instance serves in place of one that failed."
        case .instanceAdopted: "A new controller found an instance that it did not know, and keeps it."
        case .instanceRenewing:
            "After an upgrade: the process of an instance is being replaced by one of the new version."
        case .instanceRenewed: "The new process has taken up the sessions of the old one."
        case .renewalCompleted: "All instances run the controller's version."
        case .renewalStopped:
            "An instance did not begin to serve with the new version. The others keep their version."
        case .sessionsMoved: "Other instances have taken over the sessions of one that left (`preserve`)."
        case .sessionsDiscarded: "The sessions that an instance left were ended without a RST (`disruptive`)."
        case .scaleOut: "The autoscaler, or an operator, asked for more instances; with the load that caused it."
        case .scaleIn: "The autoscaler, or an operator, asked for fewer instances; with the load that caused it."
        case .capacityChanged: "The minimum or maximum number of instances was changed."
        case .maintenanceRequested: "A maintenance was requested, and its binary is being checked."
        case .maintenanceWaiting: "A maintenance waits for its window to open."
        case .maintenanceStarted: "A maintenance replaces the first instance."
        case .maintenanceStep: "A replacement was started for the next instance."
        case .maintenancePaused: "A maintenance replaces no further instance until it is resumed."
        case .maintenanceResumed: "A maintenance continues after a pause."
        case .maintenanceAborted: "A maintenance was ended where it was."
        case .maintenanceRollingBack:
            "A replacement did not begin to serve. The instances that were replaced go back to the earlier binary."
        case .maintenanceRolledBack: "All instances run the earlier binary again."
        case .maintenanceCompleted: "All instances, and the kernel program, were replaced."
        case .fleetRestored: "A new controller has the fleet as the one before it left it."
        }
    }
}
