import Lab

/// What can be done with a lab that is up: commands to copy.
enum LabText {
    static func showRunning(_ lab: Lab) { Console.output(running(lab)) }

    static func showBare(_ lab: Lab, configuration: String) {
        let name = nameOption(lab)
        Console.output(
            """
            lab \(lab.name) is up, without a gateway. Start one:
              sluice lab exec\(name) gw -- sluice run --config \(configuration)
            End it:
              sluice lab down\(name)

            """)
    }

    static func running(_ lab: Lab) -> String {
        let name = nameOption(lab)
        return """
            lab \(lab.name) is up. See what its gateway does:
              sluice status --gateway \(lab.name)
              sluice session watch --gateway \(lab.name)
            Have something to see, each in a terminal of its own:
              sluice lab exec\(name) internet -- nc -l -p 8080
              sluice lab exec\(name) client -- nc \(LabZone.internet.address) 8080
              sluice lab exec\(name) client -- ping \(LabZone.peer.address)
            End a session by hand; both ends see a reset:
              sluice session reset --gateway \(lab.name) --port 8080
            End it all:
              sluice lab down\(name)

            """
    }

    private static func nameOption(_ lab: Lab) -> String { lab.name == Lab.defaultName ? "" : " --name \(lab.name)" }
}
