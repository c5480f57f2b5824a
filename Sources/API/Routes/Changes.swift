import Dispatch
import Gateway
import Inspection

extension Service {
    /// Sends a change to the controller, which checks the token again.
    func change(_ request: ControlRequest, token: String?) async throws(Problem) -> ControlResponse {
        var request = request
        request.token = token
        let asked = request
        let client = client
        // This may take a minute, so it must not block a thread that serves other clients.
        let outcome: Result<ControlResponse, GatewayClient.Failure> = await withCheckedContinuation { continuation in
            Self.changes.async {
                do throws(GatewayClient.Failure) {
                    continuation.resume(returning: .success(try client.exchange(asked)))
                } catch {
                    continuation.resume(returning: .failure(error))
                }
            }
        }
        switch outcome {
        case .success(let response) where response.ok: return response
        case .success(let response):
            let kind: Problem.Kind =
                switch response.refusal {
                case .notPermitted: .forbidden
                case .invalid: .invalidPolicy
                case nil: .conflict
                }
            throw Problem(kind, response.message, remedy: "see its state: GET /v1/fleet, GET /v1/status")
        case .failure(let failure):
            throw Problem(.unavailable, "\(failure)", remedy: "check that the controller runs: GET /v1/status")
        }
    }

    /// A few at a time; the controller handles one after the other anyway.
    private static let changes = DispatchQueue(label: "changes", attributes: .concurrent)
}
