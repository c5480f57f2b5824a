import Glibc
import Kernel
import Testing

/// The machine that these tests run on.
enum KernelMachine {
    /// Whether the caller has asked to skip the kernel tests. Otherwise they fail on a machine that cannot run them, so
    /// that a test that did not run is not taken for a passed one.
    static let isAskedNotTo = getenv("SLUICE_WITHOUT_KERNEL").map { String(cString: $0) } == "1"

    /// Unique to this process and call, so that concurrent runs never use the same name.
    static func gatewayName(_ what: String = #function) -> String {
        "test-\(getpid())-" + what.filter { $0.isLetter || $0.isNumber }
    }

    /// `ip` of iproute2, in the caller's network namespace.
    static func ip(_ line: String) throws {
        let outcome = try Command.run("ip", line.split(separator: " ").map { String($0) }, package: "iproute2")
        try #require(outcome.status == 0, "ip \(line): \(outcome.errorOutput)")
    }
}

extension Trait where Self == ConditionTrait {
    /// Needs root and the kernel's BPF; switched off only by SLUICE_WITHOUT_KERNEL=1.
    static var onTheKernel: Self {
        .disabled(if: KernelMachine.isAskedNotTo, "SLUICE_WITHOUT_KERNEL=1: not tried on the kernel")
    }
}
