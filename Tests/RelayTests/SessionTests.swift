import Fleet
import Policy
import Testing

@testable import Relay

@Suite("What ends a connection, in virtual time")
struct SessionTests {
    private static let second: UInt64 = 1_000_000_000

    @Test("RELAY-2 the kernel is asked for keep-alives 64 times in a timeout, and only where idle time counts")
    func watchInterval() {
        var session = SessionMachine(now: 0)
        #expect(session.watchInterval == nil)
        session.rules = [.init(cause: .age(1_000), ending: .reset, armedAt: 0, name: "age")]
        #expect(session.watchInterval == nil)
        session.rules.append(.init(cause: .idle(240_000_000_000), ending: .silent, armedAt: 0, name: "idle"))
        #expect(session.watchInterval == 3_750_000_000)
        session.rules.append(.init(cause: .idle(64_000_000), ending: .reset, armedAt: 0, name: "short"))
        #expect(session.watchInterval == 10_000_000)
        session.becomeSilent()
        #expect(session.watchInterval == nil)
    }

    @Test("RELAY-2 new segments are dated by data or acknowledgments, or else as keep-alives, by the reading")
    func segments() {
        let first = SegmentCount(segments: 5, lastCounted: 90, readAt: 100)
        #expect(SegmentCount(segments: 5, lastCounted: 90, readAt: 200).lastSegment(since: first) == nil)
        #expect(SegmentCount(segments: 7, lastCounted: 150, readAt: 200).lastSegment(since: first) == 150)
        #expect(SegmentCount(segments: 6, lastCounted: 90, readAt: 200).lastSegment(since: first) == 200)
    }

    @Test("RELAY-2 activity restarts an idle timeout, and not an age")
    func idleAndAge() {
        var session = SessionMachine(now: 100)
        session.rules = [.init(cause: .idle(10), ending: .reset, armedAt: 100, name: "idle")]
        #expect(session.nextTimer == 110)
        session.activity(now: 109)
        #expect(session.due(now: 110) == nil && session.nextTimer == 119)
        #expect(session.due(now: 119)?.ending == .reset)
        session.rules = [.init(cause: .age(50), ending: .reset, armedAt: 0, name: "age")]
        session.activity(now: 149)
        #expect(session.due(now: 149) == nil && session.due(now: 150)?.rule.name == "age")
    }

    @Test("RELAY-2 a silent session is not reset for being idle")
    func silent() {
        var session = SessionMachine(now: 0)
        session.rules = [
            .init(cause: .idle(10), ending: .reset, armedAt: 0, name: "idle"),
            .init(cause: .age(0), ending: .silent, armedAt: 0, name: "silent"),
        ]
        #expect(session.due(now: 0)?.ending == .silent)
        session.becomeSilent()
        #expect(session.due(now: 1_000) == nil && session.nextTimer == nil)
    }

    @Test(
        "RELAY-2 the profiles' timeouts are the gateway's",
        arguments: [
            (Profile.azure, false, 240.0, SessionMachine.Ending.reset), (.azure, true, 300, .silent),
            (.azure2025, true, 300, .silent), (.azure2022, true, 240, .reset),
        ])
    func profiles(profile: Profile, isEastWest: Bool, seconds: Double, ending: SessionMachine.Ending) {
        for scale in [1.0, 60] {
            let keys = ProxyProfile(profile: profile, isEastWest: isEastWest, timeScale: scale)
            let rule = keys.idleRule(now: 0)
            #expect(rule?.cause == .idle(UInt64(seconds / scale * 1e9)))
            #expect(rule?.ending == ending)
        }
        #expect(ProxyProfile().idleRule(now: 0) == nil)
    }

    @Test("RELAY-2 the drain of a proxy takes its times from the profile, scaled")
    func drainTimes() {
        let new = ProxyProfile(profile: .azure, timeScale: 45).defaults(of: .drain)
        #expect(new.numbers == ["refuse": 1_000, "reset": 1_000])
        let old = ProxyProfile(profile: .azure2022, timeScale: 90).defaults(of: .drain)
        #expect(old.numbers == ["refuse": 1_000, "reset": 0])
    }

