import FlowCore
package import FlowLayout

/// A TCP session as text, one segment per line, for any ``JudgeBench``.
///
///     > S 999 ws 7              => forward synSent renews
///     < SA 4999 ack 1000 ws 7   => forward synReceived
///     +10
///     > R 1500                  => drop(invalidReset) established keeps
///     ! resetting
///
/// `>` is from the originator, `<` from the responder; flags are S, A, F, R, P; then the sequence number, and `ack`, `win`, `len`, `ws`.
/// After `=>` come the verdict, the state afterwards (`none`: no session), and whether the segment `renews` the
/// session's timer or `keeps` it. `+N` lets N ticks pass; `! STATE` is a change by the session's owner.
package struct TCPScript: Sendable, CustomStringConvertible {
    package let name: String
    package let lines: [String]

    package init(_ name: String, _ text: String) {
        self.name = name
        lines = text.split(separator: "\n").map { $0.drop { $0 == " " } }.filter { !$0.isEmpty }.map(String.init)
    }

    package var description: String { name }

    /// Plays the script, and returns the differences, one per line.
    package func play(on bench: some JudgeBench, frames: FrameBuilder = FrameBuilder(), from start: UInt32 = 1000)
        -> [String]
    {
        var now = start
        var failures: [String] = []
        let key = key(of: frames)
        for line in lines {
            if line.hasPrefix("+") {
                now &+= UInt32(line.dropFirst()) ?? 0
            } else if line.hasPrefix("!") {
                guard let state = SessionState.allCases.first(where: { "\($0)" == line.dropFirst(2) }) else {
                    failures.append("\(line): no such state")
                    continue
                }
                bench.transition(key, to: state, tick: now)
            } else if let failure = playSegment(line, bench, frames, key, now) {
                failures.append(failure)
            }
        }
        return failures
    }

    private func playSegment(
        _ line: String, _ bench: some JudgeBench, _ frames: FrameBuilder, _ key: sluice_session_key, _ now: UInt32
    ) -> String? {
        let parts = line.split(separator: "=>", maxSplits: 1)
        guard parts.count == 2 else { return "\(line): no expectation" }
        let segment = parts[0].split(separator: " ").map(String.init)
        let expected = parts[1].split(separator: " ").map(String.init)
        let isOriginator = segment[0] == ">"
        let before = bench.session(key)?.1.tick
        let verdict = bench.judge(
            frame(segment, isOriginator ? frames : frames.reversed),
            Circumstances(zone: isOriginator ? 1 : 2, routeZone: isOriginator ? 2 : 1, now: now))
        let after = bench.session(key)
        let state = after.flatMap { $0.1.state }.map { "\($0)" } ?? "none"
        guard verdict.description == expected[0], expected.count < 2 || state == expected[1] else {
            return "\(line): got \(verdict) \(state)"
        }
        if expected.contains("renews") && after?.1.tick != now {
            return "\(line): the timer was not restarted"
        }
        if expected.contains("keeps") && after?.1.tick != before {
            return "\(line): the timer was restarted"
        }
        return nil
    }

    private func frame(_ words: [String], _ frames: FrameBuilder) -> [UInt8] {
        var flags: UInt8 = 0
        for letter in words[1] {
            switch letter {
            case "S": flags |= TCPFlags.syn
            case "A": flags |= TCPFlags.ack
            case "F": flags |= TCPFlags.fin
            case "R": flags |= TCPFlags.rst
            case "P": flags |= TCPFlags.psh
            default: break
            }
        }
        func value(_ name: String) -> UInt32? {
            words.firstIndex(of: name).flatMap { $0 + 1 < words.count ? UInt32(words[$0 + 1]) : nil }
        }
        let options: [UInt8] = value("ws").map { [1, 3, 3, UInt8($0)] } ?? []
        return frames.tcp(
            flags: flags, sequence: UInt32(words[2]) ?? 0, acknowledgment: value("ack") ?? 0,
            window: UInt16(value("win") ?? 65535), payload: Int(value("len") ?? 0), options: options)
    }

    /// The key of the frames' session.
    package func key(of frames: FrameBuilder) -> sluice_session_key {
        func address(_ text: String) -> sluice_address {
            let bytes = FrameBuilder.address(text)
            if bytes.count == 4 {
                return sluice_address(ipv4: bytes.reduce(0) { $0 << 8 | UInt32($1) })
            }
            return sluice_address(
                high: bytes[0..<8].reduce(0) { $0 << 8 | UInt64($1) },
                low: bytes[8..<16].reduce(0) { $0 << 8 | UInt64($1) })
        }
        return sluice_session_key.of(
            source: address(frames.source), destination: address(frames.destination),
            sourcePort: frames.sourcePort, destinationPort: frames.destinationPort, protocol: IPProtocol.tcp,
            family: frames.isIPv6 ? 6 : 4
        ).key
    }
}
