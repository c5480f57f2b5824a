import Fleet
import Testing

@Suite("Steering")
struct SteeringTests {
    @Test("FLEET-1 nobody serves: no entry names an instance")
    func nobody() { #expect(Set(Steering.entries(for: [])) == [0]) }
}
