internal import FlowCore
internal import FlowLayout
internal import FlowLog
internal import Kernel
internal import Policy

/// Makes a configuration's rules and timeouts the ones that the kernel goes by, all at once (NSG-8).
struct PolicyChange: Sendable {
    /// Longer than any run of the kernel program: after it, none reads the image that judged before.
    static let graceNanoseconds: UInt64 = 100_000_000

    let datapath: Datapath
    let image: PolicyImage
    let identities: RuleIdentities
    let zones: ZoneIdentities
    private let treatments: TreatmentTable
    private let configuration: Configuration

    /// Compiles; changes nothing yet.
    ///
    /// - Parameters:
    ///   - isNew: whether nothing is in the kernel's tables yet.
    ///   - inForce: what judges now; nil: not known, and so no number that was ever given is given again.
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

    /// Writes the numbers of rules and zones down. Before any packet carries one of them: else a crash would leave sessions
    /// with numbers that nobody can name.
    func persist(to directory: RunDirectory) throws(SystemError) {
        try directory.write(identities, to: directory.rulesPath)
        try directory.write(zones, to: directory.zonesPath)
        try directory.write(
            InstanceSettings(
                timeScale: configuration.timeScale, flowLog: FlowLogPlan(configuration, zones: zones)),
            to: directory.instanceSettingsPath)
    }

    /// Makes in the kernel what the new rules need and it does not have yet; what is made stays, and does nothing without them.
    func prepare() throws(KernelError) {
        // The table has what sessions of earlier rules carry, too.
        if treatments.mayProbe { try datapath.keepTimestamps() }
    }

    /// Lets the kernel judge by the new image from the next packet on. Can't fail. Until ``graceNanoseconds`` later, a packet may still be
    /// judged by the image before, which must not be written to.
    func apply() {
        let active = sluice_load32(&datapath.table.runtime.pointee.activePolicy)
        let next = active == 0 ? UInt32(1) : 0
        image.write(to: datapath.policyMemory(Int(next)))
        // Before the swap: a session that is admitted by the new image finds its treatment.
        treatments.write(to: datapath.table.treatments)
        RuntimeSettings.apply(configuration, to: datapath.table.runtime, slotCount: datapath.table.slotCount)
        _ = withUnsafeMutablePointer(to: &datapath.table.runtime.pointee.activePolicy) {
            // A full barrier: the image is in memory before it judges.
            sluice_compare_exchange32($0, active, next)
        }
        withUnsafeMutablePointer(to: &datapath.table.runtime.pointee.policySeconds) {
            sluice_store64($0, WallTimeSource.nanoseconds() / 1_000_000_000)
        }
        withUnsafeMutablePointer(to: &datapath.table.runtime.pointee.policyGeneration) {
            sluice_store32($0, $0.pointee &+ 1)
        }
    }

    /// The numbers of rules that this image, and sessions, carry.
    private func identitiesInUse() -> Set<UInt16> {
        var result = Set(configuration.ruleNames.compactMap { identities.identity(of: $0) })
        for slot in 0..<datapath.table.slotCount where !isFree(slot) {
            result.insert(datapath.table.sessions[slot].rule)
            result.insert(datapath.table.sessions[slot].groupRule)
        }
        return result
    }

    /// The treatments that this image, and sessions, carry.
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
