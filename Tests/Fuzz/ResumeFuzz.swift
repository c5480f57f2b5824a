/// libFuzzer's entry: the first byte selects what the others are for.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOne(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    guard let start, count > 1 else { return 0 }
    let input = [UInt8](UnsafeBufferPointer(start: start, count: count))
    switch input[0] % 3 {
    case 0: fuzzHello(Array(input.dropFirst()))
    case 1: fuzzWelcome(Array(input.dropFirst()))
    default: EndFuzz(Array(input.dropFirst())).run()
    }
    return 0
}

/// What can be read is written as it was, and a beginning of it is waited for.
private func fuzzHello(_ bytes: [UInt8]) {
    guard let decoded = try? bytes.withUnsafeBytes({ try Hello.decode($0) }) else { return }
    var encoded: [UInt8] = []
    decoded.0.encode(into: &encoded)
    precondition(encoded.elementsEqual(bytes.prefix(decoded.length)), "a hello is written otherwise: \(encoded)")
    for length in stride(from: 0, to: decoded.length, by: 11) {
        let part = Array(bytes.prefix(length))
        let early = part.withUnsafeBytes { buffer in Result { try Hello.decode(buffer) } }
        guard case .success(nil) = early else { preconditionFailure("\(length) bytes of a hello are not waited for") }
    }
}

private func fuzzWelcome(_ bytes: [UInt8]) {
    guard let decoded = try? bytes.withUnsafeBytes({ try Welcome.decode($0) }) else { return }
    var encoded: [UInt8] = []
    decoded.encode(into: &encoded)
    precondition(encoded.elementsEqual(bytes.prefix(Welcome.bytes)), "a welcome is written otherwise: \(encoded)")
}

/// An end beside its model. The input is a script: what the application does, and what the connection delivers.
private final class EndFuzz {
    private var input: ArraySlice<UInt8>
    private var end: StreamEnd
    private var model: ModelEnd
    private var now = ContinuousClock.now
    private var isAttached = false

    init(_ bytes: [UInt8]) {
        input = bytes[...]
        let first = input.popFirst() ?? 0
        var limits = StreamLimits()
        limits.bufferBytes = 1 + Int(first >> 1)
        end = StreamEnd(isClient: first & 1 == 1, limits: limits, now: now)
        model = ModelEnd(isClient: first & 1 == 1, bufferBytes: limits.bufferBytes)
    }

    func run() {
        while let step = input.popFirst() {
            let argument = Int(step >> 4)
            switch step & 15 {
            case 0: attach(argument)
            case 1, 2, 3: if !deliver(argument + 1) { return }
            case 4: if !deliverFrame(argument) { return }
            case 5: send(argument + 1)
            case 6: finish()
            case 7: reset()
            case 8, 9: take(argument)
            case 10, 11: output(argument * argument + 1)
            case 12:
                now += .milliseconds(argument * argument * 100)
                if end.timer(now: now) == .lost { detach() }
            case 13: detach()
            default: break
            }
            check()
        }
    }

    private func attach(_ argument: Int) {
        detach()
        // Mostly what is possible.
        let room = model.highest - model.acknowledged
        var written = model.acknowledged + (room > 0 ? argument % (room + 1) : 0)
        let received =
            argument == 15
            ? model.highest + 1 : model.highest - (argument & 3 == 0 ? 0 : min(argument, model.highest - written))
        if argument == 14 { written = model.acknowledged - 1 }
        guard written >= 0, received >= 0 else { return }
        let announced = end.written
        let isPossible = model.attach(received: received, written: written, window: 7 * argument)
        do throws(StreamCause) {
            try end.attach(
                received: UInt64(received), written: UInt64(written), announced: announced,
                window: UInt32(7 * argument), now: now)
            precondition(isPossible, "attached at impossible positions")
            isAttached = true
        } catch {
            precondition(!isPossible && error == .offsetOutside, "not attached: \(error)")
        }
    }

