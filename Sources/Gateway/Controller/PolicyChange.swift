internal import FlowCore
internal import FlowLayout
internal import FlowLog
internal import Kernel
internal import Policy

/// Makes the kernel use a configuration's rules and timeouts, all at once (NSG-8).
struct PolicyChange: Sendable {
    /// Longer than any run of the kernel program: after this time, none reads the previous image any more.
    static let graceNanoseconds: UInt64 = 100_000_000

    let datapath: Datapath
    let image: PolicyImage
    let identities: RuleIdentities
    let zones: ZoneIdentities
    private let treatments: TreatmentTable
    private let configuration: Configuration

    /// Compiles the configuration. Changes nothing yet.
    ///
    /// - Parameters:
    ///   - isNew: whether nothing is in the kernel's tables yet.
    ///   - inForce: the policy in force; nil: unknown, so that no number that was ever assigned is assigned again.
    init(
        to configuration: Configuration, datapath: Datapath, directory: RunDirectory, isNew: Bool,
        inForce: PolicyChange? = nil
    ) throws(GatewayError) {
        var identities = RuleIdentities()
        var zones = ZoneIdentities()
        var treatments = TreatmentTable(timeouts: configuration.timeouts)
        if !isNew {
            try GatewayError.wrapping {
                identities = try directory.read(RuleIdentities.self, from: directory.rulesPath) ?? identities
                zones = try directory.read(ZoneIdentities.self, from: directory.zonesPath) ?? zones
            }
            treatments = TreatmentTable(reading: datapath.table.treatments)
        }
        zones.assign(configuration.zones.map(\.name))
        do throws(PolicyError) {
            image = try PolicyImage(
                compiling: configuration, identities: &identities, treatments: &treatments, zones: zones,
                identitiesStillUsed: inForce.map { inForce in { inForce.identitiesInUse() } },
                treatmentsStillUsed: inForce.map { inForce in { inForce.treatmentsInUse() } })
        } catch {
            throw GatewayError(error)
        }
        self.datapath = datapath
        self.identities = identities
        self.zones = zones
        self.treatments = treatments
        self.configuration = configuration
    }

    /// Writes the numbers of rules and zones to the run directory, before any packet carries one of them. Otherwise a crash would leave
    /// sessions with numbers that have no name.
    func persist(to directory: RunDirectory) throws(SystemError) {
        try directory.write(identities, to: directory.rulesPath)
        try directory.write(zones, to: directory.zonesPath)
        try directory.write(
            InstanceSettings(
                timeScale: configuration.timeScale, flowLog: FlowLogPlan(configuration, zones: zones)),
            to: directory.instanceSettingsPath)
    }

    /// Creates in the kernel what the new rules need and is missing. What is created stays, and has no effect without the rules.
    func prepare() throws(KernelError) {
        // The table also contains the treatments of sessions that earlier rules admitted.
        if treatments.mayProbe { try datapath.keepTimestamps() }
    }

    /// Makes the kernel use the new image from the next packet on. Can't fail. Until ``graceNanoseconds`` later, a packet may still be
    /// judged by the previous image, which must not be written to.
    func apply() {
        let active = sluice_load32(&datapath.table.runtime.pointee.activePolicy)
        let next = active == 0 ? UInt32(1) : 0
        image.write(to: datapath.policyMemory(Int(next)))
        // Before the swap: a session that the new image admits then finds its treatment.
        treatments.write(to: datapath.table.treatments)
        RuntimeSettings.apply(configuration, to: datapath.table.runtime, slotCount: datapath.table.slotCount)
        _ = withUnsafeMutablePointer(to: &datapath.table.runtime.pointee.activePolicy) {
            // A full barrier: the whole image is in memory before the kernel program uses it.
            sluice_compare_exchange32($0, active, next)
        }
        withUnsafeMutablePointer(to: &datapath.table.runtime.pointee.policySeconds) {
            sluice_store64($0, WallTimeSource.nanoseconds() / 1_000_000_000)
        }
        withUnsafeMutablePointer(to: &datapath.table.runtime.pointee.policyGeneration) {
            sluice_store32($0, $0.pointee &+ 1)
        }
    }

    /// The numbers of the rules that this image and the sessions use.
    private func identitiesInUse() -> Set<UInt16> {
        var result = Set(configuration.ruleNames.compactMap { identities.identity(of: $0) })
        for slot in 0..<datapath.table.slotCount where !isFree(slot) {
            result.insert(datapath.table.sessions[slot].rule)
            result.insert(datapath.table.sessions[slot].groupRule)
        }
        return result
    }

    /// The treatments that this image and the sessions use.
    private func treatmentsInUse() -> Set<UInt16> {
        var result = image.treatmentsInUse
        for slot in 0..<datapath.table.slotCount where !isFree(slot) {
            result.insert(ControlWord(rawValue: sluice_load64(datapath.table.words + slot)).treatment)
        }
        return result
    }

    private func isFree(_ slot: Int) -> Bool {
        ControlWord(rawValue: sluice_load64(datapath.table.words + slot)).isState(.free)
    }
}
