import HTTPTypes
import Inspection
import Telemetry

extension Service {
    var healthRoutes: [Route] {
        [
            Route(.get, "/healthz", .none) { call throws(Problem) in
                _ = try Query(call.query, known: [])
                return .text("ok\n")
            },
            Route(.get, "/readyz", .none) { call throws(Problem) in
                _ = try Query(call.query, known: [])
                let readiness = self.readiness()
                var answer = try Answer.json(readiness)
                if !readiness.ready { answer.status = 503 }
                return answer
            },
            Route(.get, "/metrics", .read) { call throws(Problem) in
                let query = try Query(call.query, known: ["compat"])
                let names = try query.value("compat") { name throws(Problem) in
                    try SessionParameters.word(name, "compat", CompatibleMetrics.allCases.map { ($0.rawValue, $0) })
                }
                let exposition = Exposition(accept: call.headers[.accept])
                let reading = try self.reading { () throws(InspectionError) in try self.inspector.reading() }
                let families = GatewayMetrics.families(reading) + (names?.families(reading) ?? [])
                return Answer(type: exposition.contentType, Array(exposition.text(families).utf8))
            },
            Route(.get, "/v1/status", .read) { call throws(Problem) in
                _ = try Query(call.query, known: [])
                return try .json(self.status())
            },
        ]
    }

    private func status() -> StatusReport {
        do throws(InspectionError) {
            return StatusReport(try inspector.status(), version: version)
        } catch {
            return StatusReport(gateway: inspector.gateway, health: HealthRules.unreadable(error), version: version)
        }
    }

    private func readiness() -> Readiness {
        do throws(InspectionError) {
            return Readiness(try inspector.status())
        } catch {
            return Readiness(unreadable: HealthRules.unreadable(error))
        }
    }
}
