import Gateway
import Inspection
import Kernel
import Policy

/// What all routes share: the gateway as it can be read, and the way to its controller.
final class Service: Sendable {
    /// Queries of the flow log that are worked on at the same time: each may read gigabytes.
    private static let mostQueries = 1

    let inspector: GatewayInspector
    let historyReader: HistoryAccess
    let client: GatewayClient
    let version: BinaryVersion
    let limits: APISettings.Limits
    let streams: SeatCount
    let queries = SeatCount(limit: mostQueries)

    init(
        inspector: GatewayInspector, history: HistoryLocation, client: GatewayClient, version: BinaryVersion,
        limits: APISettings.Limits
    ) {
        self.inspector = inspector
        historyReader = HistoryAccess(history)
        self.client = client
        self.version = version
        self.limits = limits
        streams = SeatCount(limit: limits.streams)
    }

    /// In the order of the document.
    var routes: [Route] {
        healthRoutes + sessionRoutes + fleetRoutes + policyRoutes + eventRoutes + trafficRoutes + pageRoutes
    }

    /// Runs what reads the gateway; its errors are the command line's.
    func reading<Result>(_ body: () throws(InspectionError) -> Result) throws(Problem) -> Result {
        do throws(InspectionError) {
            return try body()
        } catch {
            throw Problem(.unavailable, lines: error, remedy: "see how the gateway is: sluice status")
        }
    }
}
