import SocketCore
import SocketLayout
import Testing

@testable import Sockets

/// What is changed, and what never is. The same code runs in the kernel.
@Suite struct DecisionTests {
    private func target(
        _ keepAlive: SocketKeepAlive, state: TCPState = .established, timeout: Double = 240
    ) throws -> SocketFix.Target {
        SocketFix.Target(socket: try JudgeTests.socket(.exact(keepAlive), state: state), timeoutSeconds: timeout)
    }

    private func preview(
        _ keepAlive: SocketKeepAlive, state: TCPState = .established, overrides: Bool = false, listeners: Bool = false
    ) throws -> SocketChange? {
        SocketFix.preview(
            KeepAliveOrder(idleSeconds: 30, intervalSeconds: 10, count: 3, overridesApplication: overrides),
            try target(keepAlive, state: state), changesListeners: listeners)
    }

    @Test("RISK-2 keep-alive that is off, or has the system's slow values, gets the values that are asked for")
    func changes() throws {
        for keepAlive in [SocketKeepAlive(isOn: false), SocketKeepAlive(isOn: true)] {
            let change = try #require(try preview(keepAlive))
            #expect(change.outcome == .changed && change.before == keepAlive && change.after.text == "30/10/3")
        }
    }

    @Test("RISK-2 values that the application has set are replaced only on request, also while keep-alive is off")
    func ownValues() throws {
        let own = SocketKeepAlive(isOn: true, idleSeconds: 600, own: .idle)
        #expect(try preview(own)?.outcome == .ownValues)
        #expect(try preview(own)?.after == own)
        #expect(try preview(SocketKeepAlive(isOn: false, idleSeconds: 600, own: .idle))?.outcome == .ownValues)
        #expect(try preview(own, overrides: true)?.after.text == "30/10/3")
    }

    @Test("RISK-2 what is fast enough is never touched, and a good idle time never changed")
    func goodValues() throws {
        let good = SocketKeepAlive(
            isOn: true, idleSeconds: 120, intervalSeconds: 10, count: 9, own: [.idle, .interval])
        for overrides in [false, true] {
            #expect(try preview(good, overrides: overrides)?.outcome == .notNeeded)
        }
        // A good idle time, with the system's slow interval.
        let slow = SocketKeepAlive(isOn: true, idleSeconds: 60, intervalSeconds: 75, own: .idle)
        #expect(try preview(slow, overrides: true)?.after.text == "60/10/3")
        let later = SocketKeepAlive(isOn: true, idleSeconds: 120, intervalSeconds: 75, own: .idle)
        #expect(try preview(later, overrides: true)?.after.text == "30/10/3")
    }

    @Test("RISK-2 listeners are changed only on request, closed sockets never")
    func states() throws {
        let off = SocketKeepAlive(isOn: false)
        #expect(try preview(off, state: .listening)?.outcome == .notConnected)
        #expect(try preview(off, state: .listening, listeners: true)?.outcome == .changed)
        for state in [TCPState.timeWait, .lastAck, .closing, .closed, .synSent] {
            #expect(try preview(off, state: state, listeners: true)?.outcome == .notConnected, "\(state)")
        }
        for state in [TCPState.closeWait, .finWait1, .finWait2] {
            #expect(try preview(off, state: state)?.outcome == .changed, "\(state)")
        }
    }

    @Test("RISK-2 an order that would be too slow itself is known as such")
    func order() {
        #expect(KeepAliveOrder(idleSeconds: 30, intervalSeconds: 10, count: 3).isFastEnough(timeoutSeconds: 240))
        #expect(!KeepAliveOrder(idleSeconds: 210, intervalSeconds: 10, count: 3).isFastEnough(timeoutSeconds: 240))
        #expect(!KeepAliveOrder(idleSeconds: 30, intervalSeconds: 75, count: 9).isFastEnough(timeoutSeconds: 240))
    }
}
