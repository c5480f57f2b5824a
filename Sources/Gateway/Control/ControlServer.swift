package import Glibc

/// The controller's end of the control socket, for use in a poll loop. Only its owner and root may connect.
package final class ControlServer {
    package let path: String
    private let listener: Int32
    /// The socket for the process of the HTTP API; nil: there is none.
    private var apiListener: (path: String, descriptor: Int32)?
    private var connections: [ControlConnection] = []
    private var nextNumber = 0

    /// Makes the socket. It replaces a socket file that an earlier controller left. The caller holds the gateway's lock, so no process uses
    /// that file.
    package init(path: String) throws(SystemError) {
        self.path = path
        listener = try Self.listening(path: path, mask: 0o177)
    }

    private static func listening(path: String, mask: mode_t) throws(SystemError) -> Int32 {
        let listener = try UnixSocket.make()
        do throws(SystemError) {
            if unlink(path) != 0 && errno != ENOENT { throw SystemError("replacing \(path)") }
            // The permissions apply from the start. With a later chmod, anyone could connect in between.
            let before = umask(mask)
            let status: Int32
            do throws(SystemError) {
                status = try UnixSocket.withAddress(of: path) { Glibc.bind(listener, $0, $1) }
            } catch {
                umask(before)
                throw error
            }
            let errorNumber = errno
            umask(before)
            guard status == 0 else { throw SystemError("making \(path)", errorNumber: errorNumber) }
            guard listen(listener, 16) == 0 else { throw SystemError("listening on \(path)") }
        } catch {
            close(listener)
            throw error
        }
        UnixSocket.setNonblocking(listener)
        return listener
    }

    deinit {
        close(listener)
        closeAPI()
    }

    /// Removes the socket files.
    package func remove() {
        unlink(path)
        closeAPI()
    }

    /// Makes a second socket, only for the process of the HTTP API. Does nothing if it exists.
    ///
    /// - Parameter group: that may read and write the file. In a directory that passes on its group, the file has it already.
    package func openAPI(path: String, group: gid_t) throws(SystemError) {
        guard apiListener == nil else { return }
        let descriptor = try Self.listening(path: path, mask: 0o117)
        apiListener = (path, descriptor)
        guard chown(path, uid_t.max, group) == 0 || geteuid() != 0 else {
            let errorNumber = errno
            closeAPI()
            throw SystemError("giving \(path) to group \(group)", errorNumber: errorNumber)
        }
    }

    /// Closes and removes that socket.
    package func closeAPI() {
        guard let (path, descriptor) = apiListener else { return }
        apiListener = nil
        unlink(path)
        close(descriptor)
    }

    /// The descriptors to poll.
    package var pollDescriptors: [pollfd] {
        var result: [pollfd] = []
        if hasRoom(isAPI: false) { result.append(pollfd(fd: listener, events: Int16(POLLIN), revents: 0)) }
        if let apiListener, hasRoom(isAPI: true) {
            result.append(pollfd(fd: apiListener.descriptor, events: Int16(POLLIN), revents: 0))
        }
        for connection in connections {
            result.append(pollfd(fd: connection.descriptor, events: connection.interest, revents: 0))
        }
        return result
    }

    /// Reads what has arrived, answers complete requests, and disconnects clients that are too slow.
    ///
    /// - Parameters:
    ///   - now: CLOCK_MONOTONIC, nanoseconds.
    ///   - handle: answers a request; nil: the answer comes later, by ``answer(_:_:now:)`` with the request's number.
    package func serve(now: UInt64, _ handle: (ControlRequest, ControlPeer, Int) -> ControlResponse?) {
        accept(listener, isAPI: false, now: now)
        if let apiListener { accept(apiListener.descriptor, isAPI: true, now: now) }
        connections.removeAll { connection in
            switch connection.receive() {
            case .waiting: break
            case .finished: return true
            case .refused(let response): connection.answer(response, now: now)
            case .request(let request):
                if let response = handle(request, connection.peer, connection.number) {
                    connection.answer(response, now: now)
                } else {
                    connection.waitForAnswer(now: now)
                }
            }
            return connection.flush() == .finished || now > connection.deadlineNanoseconds
        }
    }

    /// Answers a request that could not be answered at once. Does nothing if the client has disconnected.
    package func answer(_ number: Int, _ response: ControlResponse, now: UInt64) {
        guard let index = connections.firstIndex(where: { $0.number == number }) else { return }
        connections[index].answer(response, now: now)
        if connections[index].flush() == .finished { connections.remove(at: index) }
    }

    /// The server was stopped for this time; the clients' deadlines move by it.
    package func wasAway(nanoseconds: UInt64) {
        for connection in connections { connection.wasAway(nanoseconds: nanoseconds) }
    }

    private func hasRoom(isAPI: Bool) -> Bool {
        let limit = isAPI ? ControlLimits.apiClients : ControlLimits.clients
        return connections.count { $0.peer.isAPI == isAPI } < limit
    }

    private func accept(_ listener: Int32, isAPI: Bool, now: UInt64) {
        while hasRoom(isAPI: isAPI) {
            let descriptor = Glibc.accept(listener, nil, nil)
            guard descriptor >= 0 else { return }
            _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
            UnixSocket.setNonblocking(descriptor)
            nextNumber += 1
            connections.append(
                ControlConnection(number: nextNumber, descriptor: descriptor, isAPI: isAPI, now: now))
        }
    }
}
