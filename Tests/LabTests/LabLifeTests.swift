import Glibc
import Lab
import Testing

extension LabTests {
    @Test("a lab can't be created twice; a lab that is down is reported as missing; a lab can be taken down twice")
    func lifeOfALab() async throws {
        try await withLab { lab in
            #expect(throws: LabError.exists(lab: lab.name)) { try Lab.up(name: lab.name) }
            #expect(try Lab.existing(name: lab.name).name == lab.name)
            try lab.down()
            try lab.down()
            #expect(!lab.isUp)
            #expect(throws: LabError.missing(lab: lab.name)) { try Lab.existing(name: lab.name) }
        }
    }

    @Test(
        "a name that could lead out of the lab's directories is refused",
        arguments: ["", "a/b", "..", "1a", "a b", "-a"])
    func names(name: String) {
        #expect(throws: LabError.badName(name)) { try Lab.up(name: name) }
        #expect(throws: LabError.badName(name)) { try Lab.down(name: name) }
    }

    @Test("the end of a lab kills all processes in it, even those that ignore SIGTERM, and leaves nothing behind")
    func endOfALab() async throws {
        try await withLab { lab in
            let script = "trap '' TERM HUP INT; echo up; while :; do sleep 1; done"
            let stubborn = try LabPlace.all.map { try lab.spawn(in: $0, ["bash", "-c", script]) }
            for process in stubborn {
                try await process.waitForText("up", within: .seconds(10))
            }
            _ = try lab.write("text", to: "file")
            try lab.down()
            for process in stubborn {
                #expect(await process.waitForExit(within: .seconds(5)) == .signal(SIGKILL))
            }
            #expect(access(lab.directory, F_OK) != 0)
            #expect(LabPlace.all.allSatisfy { access("/run/netns/" + lab.namespaceName($0), F_OK) != 0 })
        }
    }

    @Test("the labs of a killed test run are taken down; the labs of a running process stay")
    func abandonedLabs() async throws {
        let dead = try ChildProcess(["true"])
        #expect(await dead.waitForExit(within: .seconds(5)) == .code(0))
        let abandoned = try Lab.up(name: "sluice-test-\(dead.identifier)-1")
        try await withLab { lab in
            #expect(lab.isUp)
            try Lab.downAbandoned(prefix: "sluice-test")
            #expect(lab.isUp)
        }
        #expect(!abandoned.isUp)
    }

    @Test("the labs of a killed test run are taken down even if the test run is still a zombie")
    func abandonedByZombie() async throws {
        try await withLab { _ in
            let ended = try ChildProcess(["true"])
            // Its exit status is read only at the end: until then it stays in the process table.
            var information = siginfo_t()
            try #require(waitid(P_PID, id_t(ended.identifier), &information, WEXITED | WNOWAIT) == 0)
            let abandoned = try Lab.up(name: "sluice-test-\(ended.identifier)-2")
            try Lab.downAbandoned(prefix: "sluice-test")
            #expect(kill(ended.identifier, 0) == 0, "its identifier is still in use")
            #expect(!abandoned.isUp)
            try abandoned.down()
            #expect(ended.exit == .code(0))
        }
    }

    @Test("the error names a program that does not exist, fails or takes too long")
    func failures() async throws {
        #expect(throws: LabError.self) { try ChildProcess(["/does/not/exist"]) }
        try await withLab { lab in
            let failing = try await lab.execute(in: .client, ["sh", "-c", "echo why >&2; exit 3"])
            #expect(failing.exit == .code(3) && failing.errors == "why\n")
            let error = await #expect(throws: LabError.self) {
                try await lab.execute(in: .client, ["sleep", "60"], within: .milliseconds(200))
            }
            #expect("\(try #require(error))".contains("sleep 60"))
            let cat = try lab.spawn(in: .client, ["cat"], takesInput: true)
            #expect(cat.write("fed\n"))
            try await cat.waitForText("fed", within: .seconds(5))
            cat.closeInput()
            #expect(await cat.waitForExit(within: .seconds(5)) == .code(0))
        }
    }
}
