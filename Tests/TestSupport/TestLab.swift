package import Lab
import Glibc
import Synchronization

private let counter = Atomic<Int>(0)

/// Runs a test in a lab of its own, and takes the lab down whatever happens. First it takes down labs with
/// the same prefix that a killed run has left up.
package func withTestLab<Result>(
    prefix: String, mtu: [LabZone: Int] = [:], _ body: (Lab) async throws -> Result
) async throws -> Result {
    try Lab.downAbandoned(prefix: prefix)
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
