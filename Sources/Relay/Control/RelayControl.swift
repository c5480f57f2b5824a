/// What the control API does with proxies. ``Relay`` carries it out; tests of the API may do it in memory.
package protocol RelayControl: AnyObject {
    /// By their names.
    var states: [String: ProxyState] { get }
    /// Makes a proxy, and starts it if it is enabled.
    func add(_ description: ProxyDescription) throws(RelayProblem) -> ProxyState
    /// Changes listen, upstream, enabled and profile. A changed address restarts it, which closes all its connections.
    func change(_ name: String, to description: ProxyDescription) throws(RelayProblem) -> ProxyState
    func remove(_ name: String) throws(RelayProblem)
    /// Adds a toxic, and returns how many connections were there for a disruption to act on.
    func addToxic(_ toxic: Toxic, to proxy: String) throws(RelayProblem) -> Int
    func changeToxic(_ toxic: Toxic, of proxy: String) throws(RelayProblem)
    func removeToxic(_ name: String, of proxy: String) throws(RelayProblem)
    /// Enables all proxies and removes all toxics.
    func resetAll() throws(RelayProblem)
    /// A number for a new toxic.
    func nextToxicNumber() -> Int
    /// Prometheus' text.
    var metrics: String { get }
}
