/// Memory of processes, as the kernel accounts for it.
struct ProcessMemory {
    /// All that is mapped and there, KiB. What processes share counts for each.
    var residentKibibytes = 0
    /// The same, but what several processes share is divided by their number.
    var proportionalKibibytes = 0
    /// What no other process has mapped: heaps, stacks, what was written of the program.
    var privateKibibytes = 0

    init() {}

    /// From the text of /proc/PID/smaps_rollup.
    init(rollup text: String) {
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ")
            guard words.count >= 2, let number = Int(words[1]) else { continue }
            switch words[0] {
            case "Rss:": residentKibibytes = number
            case "Pss:": proportionalKibibytes = number
            case "Private_Dirty:", "Private_Clean:": privateKibibytes += number
            default: break
            }
        }
    }

    init(of process: Int32) throws {
        self.init(rollup: try BenchFile.read("/proc/\(process)/smaps_rollup"))
    }

    static func + (left: ProcessMemory, right: ProcessMemory) -> ProcessMemory {
        var sum = left
        sum.residentKibibytes += right.residentKibibytes
        sum.proportionalKibibytes += right.proportionalKibibytes
        sum.privateKibibytes += right.privateKibibytes
        return sum
    }
}
