/// How many frames interfaces have received, as the kernel itself counts them: whatever became of them.
package enum ReceivedFrames {
    /// - Parameter interfaces: names, in the calling thread's network namespace. Those that are not there count as 0.
    package static func total(_ interfaces: Set<String>) -> UInt64 {
        total(interfaces, in: TextFile.read("/proc/thread-self/net/dev") ?? "")
    }

    /// A line an interface: `name: bytes packets errs ...` (proc(5)).
    static func total(_ interfaces: Set<String>, in text: String) -> UInt64 {
        text.split(separator: "\n").reduce(0) { sum, line in
            guard let colon = line.lastIndex(of: ":") else { return sum }
            let name = line[..<colon].drop { $0 == " " }
            let fields = line[line.index(after: colon)...].split(separator: " ")
            guard interfaces.contains(String(name)), fields.count > 1, let packets = UInt64(fields[1]) else {
                return sum
            }
            return sum + packets
        }
    }
}
