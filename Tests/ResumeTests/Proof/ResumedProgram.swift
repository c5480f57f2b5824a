import Lab
import Testing

/// A program whose one connection is carried by a stream, and which is used again and again.
struct ResumedProgram: Sendable {
    let name: String
    let client: ChildProcess
    /// Makes it answer a word.
    let use: @Sendable (String) async throws -> Void
    /// The answer: a text that would be another one after a reconnect.
    let answer: @Sendable (String) -> String?

    /// Uses it, and returns the identity of the connection that has answered.
    func ask(_ word: String) async throws -> String {
        try await use(word)
        var identity: String?
        let isAnswered = await eventually(within: .seconds(60)) {
            identity = answer(word)
            return identity != nil || !client.isRunning
        }
        guard isAnswered, let identity else {
            throw LabError.timedOut(
                waitingFor: "\(name)'s answer to \(word)", seconds: 60,
                seen: "\(client.allOutput.suffix(500)) \(client.exit.map { "\($0)" } ?? "it runs")")
        }
        return identity
    }

    /// What follows `answer-WORD-` in a program's output.
    fileprivate static func identity(_ word: String, in output: String) -> String? {
        for line in output.split(separator: "\n") {
            guard let found = line.firstRange(of: "answer-\(word)-") else { continue }
            let identity = line[found.upperBound...].prefix { $0.isNumber || $0 == "-" }
            if !identity.isEmpty { return String(identity) }
        }
        return nil
    }
}

extension ResumedProgram {
    /// A remote shell; its process identifier shows that it is the same one.
    static func secureShell(_ bed: ResumeLab, _ shell: SecureShell) async throws -> ResumedProgram {
        // The host's name is the server's, as it sees itself.
        let client = try await shell.logIn(options: ["-o", "ProxyCommand=\(bed.proxyCommand)"])
        return ResumedProgram(
            name: "ssh", client: client, use: { client.write("echo answer-\($0)-$$\n") },
            answer: { identity($0, in: client.standardOutput) })
    }

    /// psql in one transaction; the backend's process and the transaction's number show that it is the same one.
    static func database(_ bed: ResumeLab, port: Int) async throws -> ResumedProgram {
        let client = try bed.lab.spawn(
            in: .client,
            ["psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "host=127.0.0.1 port=\(port) user=postgres dbname=postgres"],
            takesInput: true)
        client.write("CREATE TABLE words (word text); BEGIN;\n")
        return ResumedProgram(
            name: "psql", client: client,
            use: { word in
                client.write(
                    "INSERT INTO words VALUES ('\(word)');"
                        + "SELECT 'answer-\(word)-' || pg_backend_pid() || '-' || txid_current();\n")
            },
            answer: { identity($0, in: client.standardOutput) })
    }

    /// A subscriber that must see each message that is published on the server's host.
    static func subscriber(_ bed: ResumeLab, port: Int, serverPort: Int) async throws -> ResumedProgram {
        let client = try bed.lab.spawn(
            in: .client, ["redis-cli", "-h", "127.0.0.1", "-p", "\(port)", "subscribe", "words"])
        try await client.waitForText("subscribe", within: .seconds(20))
        return ResumedProgram(
            name: "redis subscribe", client: client,
            use: { word in
                let published = try await bed.lab.execute(
                    in: .zone(.internet), ["redis-cli", "-p", "\(serverPort)", "publish", "words", "answer-\(word)-1"]
                ).required()
                // The server has one subscriber all the time.
                #expect(published.output.contains("1"))
            },
            answer: { identity($0, in: client.standardOutput) })
    }

    /// SAP's network interface; its server numbers the connections.
    static func networkInterface(_ bed: ResumeLab, script: String, port: Int) throws -> ResumedProgram {
        let client = try bed.lab.spawn(
            in: .client, ["/usr/bin/python3", "-u", script, "client", "127.0.0.1", "\(port)"], takesInput: true)
        return ResumedProgram(
            name: "SAP NI", client: client, use: { client.write("\($0)\n") },
            answer: { identity($0, in: client.standardOutput) })
    }
}
