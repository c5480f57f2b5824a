package import Policy

/// How often an instance fails, as the cloud's documents say it for a profile (PROF-1).
package struct PublishedRate: Hashable, Sendable {
    /// The probability that an instance fails within 30 days.
    package let failure: Double
    /// What to say about it; nil: it is published for this profile.
    package let note: String?

    package init(_ profile: Profile) {
        switch profile {
        case .azure2022:
            // articles/firewall/long-running-sessions, 2022-09: "1 out of 40 firewall instances ... recovered monthly".
            failure = 1.0 / 40
            note = nil
        case .azure2025:
            // The same article, 2023-01 to 2025-02: "1 in 100 chance ... over a 30 day period".
            failure = 1.0 / 100
            note = nil
        case .azure, .custom:
            failure = 1.0 / 100
            note =
                "failures of instances: no rate is published for profile \(profile.rawValue): assumed 1/100, documented until "
                + "2025-02; --unplanned sets another one"
        }
    }
}
