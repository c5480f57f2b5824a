/// The settings under `api:`: an HTTP server in a separate process (API-1 to API-5).
package struct APISettings: Equatable, Sendable {
    /// Where a value was written, for messages. It does not count when settings are compared.
    package struct Place: Equatable, Sendable {
        package var file: String
        package var line: Int?

        package init(file: String = "", line: Int? = nil) {
            self.file = file
            self.line = line
        }

        /// `sluice.yaml:12`
        package var text: String { line.map { "\(file):\($0)" } ?? file }

        package static func == (left: Place, right: Place) -> Bool { true }
    }

    /// TLS files in PEM format.
    package struct TLS: Equatable, Sendable {
        /// The certificate, followed by the intermediate certificates.
        package var certificate: String
        package var key: String
        package var certificatePlace = Place()
        package var keyPlace = Place()

        package init(certificate: String, key: String) {
            self.certificate = certificate
            self.key = key
        }
    }

    /// Limits for clients, in total or for each (API-5).
    package struct Limits: Equatable, Sendable {
        /// Bytes of a request's body.
        package var requestBytes = 1 << 20
        package var connections = 256
        /// Event streams at the same time.
        package var streams = 32
        /// Maximum time for a client to send a request, and again to receive the answer.
        package var clientNanoseconds: UInt64 = 10_000_000_000
        /// For each token or address.
        package var requestsPerSecond = 50

        package init() {}
    }

    package var address: NetworkAddress
    package var port: UInt16
    package var listenPlace = Place()
    /// nil: plain HTTP.
    package var tls: TLS?
    /// Whether the configuration explicitly allows plain HTTP beyond loopback.
    package var isInsecure: Bool
    package var limits: Limits

    package static let usualPort: UInt16 = 8686

    package init(
        address: NetworkAddress, port: UInt16 = usualPort, tls: TLS? = nil, isInsecure: Bool = false,
        limits: Limits = Limits()
    ) {
        self.address = address
        self.port = port
        self.tls = tls
        self.isInsecure = isInsecure
        self.limits = limits
    }

    /// `127.0.0.1:8686`, `[::1]:8686`
    package var listen: String {
        address.family == .ipv4 ? "\(address):\(port)" : "[\(address)]:\(port)"
    }

    /// Whether only this machine can connect.
    package var isLoopback: Bool {
        switch address.family {
        case .ipv4: address.value >> 24 == 127
        case .ipv6: address.value == 1
        }
    }
}
