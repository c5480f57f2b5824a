import NIOCore
import SluiceResilienceNIO
import Testing

@Suite("TLS exporter")
struct TLSExporterTests {
    /// Computed with Python's hmac and hashlib, by the formulas of RFC 8446, 7.1 and 7.5: the secret is 00 01 02 ….
    @Test(
        "RESUME-2 the material is that of RFC 8446, for both hashes",
        arguments: [
            (32, "e0d5f731e81e30f0782fbe858593be4970de889964b7d0330cb7786af89a2e44"),
            (48, "29f49ddf5a34e28ca8448ff9aec17a3f4be12ac8c011ea8836427d51903a79d3"),
        ])
    func vectors(length: Int, expected: String) throws {
        let exporter = TLSExporter()
        #expect(exporter.keyingMaterial(label: "EXPORTER-test", length: 32) == nil)
        exporter.note(ByteBuffer(string: "CLIENT_TRAFFIC_SECRET_0 00 ff\n"))
        #expect(exporter.keyingMaterial(label: "EXPORTER-test", length: 32) == nil)
        let secret = (0..<UInt8(length)).map(hexadecimal).joined()
        exporter.note(ByteBuffer(string: "EXPORTER_SECRET 00 \(secret)\n"))
        let material = try #require(exporter.keyingMaterial(label: "EXPORTER-test", length: 32))
        #expect(material.map(hexadecimal).joined() == expected)
    }

    private func hexadecimal(_ byte: UInt8) -> String {
        String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
    }
}
