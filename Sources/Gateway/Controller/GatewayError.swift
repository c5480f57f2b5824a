/// Why a gateway can't start, or can't be changed: one message with the object, the cause and the remedy (BAD-6).
package struct GatewayError: Error, Equatable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
    package init(_ error: any Error) { self.init("\(error)") }

    /// Runs a body that may throw any error of the modules below, and converts the error to this type.
    static func wrapping<Result>(_ body: () throws -> Result) throws(GatewayError) -> Result {
        do {
            return try body()
        } catch let error as GatewayError {
            throw error
        } catch {
            throw GatewayError(error)
        }
    }
}
