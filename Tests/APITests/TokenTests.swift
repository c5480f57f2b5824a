import Glibc
import TestSupport
import Testing

@testable import Gateway

/// The files with the API's tokens.
@Suite struct TokenTests {
    private let temporary = TemporaryDirectory()

    private func write(_ text: String, _ name: String, mode: mode_t = 0o600) {
        let path = "\(temporary.path)/\(name)"
        let file = fopen(path, "w")
        fputs(text, file)
        if let file { fclose(file) }
        chmod(path, mode)
    }

    @Test("API-3 tokens are created once, with 256 random bits, readable only by their owner")
    func made() throws {
        let tokens = try APITokens.make(in: temporary.path)
        #expect(tokens.read.utf8.count == 64 && tokens.admin.utf8.count == 64 && tokens.read != tokens.admin)
        #expect(try APITokens.make(in: temporary.path) == tokens)
        #expect(try APITokens.read(in: temporary.path) == tokens)
        for name in [APITokens.readName, APITokens.adminName] {
            var status = stat()
            #expect(stat("\(temporary.path)/\(name)", &status) == 0)
            #expect(status.st_mode & 0o777 == 0o600)
        }
    }

    @Test("API-3 a token that others can read, or that is short, is refused with a remedy")
    func refused() throws {
        _ = try APITokens.make(in: temporary.path)
        chmod("\(temporary.path)/\(APITokens.adminName)", 0o640)
        let shared = #expect(throws: GatewayError.self) { try APITokens.make(in: temporary.path) }
        #expect(shared?.description.contains("remove it") == true)
        write("short\n", APITokens.adminName)
        let short = #expect(throws: GatewayError.self) { try APITokens.make(in: temporary.path) }
        #expect(short?.description.contains("holds no token") == true)
        write(String(repeating: "k", count: 40) + "\n", APITokens.adminName)
        #expect(try APITokens.make(in: temporary.path).admin == String(repeating: "k", count: 40))
    }

    @Test("API-3 if no token can be created, no partial file is left, and the message says why")
    func unmade() {
        let error = #expect(throws: GatewayError.self) { try APITokens.make(in: "\(temporary.path)/missing") }
        #expect(error?.description.contains("which can't be made") == true)
        #expect(access("\(temporary.path)/missing", F_OK) != 0)
    }

    @Test("API-3 on a full disk no token is created, the message says so, and it is created when the disk has space")
    func fullDisk() throws {
        let disk = try SmallDisk(megabytes: 1)
        disk.fill()
        let error = #expect(throws: GatewayError.self) { try APITokens.make(in: disk.path) }
        #expect(error?.description.contains("No space left on device") == true)
        for name in [APITokens.readName, APITokens.adminName] {
            for suffix in ["", ".new"] { #expect(access("\(disk.path)/\(name)\(suffix)", F_OK) != 0) }
        }
        disk.empty()
        #expect(try APITokens.make(in: disk.path) == APITokens.read(in: disk.path))
    }
}
