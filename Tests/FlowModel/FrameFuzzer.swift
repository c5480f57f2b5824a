import FlowCore

/// Random frames. Most are nearly legal and of few 5-tuples, with sequence numbers near those that a session expects.
/// Some are damaged, and some are random bytes.
package struct FrameFuzzer {
    package var random: RandomSource

    package init(seed: UInt64) { random = RandomSource(seed: seed) }

    /// A frame, and the circumstances in which it arrives.
    package mutating func next(now: UInt32) -> ([UInt8], Circumstances) {
        var frame = random.chance(3) ? noise() : packet()
        if random.chance(6) { mutilate(&frame) }
        if frame.count < 14 { frame += [UInt8](repeating: 0, count: 14 - frame.count) }
        return (frame, circumstances(now))
    }

    private mutating func circumstances(_ now: UInt32) -> Circumstances {
        let routes: [RouteKind] = [.forward, .forward, .forward, .forwardSlowly, .host, .unreachable]
        let zone = UInt8.random(in: 1...2, using: &random)
        return Circumstances(
            zone: zone, routeKind: random.chance(80) ? .forward : routes.randomElement(using: &random) ?? .forward,
            routeZone: random.chance(95) ? 3 - zone : 0, sourceZone: random.chance(95) ? zone : 0, now: now,
            segmentSize: random.chance(5) ? UInt32.random(in: 1...1460, using: &random) : 0)
    }

    private mutating func ends() -> FrameBuilder {
        var frames = FrameBuilder()
        if random.chance(40) {
            frames.source = "fd00:1::\(Int.random(in: 1...3, using: &random))"
            frames.destination = "2001:db8:3::\(Int.random(in: 1...3, using: &random))"
        } else {
            frames.source = "10.1.0.\(Int.random(in: 1...3, using: &random))"
            frames.destination =
                random.chance(90) ? "203.0.113.\(Int.random(in: 1...3, using: &random))" : "10.2.0.9"
            if random.chance(2) { frames.source = "127.0.0.1" }
            if random.chance(2) { frames.destination = "224.0.0.5" }
        }
        frames.sourcePort = 40000 + UInt16.random(in: 0...5, using: &random)
        frames.destinationPort = [443, 80, 23, 53].randomElement(using: &random) ?? 443
        if random.chance(45) { frames = frames.reversed }
        if random.chance(3) { frames.timeToLive = UInt8.random(in: 0...1, using: &random) }
        if random.chance(3) {
            frames.ipv4Options = [UInt8](repeating: 1, count: Int.random(in: 1...40, using: &random))
        }
        if random.chance(6) { addExtensions(&frames) }
        if random.chance(6) { fragment(&frames) }
        return frames
    }

    private mutating func addExtensions(_ frames: inout FrameBuilder) {
        // Sometimes a chain that is legal except for its length.
        if random.chance(30) {
            frames.extensions = (0..<Int.random(in: 6...12, using: &random)).map { _ in
                (60, [UInt8](repeating: 0, count: 8))
            }
            return
        }
        for _ in 0..<Int.random(in: 1...9, using: &random) {
            let number: UInt8 = [0, 43, 44, 60, 60, 60].randomElement(using: &random) ?? 60
            let units = number == 44 ? 0 : Int.random(in: 0...1, using: &random)
            var bytes = [UInt8](repeating: 0, count: 8 + units * 8)
            bytes[1] = UInt8(units)
            if random.chance(10) { bytes[1] = UInt8.random(in: 0...255, using: &random) }
            if number == 43 { bytes[2] = random.chance(50) ? 2 : 0; bytes[3] = random.chance(50) ? 1 : 0 }
            if number == 44 { bytes[3] = UInt8.random(in: 0...9, using: &random) }
            frames.extensions.append((number, bytes))
        }
    }

    private mutating func fragment(_ frames: inout FrameBuilder) {
        frames.identification = UInt16.random(in: 0...3, using: &random)
        frames.moreFragments = random.chance(60)
        frames.fragmentOffset = random.chance(50) ? 0 : UInt16.random(in: 0...190, using: &random) * 8
        if random.chance(3) { frames.fragmentOffset = 0xFFF8 }
    }

    private mutating func packet() -> [UInt8] {
        var frames = ends()
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<70: return segment(frames)
        case 70..<80: return frames.udp(payload: Int.random(in: 0...60, using: &random))
        case 80..<86:
            let types: [UInt8] = frames.isIPv6 ? [128, 129, 133, 136, 1, 200] : [8, 0, 5, 13, 8, 0]
            return frames.icmp(
                type: types.randomElement(using: &random) ?? 8, identifier: UInt16.random(in: 0...3, using: &random))
        case 86..<95: return error(&frames)
        default:
            return frames.frame(
                protocol: [47, 50, 51, 2, 132, 139, 140, 59, 60].randomElement(using: &random) ?? 47,
                [17, 0, 3, 4, 5, 6, 7, 8, 0, 53, 0, 53, 0, 8, 0, 0])
        }
    }

    /// Sequence numbers lie near 1000 on one side and near 5000 on the other, in both directions.
    private mutating func near(_ base: UInt32) -> UInt32 {
        switch Int.random(in: 0..<20, using: &random) {
        case 0: UInt32.random(in: 0...UInt32.max, using: &random)
        case 1: base &+ UInt32.random(in: 0...70_000, using: &random)
        case 2: base &- UInt32.random(in: 0...70_000, using: &random)
        default: base &+ UInt32.random(in: 0...3, using: &random)
        }
    }

    private mutating func segment(_ frames: FrameBuilder) -> [UInt8] {
        let isLow = frames.sourcePort >= 40000
        let flagSets: [UInt8] = [
            TCPFlags.syn, TCPFlags.syn, TCPFlags.syn | TCPFlags.ack, TCPFlags.syn | TCPFlags.ack, TCPFlags.ack,
            TCPFlags.ack, TCPFlags.ack, TCPFlags.ack | TCPFlags.psh, TCPFlags.ack | TCPFlags.fin, TCPFlags.rst,
            TCPFlags.rst | TCPFlags.ack,
        ]
        let flags =
            random.chance(96)
            ? flagSets.randomElement(using: &random) ?? TCPFlags.ack : UInt8.random(in: 0...63, using: &random)
        return frames.tcp(
            flags: flags, sequence: near(isLow ? 999 : 4999), acknowledgment: near(isLow ? 5000 : 1000),
            window: random.chance(80) ? 65535 : UInt16.random(in: 0...65535, using: &random),
            payload: random.chance(70) ? 0 : Int.random(in: 1...1400, using: &random), options: options(flags))
    }

    private mutating func options(_ flags: UInt8) -> [UInt8] {
        guard random.chance(flags & TCPFlags.syn != 0 ? 70 : 5) else { return [] }
        var options: [UInt8] = []
        for _ in 0..<Int.random(in: 1...4, using: &random) {
            switch Int.random(in: 0..<9, using: &random) {
            case 0: options += [1]
            case 1: options += [2, 4, 5, 180]
            case 2: options += [4, 2]
            case 3: options += [3, 3, UInt8.random(in: 0...16, using: &random)]
            case 4: options += [8, 10, 0, 0, 0, 1, 0, 0, 0, 0]
            case 6: options += [19, 18] + [UInt8](repeating: 7, count: 16)
            case 7: options += [29, random.chance(80) ? 16 : 3] + [UInt8](repeating: 7, count: 14)
            case 5: options += [UInt8.random(in: 0...255, using: &random), UInt8.random(in: 0...12, using: &random)]
            default: options += [0]
            }
        }
        return Array(options.prefix(40))
    }

    private mutating func error(_ frames: inout FrameBuilder) -> [UInt8] {
        // The receiver of the error has sent the quoted packet.
        var inner = random.chance(90) ? frames.reversed : frames
        if random.chance(15) { fragment(&inner) }
        let quoted = quoted(inner)
        let types: [UInt8] = frames.isIPv6 ? [1, 2, 3, 4] : [3, 11, 12, 4]
        frames.ipv4Options = []
        frames.extensions = []
        frames.moreFragments = false
        frames.fragmentOffset = 0
        return frames.icmp(
            type: types.randomElement(using: &random) ?? 3,
            rest: Array(quoted.dropFirst(14).prefix(Int.random(in: 0...120, using: &random))))
    }

    private mutating func quoted(_ inner: FrameBuilder) -> [UInt8] {
        switch Int.random(in: 0..<10, using: &random) {
        case 0..<5: return segment(inner)
        case 5..<7: return inner.udp()
        case 7..<9:
            let types: [UInt8] = inner.isIPv6 ? [128, 129, 135] : [8, 0, 13]
            return inner.icmp(
                type: types.randomElement(using: &random) ?? 8, identifier: UInt16.random(in: 0...3, using: &random))
        default:
            return inner.frame(protocol: [47, 50, 51, 132].randomElement(using: &random) ?? 47, [UInt8](1...12))
        }
    }

    private mutating func noise() -> [UInt8] {
        var bytes = (0..<Int.random(in: 14...120, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random)
        }
        bytes[12] = random.chance(50) ? 0x08 : 0x86
        bytes[13] = bytes[12] == 0x08 ? 0x00 : 0xDD
        if bytes.count > 14, random.chance(80) { bytes[14] = bytes[12] == 0x08 ? 0x45 : 0x60 }
        return bytes
    }

    private mutating func mutilate(_ frame: inout [UInt8]) {
        if random.chance(50) {
            frame.removeLast(Int.random(in: 0...frame.count, using: &random))
        } else {
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                frame[Int.random(in: 0..<frame.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
        }
    }
}
