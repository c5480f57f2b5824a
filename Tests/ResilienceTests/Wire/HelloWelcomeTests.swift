import SluiceResilience
import Testing

/// Hello and welcome against bytes that were written by hand from docs/resume-protocol.md.
@Suite("Hello and welcome")
struct HelloWelcomeTests {
    static let newHello = bytes(
        """
        53 4c 52 31                                      #   0  magic: SLR1
        00                                               #   4  kind: new
        00                                               #   5  flags
        00 11 22 33 44 55 66 77 88 99 aa bb cc dd ee ff  #   6  id
        00 00 00 01                                      #  22  epoch
        01 2c                                            #  26  patience: 300 s
        00 20 00 00                                      #  28  window: 2 MiB
        00 00 00 00 00 00 00 00                          #  32  received
        00 00 00 00 00 00 00 00                          #  40  written
        a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1  #  48  secret
        b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2  #  80  token proof
        07                                               # 112  length of the target
        64 62 3a 35 34 33 32                             # 113  target: db:5432
        """)

    static let resumeHello = bytes(
        """
        53 4c 52 31 01 00                                #   0  magic, kind: resume, flags
        00 11 22 33 44 55 66 77 88 99 aa bb cc dd ee ff  #   6  id
        00 00 01 02                                      #  22  epoch: 258
        00 3c 00 01 00 00                                #  26  patience: 60 s, window: 64 KiB
        00 00 00 01 00 00 00 05                          #  32  received: 4 GiB + 5
        00 00 00 01 00 00 00 03                          #  40  written
        c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3  #  48  proof of the secret
        0000000000000000000000000000000000000000000000000000000000000000  #  80  no token
        00                                               # 112  no target
        """)

    static let welcomeBytes = bytes(
        """
        53 4c 52 31                                      #   0  magic
        00 00                                            #   4  status: ok, cause
        01 68                                            #   6  retention: 360 s
        00 20 00 00                                      #   8  window: 2 MiB
        00 00 00 00 00 00 01 00                          #  12  received: 256
        00 00 00 00 00 00 00 ff                          #  20  written: 255
        d4d4d4d4d4d4d4d4d4d4d4d4d4d4d4d4d4d4d4d4d4d4d4d4d4d4d4d4d4d4d4d4  #  28  token proof
        """)

    private static let id = StreamID(high: 0x0011_2233_4455_6677, low: 0x8899_aabb_ccdd_eeff)

    private static var hello: Hello {
        var hello = Hello(
            kind: .new, id: id, epoch: 1, patienceSeconds: 300, window: 2 << 20, target: "db:5432")
        hello.secret = [UInt8](repeating: 0xA1, count: 32)
        hello.tokenProof = [UInt8](repeating: 0xB2, count: 32)
        return hello
    }

    private static var resume: Hello {
        var hello = Hello(
            kind: .resume, id: id, epoch: 258, patienceSeconds: 60, window: 64 << 10, received: 4 << 30 + 5,
            written: 4 << 30 + 3)
        hello.received = (4 << 30) + 5
        hello.written = (4 << 30) + 3
        hello.secret = [UInt8](repeating: 0xC3, count: 32)
        return hello
    }

    private static var welcome: Welcome {
        var welcome = Welcome(status: .ok, retentionSeconds: 360, window: 2 << 20, received: 256, written: 255)
        welcome.tokenProof = [UInt8](repeating: 0xD4, count: 32)
        return welcome
    }

    @Test("RESUME-2 a hello and a welcome have the bytes of the document, in both directions")
    func documented() throws {
        for (hello, expected) in [(Self.hello, Self.newHello), (Self.resume, Self.resumeHello)] {
            var encoded: [UInt8] = []
            hello.encode(into: &encoded)
            #expect(encoded == expected)
            let decoded = try #require(try expected.withUnsafeBytes { try Hello.decode($0) })
            #expect(decoded.0 == hello)
            #expect(decoded.length == expected.count)
        }
        var encoded: [UInt8] = []
        Self.welcome.encode(into: &encoded)
        #expect(encoded == Self.welcomeBytes)
        #expect(try Self.welcomeBytes.withUnsafeBytes { try Welcome.decode($0) } == Self.welcome)
        #expect(encoded.count == Welcome.bytes)
        #expect(Hello.fixedBytes == Self.resumeHello.count)
    }

