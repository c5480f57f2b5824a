internal import Kernel

extension RunningGateway {
    /// Hears what has changed of routes and rules, and tells the kernel program whether ways may be remembered by destination.
    func watchRouting() {
        guard let routingSocket else { return }
        for news in routingSocket.news() { routing.note(news) }
        let now = MonotonicClock.nanoseconds()
        if routing.wantsLook(now: now) {
            do throws(KernelError) {
                routing.noteLook(try RoutingSocket.goesByDestination(), now: now)
            } catch {
                log.debug("the routing can't be read, so that ways are remembered by source too", ["cause": "\(error)"])
                routing.noteLook(nil, now: now)
            }
        }
        datapath.tell(routesByDestination: routing.goesByDestination, now: now)
    }
}
