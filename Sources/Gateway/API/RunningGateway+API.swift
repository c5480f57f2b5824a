internal import Kernel
internal import Policy

extension RunningGateway {
    /// Starts to serve the HTTP API as prepared, or (nil) stops it. A failure here is reported, and has no other effect.
    func beginAPI(_ prepared: APISupervision.Prepared?) {
        if prepared == nil {
            server.closeAPI()
        } else {
            do throws(SystemError) {
                try server.openAPI(path: directory.apiSocketPath, group: Confinement.group)
                report("api.sock", nil)
            } catch {
                report(
                    "api.sock", "the API can't change anything: \(error)",
                    next: "let the gateway make \(directory.apiSocketPath), then: sluice reload")
            }
            networkNote = nil
        }
        nextAPITry = nil
        let now = MonotonicClock.nanoseconds()
        if prepared != nil { noteNetwork(now: now) }
        api.use(prepared, now: now)
        report("api", api.problem, next: Self.apiRemedy)
    }

    /// Runs once a second.
    func watchAPI(now: UInt64) {
        if let next = nextAPITry, now >= next { tryAPI(now: now) }
        guard api.isWanted else { return }
        noteNetwork(now: now)
        api.tend(now: now)
        report("api", api.problem, next: Self.apiRemedy)
    }

    /// Tries to serve the API after a takeover that could not: its port may still have been in use by the process of a controller
    /// that was killed.
    func tryAPI(now: UInt64) {
        do throws(GatewayError) {
            beginAPI(try api.prepare(configuration))
        } catch {
            nextAPITry = now + 5_000_000_000
            report(
                "api", "the API is not served: \(error)",
                next:
                    "the controller tries again every 5 s; if the cause is in the configuration, correct it, then: sluice reload"
            )
        }
    }

    private static let apiRemedy =
        "see in the log why it ends (journalctl, or where the controller logs); the controller restarts it"

    /// Writes the state of this network namespace to a file, because the process of the API may not read it.
    private func noteNetwork(now: UInt64) {
        let interfaces = configuration.zones.flatMap(\.interfaces).map { name in
            let interface = try? NetworkInterface.find(name)
            return NetworkNote.Interface(
                name: name,
                isAttached: interface.map { datapath.isAttached(interfaceIndex: $0.index) } ?? false,
                mtu: interface?.mtu)
        }
        let note = NetworkNote(
            nanoseconds: now, interfaces: interfaces, isGuarded: problems["guard"] == nil,
            receivedFrames: ReceivedFrames.total(Set(attached.keys)))
        if let last = networkNote, note.agrees(with: last), now < last.nanoseconds + NetworkNote.intervalNanoseconds {
            return
        }
        networkNote = note
        do throws(SystemError) {
            try directory.write(note, to: directory.networkPath)
            report("network.json", nil)
        } catch {
            report(
                "network.json", "the state of the interfaces can't be written for the API: \(error)",
                next: RunDirectory.writeRemedy)
        }
    }
}
