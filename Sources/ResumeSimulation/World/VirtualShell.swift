internal import SluiceResilience

/// What the shells of both ends do.
enum ShellStep: Equatable {
    case connect(Int)
    case abandon(Int)
    case end(StreamCause)
    case forget
}

/// A stream's machine, as its shell sees it.
protocol VirtualStream {
    var end: StreamEnd { get set }
    var deadline: ContinuousClock.Instant? { get }
    var attachedConnection: Int? { get }
    mutating func timer(now: ContinuousClock.Instant, using random: inout ResumeRandom) -> [ShellStep]
    mutating func lost(_ number: Int, now: ContinuousClock.Instant, using random: inout ResumeRandom) -> [ShellStep]
    mutating func close(_ cause: StreamCause, now: ContinuousClock.Instant) -> [ShellStep]
}

/// What carries out a machine's directives: connections, the application and the timer of one end.
final class VirtualShell<Stream: VirtualStream> {
    let side: StreamSide
    var stream: Stream
    let application: VirtualApplication
    let limits: StreamLimits
    /// The application at the other end, once the connection to it is known.
    var peer: VirtualApplication?
    /// How the stream ended.
    var outcome: StreamCause?
    /// When the timer's event is scheduled.
    var timerAt = Int64.max
    /// Its process is gone.
    var isDead = false
    /// Connections to its target.
    var opened = 0

    init(_ side: StreamSide, _ stream: Stream, _ application: VirtualApplication, limits: StreamLimits) {
        self.side = side
        self.stream = stream
        self.application = application
        self.limits = limits
    }
}

struct VirtualClientStream: VirtualStream {
    var machine: ClientStream

    init(_ machine: ClientStream) { self.machine = machine }

    var end: StreamEnd {
        get { machine.end }
        _modify { yield &machine.end }
    }
    var deadline: ContinuousClock.Instant? { machine.deadline }
    var attachedConnection: Int? { machine.attachedConnection }

    mutating func timer(now: ContinuousClock.Instant, using random: inout ResumeRandom) -> [ShellStep] {
        machine.timer(now: now, using: &random).map(ShellStep.init)
    }

    mutating func lost(_ number: Int, now: ContinuousClock.Instant, using random: inout ResumeRandom) -> [ShellStep] {
        machine.lost(number, .broken, now: now, using: &random).map(ShellStep.init)
    }

    mutating func close(_ cause: StreamCause, now: ContinuousClock.Instant) -> [ShellStep] {
        machine.close(cause).map(ShellStep.init)
    }
}

struct VirtualServerStream: VirtualStream {
    var machine: ServerStream

    init(_ machine: ServerStream) { self.machine = machine }

    var end: StreamEnd {
        get { machine.end }
        _modify { yield &machine.end }
    }
    var deadline: ContinuousClock.Instant? { machine.deadline }
    var attachedConnection: Int? { machine.attachedConnection }

    mutating func timer(now: ContinuousClock.Instant, using random: inout ResumeRandom) -> [ShellStep] {
        machine.timer(now: now).map(ShellStep.init)
    }

    mutating func lost(_ number: Int, now: ContinuousClock.Instant, using random: inout ResumeRandom) -> [ShellStep] {
        machine.lost(number, now: now)
        return []
    }

    mutating func close(_ cause: StreamCause, now: ContinuousClock.Instant) -> [ShellStep] {
        machine.close(cause, now: now).map(ShellStep.init)
    }
}

extension ShellStep {
    init(_ directive: ClientStream.Directive) {
        switch directive {
        case .connect(let number): self = .connect(number)
        case .abandon(let number): self = .abandon(number)
        case .end(let cause): self = .end(cause)
        }
    }

    init(_ directive: ServerStream.Directive) {
        switch directive {
        case .abandon(let number): self = .abandon(number)
        case .end(let cause): self = .end(cause)
        case .forget: self = .forget
        }
    }
}
