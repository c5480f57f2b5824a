/// What a starting controller finds in the pinned maps and the processes. It takes precedence over the snapshot
/// (RECOV-3).
package struct ObservedFleet: Hashable, Sendable {
    /// Every identifier that has a living process, a slab, or a record that is not `stopped`.
    package var instances: [ObservedInstance]
    /// The controller's program: a name that is unique to it.
    package var program: String

    package init(instances: [ObservedInstance] = [], program: String = "") {
        self.instances = instances
        self.program = program
    }
}

/// One observed instance.
package struct ObservedInstance: Hashable, Sendable {
    package var identifier: InstanceIdentifier
    /// Whether the process of its record lives.
    package var isAlive: Bool
    /// `sluice_instance.state`; nil if the value is invalid.
    package var state: InstanceState?
    /// How many slabs it owns.
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
