internal import FoundationEssentials
package import Kernel

/// The description of an archive of a gateway's state: its member `sluice-state.json`.
package struct StateManifest: Codable, Equatable, Sendable {
    package struct Member: Codable, Equatable, Sendable {
        package var name: String
        package var bytes: Int
        /// FNV-1a of 64 bits: finds errors of a disk or a copy, but no deliberate change.
        package var checksum: String
    }

    static let name = "sluice-state.json"
    /// Raised when an older version can't restore the archive any more.
    static let newestFormat = 1

    package var format: Int
    package var gateway: String
    /// The version of the binary that made it.
    package var version: BinaryVersion?
    /// Seconds since 1970.
    package var exportedAt: Int64
    package var members: [Member]

    init(gateway: String, version: BinaryVersion?, exportedAt: Int64, files: [TapeArchive.File]) {
        format = Self.newestFormat
        self.gateway = gateway
        self.version = version
        self.exportedAt = exportedAt
        members = files.map { Member(name: $0.name, bytes: $0.bytes.count, checksum: Self.checksum($0.bytes)) }
    }

    var file: TapeArchive.File {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        guard let data = try? encoder.encode(self) else { preconditionFailure("a manifest has no JSON form") }
        return TapeArchive.File(name: Self.name, bytes: Array(data) + [UInt8(ascii: "\n")])
    }

    static func read(_ file: TapeArchive.File) -> StateManifest? {
        try? JSONDecoder().decode(StateManifest.self, from: Data(file.bytes))
    }

    /// Only the format: a newer version may have other members that are unknown here.
    static func format(_ file: TapeArchive.File) -> Int? {
        struct Format: Decodable { let format: Int }
        return try? JSONDecoder().decode(Format.self, from: Data(file.bytes)).format
    }

    static func checksum(_ bytes: [UInt8]) -> String {
        let value = bytes.reduce(into: UInt64(0xCBF2_9CE4_8422_2325)) { $0 = ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
