import Glibc
import Testing

@testable import Gateway

@Suite struct LoopWorkTests {
    private func isAwake(_ waker: LoopWaker, within milliseconds: Int32) -> Bool {
        var wanted = pollfd(fd: waker.fileDescriptor, events: Int16(POLLIN), revents: 0)
        return poll(&wanted, 1, milliseconds) == 1
    }

    @Test("MET-3 a loop is woken when work is done, and takes the result once; the thread that works is another one")
    func result() throws {
        let waker = try LoopWaker()
        let own = pthread_self()
        let (gate, open) = try pipeEnds()
        let work = try LoopWork(waking: waker) {
            // Until the test has checked.
            var byte: UInt8 = 0
            _ = read(gate, &byte, 1)
            return pthread_equal(pthread_self(), own) == 0
        }
        #expect(work.take() == nil && !isAwake(waker, within: 0))
        close(open)
        #expect(isAwake(waker, within: 30_000))
        #expect(work.take() == true)
        #expect(work.take() == nil)
        waker.clear()
        #expect(!isAwake(waker, within: 0))
        close(gate)
    }

    private func pipeEnds() throws -> (Int32, Int32) {
        var ends: [Int32] = [-1, -1]
        try #require(pipe(&ends) == 0)
        return (ends[0], ends[1])
    }
}