    private func detach() {
        end.detach()
        isAttached = false
    }

    /// Bytes of the input as they are.
    private func deliver(_ count: Int) -> Bool {
        let bytes = Array(input.prefix(count))
        input = input.dropFirst(count)
        return deliver(bytes)
    }

    /// A frame that is well formed, so that the fuzzer gets further.
    private func deliverFrame(_ argument: Int) -> Bool {
        switch argument {
        case 0...6:
            let bytes = Array(input.prefix(argument + 1))
            input = input.dropFirst(argument + 1)
            guard !bytes.isEmpty else { return true }
            return deliver([0, 0, 0, 0, UInt8(bytes.count)] + bytes)
        case 7...9:
            let position =
                model.acknowledged + Int(input.popFirst() ?? 0) % (max(model.next - model.acknowledged, 0) + 1)
            return deliver(
                [1, 0, 0, 0, 8] + (0..<8).reversed().map { UInt8(truncatingIfNeeded: position >> ($0 * 8)) })
        case 10: return deliver([2, 0, 0, 0, 0])
        case 11: return deliver([3, 0, 0, 0, 0])
        case 12: return deliver([4, 0, 0, 0, 0])
        case 13: return deliver([6, 0, 0, 0, 1, 0])
        default: return deliver([6, 0, 0, 0, 1, input.popFirst() ?? 1])
        }
    }

    /// False: both found a violation.
    private func deliver(_ bytes: [UInt8]) -> Bool {
        guard isAttached else { return true }
        let expected = Result { try model.input(bytes) }
        var seen: [ModelEnd.Symbol] = []
        do {
            try bytes.withUnsafeBytes { buffer in
                var position = 0
                while let event = try end.receive(buffer, &position, now: now) {
                    switch event {
                    case .data(let range): seen += buffer[range].map(ModelEnd.Symbol.init)
                    case .finish: seen.append(ModelEnd.finish)
                    case .reset: seen.append(ModelEnd.reset)
                    case .closed(let cause): seen.append(1000 + ModelEnd.Symbol(cause.rawValue))
                    }
                }
            }
        } catch {
            guard case .failure = expected else { preconditionFailure("\(error), but the model permits \(bytes)") }
            return false
        }
        guard case .success(let events) = expected else { preconditionFailure("the model does not permit \(bytes)") }
        precondition(seen == events, "saw \(seen), expected \(events)")
        return true
    }

    private func send(_ count: Int) {
        guard end.acceptsBytes else { return }
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: model.sent.count + $0) }
        bytes.withUnsafeBytes { end.send($0) }
        model.sent += bytes.map(ModelEnd.Symbol.init)
    }

    private func finish() {
        end.finish()
        if !model.hasFinished, !model.hasReset { model.sent.append(ModelEnd.finish) }
    }

    private func reset() {
        let isComplete = model.isComplete
        end.reset(now: now)
        guard !isComplete, !model.hasReset else { return }
        model.sent.append(ModelEnd.reset)
        model.written = model.received.count
    }

    private func take(_ argument: Int) {
        let position = max(model.written, model.received.count - argument)
        end.wrote(upTo: UInt64(position), now: now)
        model.written = position
    }

    private func output(_ limit: Int) {
        guard isAttached else { return }
        var sink: [UInt8] = []
        end.output(into: &sink, limit: limit, now: now)
        if let wrong = model.output(sink) { preconditionFailure(wrong) }
        precondition(sink.count <= limit + 64, "\(sink.count) bytes for a limit of \(limit)")
    }

    private func check() {
        precondition(end.received == UInt64(model.received.count), "received \(end.received)")
        precondition(end.written == UInt64(model.written), "written \(end.written), not \(model.written)")
        precondition(end.keptBytes == model.kept, "keeps \(end.keptBytes), not \(model.kept)")
        precondition(end.isComplete == model.isComplete, "complete: \(end.isComplete)")
    }
}
