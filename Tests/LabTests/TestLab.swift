import Glibc
import Lab
import Synchronization

private let counter = Atomic<Int>(0)
private let prefix = "sluice-test"

/// Runs a test in a lab of its own, and takes the lab down whatever happens.
func withLab<Result>(mtu: [LabZone: Int] = [:], _ body: (Lab) async throws -> Result) async throws -> Result {
    let number = counter.wrappingAdd(1, ordering: .relaxed).newValue
    let lab = try Lab.up(name: "\(prefix)-\(getpid())-\(number)", mtu: mtu)
    do {
        let result = try await body(lab)
        try lab.down()
        return result
    } catch {
        try? lab.down()
        throw error
    }
}
