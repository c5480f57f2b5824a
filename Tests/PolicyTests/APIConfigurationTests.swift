import Testing

@testable import Policy

/// `api:` of the configuration.
@Suite("API configuration")
struct APIConfigurationTests {
    private func parse(_ text: String) throws -> APISettings? {
        try Configuration.parse(
            "gateway: g\nzones: [{ name: a, interfaces: [eth0] }]\n\(text)", file: "sluice.yaml"
        ).api
    }

    @Test("API-1 without the key there is no API; with it, missing values have their defaults")
    func usual() throws {
        #expect(try parse("") == nil)
        let settings = try #require(try parse("api: { listen: 127.0.0.1:8686 }"))
        #expect(settings.listen == "127.0.0.1:8686" && settings.isLoopback)
        #expect(settings.tls == nil && !settings.isInsecure && settings.limits == APISettings.Limits())
        #expect(settings.listenPlace.line == 3 && settings.listenPlace.text == "sluice.yaml:3")
    }

    @Test("API-3 API-5 all keys are read")
    func all() throws {
        let settings = try #require(
            try parse(
                """
                api:
                  listen: "[2001:db8::1]:9000"
                  tls: { certificate: /etc/a.pem, key: /etc/a.key }
                  limits: { requestBytes: 4096, connections: 16, streams: 4, clientTime: 30s, requestsPerSecond: 7 }
                """))
        #expect(settings.listen == "[2001:db8::1]:9000" && !settings.isLoopback)
        #expect(settings.tls == APISettings.TLS(certificate: "/etc/a.pem", key: "/etc/a.key"))
        #expect(settings.tls?.keyPlace.line == 5)
        var limits = APISettings.Limits()
        limits.requestBytes = 4096
        limits.connections = 16
        limits.streams = 4
        limits.clientNanoseconds = 30_000_000_000
        limits.requestsPerSecond = 7
        #expect(settings.limits == limits)
        #expect(try parse("api: { listen: 0.0.0.0:80, insecure: true }")?.isInsecure == true)
        #expect(try parse("api: { listen: \"[::1]:80\" }")?.isLoopback == true)
        #expect(try parse("api: { listen: 127.9.9.9:80 }")?.isLoopback == true)
    }

    @Test(
        "API-3 API-5 invalid values are reported, with what to write",
        arguments: [
            ("{}", "api.listen: is missing: write for example listen: 127.0.0.1:8686"),
            ("{ listen: localhost }", "api.listen: \"localhost\" is not an address with a port: write for example"),
            ("{ listen: 127.0.0.1 }", "is not an address with a port"),
            ("{ listen: 127.0.0.1:0 }", "is not an address with a port"),
            ("{ listen: \"::1:8686\" }", "is not an address with a port"),
            (
                "{ listen: 0.0.0.0:8686 }",
                "api.listen: 0.0.0.0:8686 can be reached from other machines, and tokens would be sent unencrypted: write "
                    + "tls: { certificate: FILE, key: FILE }, or insecure: true"
            ),
            ("{ listen: 127.0.0.1:1, tls: { certificate: /a } }", "api.tls.key: is missing"),
            ("{ listen: 127.0.0.1:1, tls: { certificate: a, key: /b } }", "is not an absolute path"),
            ("{ listen: 127.0.0.1:1, limits: { connections: 7 } }", "is not a whole number from 8 to 4096"),
            (
                "{ listen: 127.0.0.1:1, limits: { connections: 8, streams: 8 } }",
                "leave none of the 8 connections for requests"
            ),
            ("{ listen: 127.0.0.1:1, limits: { clientTime: 1ms } }", "api.limits.clientTime: is not 1s to 10m"),
            ("{ listen: 127.0.0.1:1, port: 7 }", "api.port: is not a key that can be set here"),
        ])
    func mistakes(text: String, message: String) {
        let error = #expect(throws: ConfigurationErrors.self) { try parse("api: \(text)") }
        #expect(error?.description.contains(message) == true, "\(error?.description ?? "")")
        #expect(error?.description.hasPrefix("sluice.yaml:3:") == true)
    }

    @Test("API-3 a configuration that is sent may not name files of this machine")
    func files() {
        let text = "zones: [{ name: a, interfaces: [eth0] }]\nserviceTags: [/etc/passwd]\n"
        let error = #expect(throws: ConfigurationErrors.self) {
            try Configuration.parse(text, file: "sluice.yaml", hostName: "g", readsFiles: false)
        }
        #expect(error?.description.contains("is not read here") == true, "\(error?.description ?? "")")
    }
}
