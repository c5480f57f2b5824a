import Foundation
import Glibc
import Lab
import TestSupport

/// All measurements of a test run: made once, in all labs at the same time, because they mostly wait.
enum Measurements {
    static let throughGateway = Task { await measure(through: .gateway) }
    static let throughRelay = Task { await measure(through: .relay) }

    static func through(_ kind: Bed.Kind) -> Task<[Bed.Finding], Never> {
        switch kind {
        case .gateway: throughGateway
        case .relay: throughRelay
        }
    }

    /// Which applications are measured: `SLUICE_APPLICATIONS=ssh,psql` limits them while one is written.
    static let applications: [any Application] = {
        guard let names = getenv("SLUICE_APPLICATIONS").map({ String(cString: $0) }) else { return Applications.all }
        let wanted = Set(names.split(separator: ",").map(String.init))
        return Applications.all.filter { wanted.contains($0.name.replacing(",", with: "")) }
    }()

    /// Whether the page and its data are written instead of compared: `SLUICE_MEASURE=write`.
    static let isWriting = getenv("SLUICE_MEASURE").map { String(cString: $0) } == "write"

    private static func measure(through kind: Bed.Kind) async -> [Bed.Finding] {
        let applications = applications
        let results = await Bed.concurrently(Bed.allCases, atOnce: Bed.allCases.count) { bed in
            try await Seats.labs.taken { try await bed.measure(applications, through: kind) }
        }
        return zip(Bed.allCases, results).flatMap { bed, result in
            switch result {
            case .success(let findings): findings
            case .failure(let error): bed.failed(error, applications)
            }
        }
    }
}
