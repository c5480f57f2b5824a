/// Connections, bytes under way, and what cuts them.
extension ResumeWorld {
    private func delay(_ sender: StreamSide) -> Int64 {
        let range = plan.delays[sender.rawValue]
        return range.lowerBound + Int64(random.next() % UInt64(range.upperBound - range.lowerBound + 1))
    }

    // MARK: Opening

    /// The client opens a connection.
    func connect(_ number: Int) {
        if sabotage == .neverReconnects, number > 1 { return }
        report.connections += 1
        if let text = pace.connect(now) { fail(text) }
        let link = VirtualLink(number)
        links[number] = link
        link.cut = plan.cuts[number]
        link.stall = plan.stalls[number]
        note("client connects by connection \(number)")
        if let outage = plan.outages.first(where: { $0.from <= now && now < $0.to }) {
            if outage.isRefused { at(now + delay(.client) + delay(.server)) { self.sees(link, .client) } }
            return
        }
        var extra: Int64 = 0
        if let late = plan.openDelays[number] {
            extra = late
            trouble(until: now + late)
        }
        let accepted = now + delay(.client) + extra
        link.pipes[0].lastDue = accepted
        at(accepted) { self.accept(link) }
        at(accepted + delay(.server)) {
            guard link.ends[0] == .opening, !link.pipes[1].isDead else { return }
            link.ends[0] = .open
            self.clientOpened(link)
        }
    }

    private func accept(_ link: VirtualLink) {
        guard link.ends[1] == .opening, !link.pipes[0].isDead else { return }
        link.ends[1] = .open
        at(now + nanoseconds(instant + plan.serverLimits.handshake) - now) {
            guard link.ends[1] == .open, !link.hasHello else { return }
            self.note("server closes connection \(link.number): no hello")
            self.close(link, .server)
        }
    }

    // MARK: Sending

    func isWritable(_ link: VirtualLink, _ sender: StreamSide) -> Bool {
        link.pipes[sender.rawValue].bytesUnderWay < plan.pipeBytes
    }

    /// Sends bytes, or the end of the direction (nil).
    func send(_ bytes: [UInt8]?, _ link: VirtualLink, _ sender: StreamSide) {
        let pipe = sender.rawValue
        if let bytes {
            if bytes.isEmpty { return }
            link.pipes[pipe].bytesUnderWay += bytes.count
        }
        guard !link.pipes[pipe].isDead else { return }
        link.pipes[pipe].segments.append(bytes)
        let due = max(link.pipes[pipe].lastDue, now + delay(sender))
        link.pipes[pipe].lastDue = due
        at(due) { self.deliver(link, sender) }
    }

    private func deliver(_ link: VirtualLink, _ sender: StreamSide) {
        let pipe = sender.rawValue
        guard !link.pipes[pipe].isDead else { return }
        if link.pipes[pipe].stalledUntil > now {
            return at(link.pipes[pipe].stalledUntil) { self.deliver(link, sender) }
        }
        if let stall = link.stall, stall.sender == sender, link.pipes[pipe].bytesDelivered >= stall.bytes {
            link.stall = nil
            note("connection \(link.number): what the \(sender) sends is late, by \(stall.pause / 1_000_000) ms")
            link.pipes[pipe].stalledUntil = now + stall.pause
            trouble(until: now + stall.pause)
            return at(now + stall.pause) { self.deliver(link, sender) }
        }
        guard let segment = link.pipes[pipe].segments.popFirst() else { return }
        guard var bytes = segment else { return sees(link, sender.other) }
        link.pipes[pipe].bytesUnderWay -= bytes.count
        var cut: ConnectionCut?
        if let planned = link.cut, planned.sender == sender,
            planned.bytes <= link.pipes[pipe].bytesDelivered + bytes.count
        {
            let rest =
                link.pipes[pipe].bytesDelivered + bytes.count - max(planned.bytes, link.pipes[pipe].bytesDelivered)
            if rest > 0 {
                // Some cuts deliver it later.
                link.pipes[pipe].segments = [Array(bytes.suffix(rest))] + link.pipes[pipe].segments
                link.pipes[pipe].bytesUnderWay += rest
                bytes.removeLast(rest)
                at(now) { self.deliver(link, sender) }
            }
            cut = planned
            link.cut = nil
        }
        link.pipes[pipe].bytesDelivered += bytes.count
        var position = 0
        while position < bytes.count {
            let length = plan.splits ? random.number(1...bytes.count - position) : bytes.count - position
            receive(Array(bytes[position..<position + length]), link, sender.other)
            position += length
        }
        if let cut {
            apply(cut.kind, link, cause: sender)
        } else {
            wrote(link, sender)
        }
    }

    private func receive(_ bytes: [UInt8], _ link: VirtualLink, _ side: StreamSide) {
        guard link.ends[side.rawValue] == .open else { return }
        switch side {
        case .client: clientReceived(bytes, link)
        case .server: serverReceived(bytes, link)
        }
    }

    // MARK: Closing and cutting

    /// An end closes its connection. The other end sees it after what was sent before.
    func close(_ link: VirtualLink, _ side: StreamSide) {
        guard link.ends[side.rawValue] != .closed else { return }
        note("\(side) closes connection \(link.number)")
        link.ends[side.rawValue] = .closed
        send(nil, link, side)
    }

    /// An end sees that the connection is gone.
    func sees(_ link: VirtualLink, _ side: StreamSide) {
        guard link.ends[side.rawValue] != .closed else { return }
        note("\(side) sees the end of connection \(link.number)")
        link.ends[side.rawValue] = .closed
        switch side {
        case .client: clientLost(link)
        case .server: serverLost(link)
        }
    }

    func cutAll(_ kind: CutKind) {
        for link in links.values.sorted(by: { $0.number < $1.number })
        where link.ends[0] != .closed || link.ends[1] != .closed {
            apply(kind, link, cause: random.chance(50) ? .client : .server)
        }
    }

    private func apply(_ kind: CutKind, _ link: VirtualLink, cause sender: StreamSide) {
        note("connection \(link.number) is cut: \(kind)")
        trouble(until: now)
        report.cuts += 1
        switch kind {
        case .resetBoth:
            link.pipes[0].isDead = true
            link.pipes[1].isDead = true
            sees(link, sender.other)
            sees(link, sender)
        case .resetOne(let side, let after, let deliversRest):
            link.pipes[side.other.rawValue].isDead = true
            if !deliversRest { link.pipes[side.rawValue].isDead = true }
            // Nothing says to the other end that this one closes.
            link.ends[side.rawValue] = .closed
            if let after {
                trouble(until: now + after)
                at(now + after) { self.sees(link, side.other) }
            }
            switch side {
            case .client: clientLost(link)
            case .server: serverLost(link)
            }
        case .silence:
            link.pipes[0].isDead = true
            link.pipes[1].isDead = true
        case .halfSilence:
            link.pipes[sender.rawValue].isDead = true
        }
    }
}
