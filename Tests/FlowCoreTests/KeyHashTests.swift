import FlowCore
import FlowLayout
import FlowModel
import Testing

@Suite("Session hash")
struct KeyHashTests {
    /// The number of seeds with which each difference is tried.
    private static let seeds = 128

    private func runtimes() -> [UnsafeMutablePointer<sluice_runtime>] {
        (0..<Self.seeds).map { seed in
            let runtime = UnsafeMutablePointer<sluice_runtime>.allocate(capacity: 1)
            runtime.initialize(to: sluice_runtime())
            runtime.setHashKeys(seed: UInt64(seed) &* 0x1234_5678_9ABC_DEF1 &+ 99)
            return runtime
        }
    }

    /// A key with the given bits, out of 320, changed.
    private func key(_ base: [UInt64], flipping bits: [Int]) -> sluice_session_key {
        var words = base
        for bit in bits { words[bit / 64] ^= 1 << UInt64(bit % 64) }
        var key = sluice_session_key()
        withUnsafeMutableBytes(of: &key) { bytes in
            for (index, word) in words.enumerated() {
                bytes.storeBytes(of: word, toByteOffset: index * 8, as: UInt64.self)
            }
        }
        return key
    }

    @Test("BAD-9 keys that differ in one or two bits never share a hash, and share a bucket only by chance")
    func differences() {
        let runtimes = runtimes()
        defer { for runtime in runtimes { runtime.deallocate() } }
        let base: [UInt64] = [
            0x2001_0DB8_0001_0002, 0x0000_0000_0000_0001, 0x2001_0DB8_FFFF_0000, 7, 0x0006_01BB_9C40 << 0,
        ]
        var source = RandomSource(seed: 5)
        var differences: [[Int]] = (0..<304).map { [$0] }
        // The former hash put this pair in one bucket with every seed: bit 63 of an address's low half and bit 12 of
        // a port.
        differences.append([3 * 64 + 63, 4 * 64 + 16 + 12])
        differences.append([64 + 63, 2 * 64 + 28])
        for _ in 0..<2000 {
            let first = Int.random(in: 0..<304, using: &source)
            differences.append([first, (first + Int.random(in: 1..<304, using: &source)) % 304])
        }
        var original = key(base, flipping: [])
        let hashes = runtimes.map { KeyHash.of(&original, keys: sluice_hash_keys($0)) }
        for bits in differences {
            var other = key(base, flipping: bits)
            var sharing = 0
            for (runtime, hash) in zip(runtimes, hashes) {
                let found = KeyHash.of(&other, keys: sluice_hash_keys(runtime))
                #expect(found != hash, "bits \(bits)")
                if (found ^ hash) & 0xFFF == 0 { sharing += 1 }
            }
            // The chance is 1 in 4096. Six of 128 seeds share a bucket in one of a thousand million differences.
            #expect(sharing < 6, "bits \(bits) share a bucket of 4096 with \(sharing) of \(Self.seeds) seeds")
        }
    }

    @Test("BAD-9 keys that share a bucket with one seed do not with another, and reveal no other such keys")
    func nothingFollows() {
        let runtimes = runtimes()
        defer { for runtime in runtimes { runtime.deallocate() } }
        func bucket(_ runtime: UnsafeMutablePointer<sluice_runtime>, _ number: Int, _ destination: UInt64) -> UInt64 {
            var key = sluice_session_key.of(
                source: sluice_address(high: 0x2001_0DB8_0000_0000, low: UInt64(number)),
                destination: sluice_address(high: 0x2001_0DB8_0000_0001, low: destination), sourcePort: 1000,
                destinationPort: 443, protocol: 6, family: 6
            ).key
            return KeyHash.of(&key, keys: sluice_hash_keys(runtime)) & 0x3FF
        }
        // An attacker who knew one seed has found 60 sources in one bucket.
        let target = bucket(runtimes[0], 0, 1)
        let chosen = (0..<61440).filter { bucket(runtimes[0], $0, 1) == target }.prefix(40)
        #expect(chosen.count == 40)
        for runtime in runtimes.dropFirst() {
            #expect(Set(chosen.map { bucket(runtime, $0, 1) }).count > 30)
        }
        // With the same seed, they do not share one to another destination either. With a linear hash they would.
        #expect(Set(chosen.map { bucket(runtimes[0], $0, 2) }).count > 30)
    }

    @Test("FLEET-1 neighbouring keys spread evenly, over buckets and over the steering table")
    func spread() {
        let runtimes = runtimes()
        defer { for runtime in runtimes { runtime.deallocate() } }
        for runtime in runtimes.prefix(8) {
            var buckets = [Int](repeating: 0, count: 256)
            var steering = [Int](repeating: 0, count: 256)
            var sources = [Int](repeating: 0, count: 256)
            for number in 0..<65536 {
                var key = sluice_session_key.of(
                    source: sluice_address(ipv4: 0x0A00_0000 | UInt32(number >> 8)),
                    destination: sluice_address(ipv4: 0xCB00_710A), sourcePort: UInt16(1024 + number & 0xFF),
                    destinationPort: 443, protocol: 6, family: 4
                ).key
                let hash = KeyHash.of(&key, keys: sluice_hash_keys(runtime))
                buckets[Int(hash & 0xFF)] += 1
                steering[Int(hash >> 56)] += 1
                let address = sluice_address(ipv4: 0x0A00_0000 | UInt32(number))
                sources[Int(KeyHash.of(source: address, family: 4, keys: sluice_hash_keys(runtime)) >> 6)] += 1
            }
            for counts in [buckets, steering] { #expect(counts.allSatisfy { (160...360).contains($0) }) }
            // 65,536 consecutive addresses: a multiplicative hash may spread them more or less evenly than chance.
            #expect(sources.allSatisfy { $0 < 1200 })
        }
    }
}
