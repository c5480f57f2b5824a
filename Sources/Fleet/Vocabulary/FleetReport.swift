/// The fleet at a moment, as the shell saves it for reading commands. It can be read when no controller runs.
package struct FleetReport: Hashable, Sendable, Codable {
    package var view: FleetView
    /// The last measurement, by instance.
    package var measurements: [InstanceMeasurement]

    package init(view: FleetView, measurements: [InstanceMeasurement]) {
        self.view = view
        self.measurements = measurements
    }
}
