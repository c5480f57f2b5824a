import Glibc
import Lab
import Testing

/// All tests here use real namespaces and real programs. They run one at a time, because the machine is small and time
/// limits apply.
@Suite("Lab", .serialized)
struct LabTests {
    @Test("the lab's hosts reach one another over IPv4 and IPv6 once the gateway forwards, and not before")
    func plainForwarding() async throws {
        try await withLab { lab in
            for version in IPVersion.allCases {
                let ping = ["ping", "-\(version.rawValue)", "-c", "1", "-W", "1", LabZone.internet.address(version)]
                #expect(try await lab.execute(in: .client, ping).exit == .code(1))
            }
            try lab.setPlainForwarding(true)
            let capture = try await lab.capture(in: .internet, filter: "icmp or icmp6")
            for version in IPVersion.allCases {
                let ping = ["ping", "-\(version.rawValue)", "-c", "1", "-W", "5", LabZone.internet.address(version)]
                try await lab.execute(in: .client, ping).required()
            }
            try await capture.waitForPackets(2, with: "echo request", within: .seconds(5))
            #expect(await capture.stop().count >= 4)
        }
    }

    @Test(
        "the real servers and clients of these tests work over IPv4 and IPv6 with only a router between them")
    func realPrograms() async throws {
        try await withLab { lab in
            try lab.setPlainForwarding(true)
            let shell = try await SecureShell(lab: lab, zone: .internet)
            let database = try await Database(lab: lab, zone: .peer)
            for version in IPVersion.allCases {
                let login = try await shell.logIn(version: version)
                let session = try await database.session(version: version)
                try await SecureShell.ask(login, "more", within: .seconds(5))
                try await Database.ask(session, "more", within: .seconds(5))
                login.write("exit 3\n")
                #expect(await login.waitForExit(within: .seconds(5)) == .code(3))
                session.write("\\q\n")
                #expect(await session.waitForExit(within: .seconds(5)) == .code(0))
            }
        }
    }
}
