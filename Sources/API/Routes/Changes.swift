import Dispatch
import Gateway
import Inspection

extension Service {
    /// Has the controller do something. It looks at the token again.
    func change(_ request: ControlRequest, token: String?) async throws(Problem) -> ControlResponse {
        var request = request
        request.token = token
        let asked = request
        let client = client
        // It may take a minute: not on a thread that answers others.
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
            throw Problem(kind, response.message, remedy: "see how the gateway is: GET /v1/fleet, GET /v1/status")
        case .failure(let failure):
            throw Problem(.unavailable, "\(failure)", remedy: "see whether the controller runs: GET /v1/status")
        }
    }

    /// Few at a time: the controller does one thing after the other anyway.
    private static let changes = DispatchQueue(label: "changes", attributes: .concurrent)
}
