import Gateway
import Inspection
import Kernel
import Policy

/// Shared by all routes: access to the gateway for reading, and to its controller.
final class Service: Sendable {
    /// Queries of the flow log at the same time. Each may read gigabytes.
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

    /// In the order of the OpenAPI document.
    var routes: [Route] {
        healthRoutes + sessionRoutes + fleetRoutes + policyRoutes + eventRoutes + trafficRoutes + pageRoutes
    }

    /// Runs code that reads the gateway. Its errors are those of the command line.
    func reading<Result>(_ body: () throws(InspectionError) -> Result) throws(Problem) -> Result {
        do throws(InspectionError) {
            return try body()
        } catch {
            throw Problem(.unavailable, lines: error, remedy: "see the gateway's state: sluice status")
        }
    }
}
