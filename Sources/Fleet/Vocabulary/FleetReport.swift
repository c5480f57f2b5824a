/// The fleet at a moment, as the shell leaves it for reading commands: also where no controller runs any more.
package struct FleetReport: Hashable, Sendable, Codable {
    package var view: FleetView
    /// As measured last, by instance.
    package var measurements: [InstanceMeasurement]

    package init(view: FleetView, measurements: [InstanceMeasurement]) {
        self.view = view
        self.measurements = measurements
    }
}
