import Glibc
import Lab
import Synchronization

/// RDP: xrdp's login screen, shown by FreeRDP on a display without a screen. FreeRDP sends TCP keep-alives after 5 s
/// by default, so nothing has to be done at the client for it to notice.
struct RemoteDesktop: Application {
    let name = "xfreerdp"
    let needs = ["xrdp", "xfreerdp", "Xvfb", "xdotool", "ss", "openssl", "unshare"]
    let setting: String? = nil

    func open(at site: Site, withSetting: Bool) async throws -> Pair {
        try await site.prepare(
            """
            openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=lab -keyout key.pem -out certificate.pem
            cat >xrdp.ini <<END
            [Globals]
            ini_version=1
            fork=true
            port=\(site.port)
            tcp_nodelay=true
            tcp_keepalive=true
            security_layer=negotiate
            crypt_level=high
            certificate=\(site.directory)/certificate.pem
            key_file=\(site.directory)/key.pem
            ssl_protocols=TLSv1.2, TLSv1.3
            allow_channels=true
            max_bpp=32
            ls_title=lab
            [Logging]
            LogFile=\(site.directory)/xrdp.log
            LogLevel=INFO
            EnableSyslog=false
            EnableConsole=true
            ConsoleLevel=INFO
            [Channels]
            rdpdr=true
            rdpsnd=true
            drdynvc=true
            cliprdr=true
            [vnc-any]
            name=vnc-any
            lib=libvnc.so
            ip=ask
            port=ask5900
            username=na
            password=ask
            END
            """)
        // Directories of their own for /run and /tmp: both programs leave files there that another one would find.
        let server = try site.serve([
            "unshare", "--mount", "sh", "-c",
            "mount -t tmpfs tmpfs /run && exec stdbuf -oL xrdp --nodaemon --config \(site.directory)/xrdp.ini",
        ])
        try await server.waitForText("listening to port", within: .seconds(20))
        let display = site.port
        let client = try await Self.show(at: site, display: display, server: server)
        // Its login screen is drawn.
        try await Task.sleep(for: .seconds(1))
        let keys = Keys(site: site, display: display)
        let pair = Pair(
            client: client, server: server, use: { try await keys.press($0) },
            answer: { keys.isAnswered($0) ? "" : nil })
        try await pair.ask("hello", within: .seconds(20))
        return pair
    }

    /// Starts the client on a display of its own. One of some fifty starts on a busy machine brought no window, for a
    /// reason that was not found: then a second one is tried.
    private static func show(at site: Site, display: Int, server: ChildProcess) async throws -> ChildProcess {
        var said = ""
        for _ in 1...2 {
            let client = try site.connect(
                [
                    "unshare", "--mount", "sh", "-c",
                    """
                    mount -t tmpfs tmpfs /tmp
                    Xvfb :\(display) -screen 0 640x480x16 -nolisten tcp -terminate &
                    until [ -S /tmp/.X11-unix/X\(display) ]; do
                        kill -0 $! || exit 1
                        sleep 0.1
                    done
                    DISPLAY=:\(display) exec xfreerdp /v:\(site.target.address):\(site.target.port) /u:someone \
                        /cert:ignore /log-level:INFO /size:320x240 /bpp:16
                    """,
                ], environment: ["HOME": site.directory])
            let isShown = await eventually(within: .seconds(20)) {
                server.allOutput.contains("TLS connection established") || !client.isRunning
            }
            if isShown && client.isRunning { return client }
            said += client.allOutput
            await client.terminate(patience: .seconds(1))
        }
        throw LabError.timedOut(waitingFor: "the client's window", seconds: 40, seen: said + server.allOutput)
    }

    /// Keys that are pressed in the client's window. The server answers each with a picture: bytes for the client.
    private final class Keys: Sendable {
        private let site: Site
        private let display: Int
        /// How many bytes the client had received when a word's key was pressed.
        private let before = Mutex<[String: Int]>([:])
        private let answered = Mutex<Set<String>>([])
        private let nextLook = Mutex(ContinuousClock.now)

        init(site: Site, display: Int) {
            self.site = site
            self.display = display
        }

        func press(_ word: String) async throws {
            let received = bytesReceived ?? 0
            before.withLock { $0[word] = received }
            // Moves between the fields of the login screen. Fails when the window is gone.
            _ = try await site.lab.execute(
                in: site.clientPlace, ["xdotool", "mousemove", "100", "100", "key", "Tab"],
                environment: ["DISPLAY": ":\(display)"])
        }

        func isAnswered(_ word: String) -> Bool {
            if answered.withLock({ $0.contains(word) }) { return true }
            let isTime = nextLook.withLock { next in
                guard ContinuousClock.now >= next else { return false }
                next = ContinuousClock.now + .milliseconds(200)
                return true
            }
            guard isTime, let before = before.withLock({ $0[word] }), let received = bytesReceived, received > before
            else { return false }
            answered.withLock { _ = $0.insert(word) }
            return true
        }

        /// What the client's kernel has received and acknowledged; nil without a connection.
        private var bytesReceived: Int? {
            guard
                let list = try? site.lab.spawn(
                    in: site.clientPlace, ["ss", "-tinH", "dport", "=", ":\(site.target.port)"])
            else { return nil }
            while list.isRunning { usleep(1000) }
            return list.standardOutput.firstMatch(of: /bytes_received:(\d+)/).flatMap { Int($0.1) }
        }
    }
}
