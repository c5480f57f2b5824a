/// What a controller that starts finds: the truth in pinned maps and processes, whatever its snapshot says (RECOV-3).
package struct ObservedFleet: Hashable, Sendable {
    /// Every identifier that has a living process, a slab, or a record that is not `stopped`.
    package var instances: [ObservedInstance]
    /// What the controller runs: a name that another program does not have.
    package var program: String

    package init(instances: [ObservedInstance] = [], program: String = "") {
        self.instances = instances
        self.program = program
    }
}

/// One instance, as found.
package struct ObservedInstance: Hashable, Sendable {
    package var identifier: InstanceIdentifier
    /// Whether the process of its record lives.
    package var isAlive: Bool
    /// `sluice_instance.state`; nil where it makes no sense.
    package var state: InstanceState?
    /// How many slabs are its own.
    package var slabs: Int
    /// The number of the last question it answered.
    package var answered: UInt32
    /// Whether its process is known to run another program than the controller.
    package var isOutdated: Bool

    package init(
        identifier: InstanceIdentifier, isAlive: Bool, state: InstanceState?, slabs: Int, answered: UInt32 = 0,
        isOutdated: Bool = false
    ) {
        self.identifier = identifier
        self.isAlive = isAlive
        self.state = state
        self.slabs = slabs
        self.answered = answered
        self.isOutdated = isOutdated
    }
}
