import Glibc
import Lab
import TestSupport
import Testing

/// Runs a test in a lab of its own, and takes the lab down whatever happens.
func withLab<Result>(mtu: [LabZone: Int] = [:], _ body: (Lab) async throws -> Result) async throws -> Result {
    try await withTestLab(prefix: "sluice-test", mtu: mtu, body)
}

/// Runs a test in a lab of its own with Sluice running in it. If the test throws an error, the output of
/// Sluice is shown.
func withGateway<Result>(
    mtu: [LabZone: Int] = [:], timeScale: Int = 1, rules: [String] = [],
    _ body: (Lab, LabGateway) async throws -> Result
) async throws -> Result {
    try await withLab(mtu: mtu) { lab in
        let configuration = lab.configuration(timeScale: timeScale, rules: rules)
        let gateway = try await lab.startGateway(configuration: configuration)
        do {
            let result = try await body(lab, gateway)
            #expect(gateway.process.isRunning, "the gateway has ended: \(gateway.process.allOutput)")
            return result
        } catch {
            Issue.record("the gateway said: \(gateway.process.allOutput)")
            throw error
        }
    }
}

/// The clock of the idle tests runs this many times faster than the profile's.
let idleScale = 40
/// Idle timeouts of the `azure` profile on that clock: 6 s and 7.5 s.
let northSouthIdle = Duration.seconds(240) / idleScale
let eastWestIdle = Duration.seconds(300) / idleScale
/// How much later than the timeout a slow and busy machine may show its effect.
let patience = Duration.seconds(4)

/// A filter for tcpdump: TCP segments with RST, over IPv4 and IPv6.
let resets = "(tcp[tcpflags] & tcp-rst != 0) or (ip6[6] == 6 and ip6[53] & 4 != 0)"

/// Lets `duration` pass.
func pass(_ duration: Duration) async throws {
    try await Task.sleep(for: duration)
}

/// Appends the output of a program to the file that the variable SLUICE_TRANSCRIPTS names. The table of
/// docs/how-to/test-your-application.md is written from that file.
func transcript(_ title: String, _ text: String) {
    guard let path = getenv("SLUICE_TRANSCRIPTS") else { return }
    let file = fopen(String(cString: path), "a")
    guard let file else { return }
    fputs("## \(title)\n\n\(text)\n\n", file)
    fclose(file)
}

extension String {
    /// The parts between the occurrences of `separator`.
    func components(separatedBy separator: String) -> [Substring] {
        split(separator: separator, omittingEmptySubsequences: false)
    }
}
