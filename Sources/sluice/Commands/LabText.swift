import Glibc
import Lab

/// Commands to copy, for a lab that is up.
enum LabText {
    /// - Parameter timeScale: the divisor of the gateway's durations.
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
            lab \(lab.name) is up. \(callText())Watch its gateway:
              sluice status --gateway \(lab.name)
              sluice session watch --gateway \(lab.name)
            Start some sessions, each command in its own terminal. Text that you type at one end appears at the other:
              sluice lab exec\(name) internet -- \(server(port: 8080))
              sluice lab exec\(name) client -- \(client(port: 8080))
              sluice lab exec\(name) client -- ping \(LabZone.peer.address)
            After \(idle) without a byte both ends print 'Connection reset by peer'. The same happens when you reset the session:
              sluice session reset --gateway \(lab.name) --port 8080
            End the lab:
              sluice lab down\(name)

            """
    }

    /// Programs that report how their connection ends. netcat, and socat without -d, print nothing after a RST.
    static func server(port: Int) -> String { "socat -d TCP-LISTEN:\(port),reuseaddr -" }
    static func client(port: Int) -> String { "socat -d - TCP:\(LabZone.internet.address):\(port)" }

    /// The path of this program, unless a shell finds it by its name.
    ///
    /// - Parameters:
    ///   - own: the path of this program.
    ///   - found: what a shell would start by the name `sluice`.
    static func callText(own: String? = ownPath, found: String? = Executable.find("sluice").flatMap(resolved)) -> String
    {
        guard let own, own != found, let slash = own.lastIndex(of: "/") else { return "" }
        return """
            The program is \(own);
            to run it by its name, in each terminal:
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
