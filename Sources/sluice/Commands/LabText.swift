import Glibc
import Lab

/// What can be done with a lab that is up: commands to copy.
enum LabText {
    /// - Parameter timeScale: what the gateway's durations are divided by.
    static func showRunning(_ lab: Lab, timeScale: Int) { Console.output(running(lab, timeScale: timeScale)) }

    static func showBare(_ lab: Lab, configuration: String) {
        let name = nameOption(lab)
        Console.output(
            """
            lab \(lab.name) is up, without a gateway. \(callText())Start one:
              sluice lab exec\(name) gw -- sluice run --config \(configuration)
            End it:
              sluice lab down\(name)

            """)
    }

    static func running(_ lab: Lab, timeScale: Int) -> String {
        let name = nameOption(lab)
        let idle = HumanText.setting(seconds: 240 / Double(timeScale))
        return """
            lab \(lab.name) is up. \(callText())See what its gateway does:
              sluice status --gateway \(lab.name)
              sluice session watch --gateway \(lab.name)
            Have something to see, each in a terminal of its own; what you type at one end appears at the other:
              sluice lab exec\(name) internet -- \(server(port: 8080))
              sluice lab exec\(name) client -- \(client(port: 8080))
              sluice lab exec\(name) client -- ping \(LabZone.peer.address)
            After \(idle) without a byte both ends print 'Connection reset by peer'. So they do when it is ended by hand:
              sluice session reset --gateway \(lab.name) --port 8080
            End it all:
              sluice lab down\(name)

            """
    }

    /// Programs that say what becomes of their connection: netcat, and socat without -d, end without a word when it is reset.
    static func server(port: Int) -> String { "socat -d TCP-LISTEN:\(port),reuseaddr -" }
    static func client(port: Int) -> String { "socat -d - TCP:\(LabZone.internet.address):\(port)" }

    /// Where this program is, unless it can be called by its name.
    ///
    /// - Parameters:
    ///   - own: the path of this program.
    ///   - found: what a shell would start by the name `sluice`.
    static func callText(own: String? = ownPath, found: String? = Executable.find("sluice").flatMap(resolved)) -> String
    {
        guard let own, own != found, let slash = own.lastIndex(of: "/") else { return "" }
        return """
            The program is \(own);
            to call it by its name, in each terminal:
              export PATH=\(own[..<slash]):$PATH

            """
    }

    private static var ownPath: String? { resolved("/proc/self/exe") }

    private static func resolved(_ path: String) -> String? {
        guard let resolved = realpath(path, nil) else { return nil }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    private static func nameOption(_ lab: Lab) -> String { lab.name == Lab.defaultName ? "" : " --name \(lab.name)" }
}