    private func run(_ kind: ToxicKind, _ profile: ProxyProfile, _ change: (inout ToxicAttributes) -> Void = { _ in })
        -> Disruption?
    {
        var attributes = profile.defaults(of: kind)
        change(&attributes)
        let toxic = Toxic(
            name: "t", kind: kind, direction: .downstream, toxicity: 1, attributes: attributes, number: 1)
        return Disruption(toxic, drain: profile.drain, now: 0)
    }

    /// Advances from timer to timer, and returns the effects with their times in seconds.
    private func effects(_ disruption: Disruption?, live: @escaping (InstanceIdentifier?) -> Int, until seconds: UInt64)
        -> [(Double, DisruptionEffect)]
    {
        var disruption = disruption
        var (now, all) = (UInt64(0), [(Double, DisruptionEffect)]())
        while now <= seconds * Self.second {
            all += (disruption?.advance(now: now, live: live) ?? []).map { (Double(now) / 1e9, $0) }
            guard let next = disruption?.nextTimer else { break }
            now = max(next, now + 1)
        }
        return all
    }

    @Test("RELAY-2 a drain refuses for 45 s, resets over 10 s, and is over at 90 s")
    func drain() throws {
        let profile = ProxyProfile(profile: .azure)
        let run = run(.drain, profile)
        #expect(run?.admission(hash: 1) == .refused(.reset))
        let all = effects(run, live: { _ in 5 }, until: 100)
        let reset = try #require(all.first { if case .reset = $0.1 { true } else { false } })
        #expect(reset.0 == 45 && reset.1 == .reset(home: nil, within: 10 * Self.second))
        #expect(all.last?.0 == 90 && all.last?.1 == .over)
        // Without connections it is over after the first moments.
        #expect(effects(self.run(.drain, profile), live: { _ in 0 }, until: 100).last?.0 == 1)
        // The older profile drops them at 90 s.
        let old = effects(self.run(.drain, ProxyProfile(profile: .azure2025)), live: { _ in 5 }, until: 100)
        #expect(old.contains { $0.0 == 90 && $0.1 == .silence(home: nil) })
        #expect(!old.contains { if case .reset = $0.1 { true } else { false } })
    }

    @Test(
        "RELAY-2 maintenance drains each instance once, the replacement first, and takes new connections all the time")
    func maintenance() throws {
        var run = run(.maintenance, ProxyProfile(profile: .azure)) { $0.numbers["instances"] = 3 }
        var (now, resets, isOver) = (UInt64(0), [InstanceIdentifier](), false)
        while !isOver, now < 600 * Self.second {
            for effect in run?.advance(now: now, live: { _ in 3 }) ?? [] {
                if case .reset(let home?, _) = effect { resets.append(home) }
                if effect == .over { isOver = true }
            }
            guard !isOver else { break }
            for hash in [0, 1, 77, 4_711] as [UInt64] {
                if case .refused = run?.admission(hash: hash) { Issue.record("refused at \(now)") }
            }
            now = max(run?.nextTimer ?? now, now + 1)
        }
        #expect(isOver && resets.sorted() == [1, 2, 3])
        // One after the other: 90 s each.
        #expect((270...290).contains(now / Self.second), "\(now / Self.second) s")
    }

    @Test("RELAY-2 recovery: silence at once, refused until the failure is detected, over when it is replaced")
    func recovery() throws {
        var run = run(.recovery, ProxyProfile()) { $0.numbers["instances"] = 2 }
        let busy: (InstanceIdentifier?) -> Int = { $0 == 2 ? 7 : 1 }
        let first = run?.advance(now: 0, live: busy) ?? []
        #expect(first.contains(.silence(home: 2)), "the instance with the most connections fails: \(first)")
        func isRefused() -> Bool { (0..<64).contains { run?.admission(hash: $0) == .refused(.hang) } }
        #expect(isRefused())
        var (now, detected, over) = (UInt64(0), UInt64?.none, UInt64?.none)
        while over == nil, now < 100 * Self.second {
            if (run?.advance(now: now, live: busy) ?? []).contains(.over) { over = now }
            if detected == nil, !isRefused() { detected = now }
            now = max(run?.nextTimer ?? now, now + 1)
        }
        #expect(try (4...6).contains(#require(detected) / Self.second))
        #expect(try (14...16).contains(#require(over) / Self.second))
    }
}
