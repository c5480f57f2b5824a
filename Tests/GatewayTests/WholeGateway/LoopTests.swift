import FoundationEssentials
import Lab
import Testing

@testable import Gateway

/// What takes long does not keep the controller from looking after instances. No time is measured: what must not wait for something is
/// seen to come before that ends.
@Suite(.serialized) struct LoopTests {
    @Test("MET-3 status says what the longest turn of the controller's loop was")
    func longestTurn() async throws {
        try await withRunningGateway { lab, gateway in
            struct Status: Decodable {
                struct Controller: Decodable {
                    struct Turn: Decodable {
                        let milliseconds, workMilliseconds: Double
                        let work: String
                    }
                    let longestTurn: Turn?
                }
                let controller: Controller
            }
            var turn: Status.Controller.Turn?
            for _ in 0..<100 where turn == nil {
                let output = try await gateway.command("status", "--json").output
                turn = try JSONDecoder().decode(Status.self, from: Data(output.utf8)).controller.longestTurn
                try await Task.sleep(for: .milliseconds(200))
            }
            let seen = try #require(turn)
            #expect(seen.milliseconds > 0 && seen.workMilliseconds <= seen.milliseconds)
            #expect(TurnAccounting.Work(rawValue: seen.work) != nil)
        }
    }
}
