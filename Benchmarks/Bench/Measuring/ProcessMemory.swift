/// Memory of processes, as the kernel counts it.
struct ProcessMemory {
    /// Resident memory (RSS), KiB. Shared memory counts fully for each process.
    var residentKibibytes = 0
    /// Proportional memory (PSS), KiB: shared memory is divided by the number of processes.
    var proportionalKibibytes = 0
    /// Memory that no other process has mapped, KiB: heaps, stacks, modified pages of the program.
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
