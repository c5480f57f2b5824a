package import Glibc

/// The controller's end of the control socket, for use in a poll loop. Its owner, and root, may connect; nobody else.
package final class ControlServer {
    package let path: String
    private let listener: Int32
    private var connections: [ControlConnection] = []
    private var nextNumber = 0

    /// Makes the socket. What an earlier controller left under the name is replaced; the caller holds the gateway's lock, so
    /// it is nobody's.
    package init(path: String) throws(SystemError) {
        self.path = path
        let listener = try UnixSocket.make()
        do throws(SystemError) {
            if unlink(path) != 0 && errno != ENOENT { throw SystemError("replacing \(path)") }
            // From the first moment, not by a later chmod: between the two anybody could connect.
            let mask = umask(0o177)
            let status: Int32
            do throws(SystemError) {
                status = try UnixSocket.withAddress(of: path) { Glibc.bind(listener, $0, $1) }
            } catch {
                umask(mask)
                throw error
            }
            let errorNumber = errno
            umask(mask)
            guard status == 0 else { throw SystemError("making \(path)", errorNumber: errorNumber) }
            guard listen(listener, 16) == 0 else { throw SystemError("listening on \(path)") }
        } catch {
            close(listener)
            throw error
        }
        UnixSocket.setNonblocking(listener)
        self.listener = listener
    }

    deinit { close(listener) }

    /// Takes the name away.
    package func remove() { unlink(path) }

    /// What to poll.
    package var pollDescriptors: [pollfd] {
        var result: [pollfd] = []
        if connections.count < ControlLimits.clients {
            result.append(pollfd(fd: listener, events: Int16(POLLIN), revents: 0))
        }
        for connection in connections {
            result.append(pollfd(fd: connection.descriptor, events: connection.interest, revents: 0))
        }
        return result
    }

    /// Takes what has arrived, answers what is complete, and lets go of who is too slow.
    ///
    /// - Parameters:
    ///   - now: CLOCK_MONOTONIC, nanoseconds.
    ///   - handle: answers a request; nil: not yet, but by ``answer(_:_:now:)`` with the number it was given.
    package func serve(now: UInt64, _ handle: (ControlRequest, Int) -> ControlResponse?) {
        accept(now: now)
        connections.removeAll { connection in
            switch connection.receive() {
            case .waiting: break
            case .finished: return true
            case .refused(let response): connection.answer(response, now: now)
            case .request(let request):
                if let response = handle(request, connection.number) {
                    connection.answer(response, now: now)
                } else {
                    connection.waitForAnswer(now: now)
                }
            }
            return connection.flush() == .finished || now > connection.deadlineNanoseconds
        }
    }

    /// Answers a request that could not be answered at once; nothing happens if who asked has gone.
    package func answer(_ number: Int, _ response: ControlResponse, now: UInt64) {
        guard let index = connections.firstIndex(where: { $0.number == number }) else { return }
        connections[index].answer(response, now: now)
        if connections[index].flush() == .finished { connections.remove(at: index) }
    }

    /// Nobody served for so long; clients are given as much more.
    package func wasAway(nanoseconds: UInt64) {
        for connection in connections { connection.wasAway(nanoseconds: nanoseconds) }
    }

    private func accept(now: UInt64) {
        while connections.count < ControlLimits.clients {
            let descriptor = Glibc.accept(listener, nil, nil)
            guard descriptor >= 0 else { return }
            _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
            UnixSocket.setNonblocking(descriptor)
            nextNumber += 1
            connections.append(ControlConnection(number: nextNumber, descriptor: descriptor, now: now))
        }
    }
}