    @Test("RESUME-2 a hello or a welcome that is not whole yet is waited for, at every length")
    func partial() throws {
        for count in 0..<Self.newHello.count {
            #expect(try Self.newHello[..<count].withUnsafeBytes { try Hello.decode($0) } == nil)
        }
        for count in 0..<Self.welcomeBytes.count {
            #expect(try Self.welcomeBytes[..<count].withUnsafeBytes { try Welcome.decode($0) } == nil)
        }
        // What follows is not read.
        let longer = Self.newHello + [1, 2, 3]
        #expect(try longer.withUnsafeBytes { try Hello.decode($0) }?.length == Self.newHello.count)
    }

    /// Where, what is written there, and why it can't be.
    private static let refused: [(at: Int, UInt8, String)] = [
        (0, 0x47, "another protocol"), (3, 0x32, "another version: SLR2"), (4, 2, "an unknown kind"),
        (5, 1, "an unknown flag"), (25, 0, "the epoch is 0"), (39, 1, "new, but something was received"),
        (47, 1, "more was written than received"), (112, 0, "no target"), (114, 0xFF, "the target is not UTF-8"),
    ]

    @Test("RESUME-2 a hello that can't be is refused", arguments: refused.indices)
    func refusedHello(index: Int) {
        let (position, byte, why) = Self.refused[index]
        var hello = Self.newHello
        hello[position] = byte
        if position == 112 { hello.removeLast(7) }
        #expect(throws: StreamCause.protocolError, "\(why)") {
            try hello.withUnsafeBytes { try Hello.decode($0) }
        }
    }

    @Test("RESUME-2 a hello of another version is refused by its first six bytes: nothing is waited for")
    func early() {
        #expect(throws: StreamCause.protocolError) {
            try bytes("53 4c 52 32 00 00").withUnsafeBytes { try Hello.decode($0) }
        }
        #expect(throws: StreamCause.protocolError) {
            try [UInt8]("GET / ".utf8).withUnsafeBytes { try Hello.decode($0) }
        }
        #expect(throws: StreamCause.protocolError) {
            try [UInt8]("HTTP".utf8).withUnsafeBytes { try Welcome.decode($0) }
        }
    }

    @Test("RESUME-2 a resume with a target, and a welcome that can't be, are refused")
    func refusedOthers() {
        var hello = Self.newHello
        hello[4] = 1
        #expect(throws: StreamCause.protocolError) { try hello.withUnsafeBytes { try Hello.decode($0) } }
        for (position, byte) in [(3, UInt8(0x30)), (4, 10), (5, 11), (26, 2)] {
            var welcome = Self.welcomeBytes
            welcome[position] = byte
            #expect(throws: StreamCause.protocolError, "byte \(position)") {
                try welcome.withUnsafeBytes { try Welcome.decode($0) }
            }
        }
    }

    @Test("RESUME-2 statuses and causes that are not defined are refused, and all others pass")
    func codes() throws {
        for code in UInt8.min...UInt8.max {
            var welcome = Self.welcomeBytes
            welcome[4] = code
            let decoded = try? welcome.withUnsafeBytes { try Welcome.decode($0) }
            #expect((decoded != nil) == (StreamStatus(rawValue: code) != nil))
            welcome = Self.welcomeBytes
            welcome[5] = code
            let cause = try? welcome.withUnsafeBytes { try Welcome.decode($0) }
            #expect((cause != nil) == (StreamCause(rawValue: code) != nil))
        }
    }
}
