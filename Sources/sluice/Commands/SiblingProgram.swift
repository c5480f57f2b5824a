import ArgumentParser
import Glibc

/// A program of Sluice that is a binary of its own, beside this one or in PATH.
struct SiblingProgram {
    /// The program, and the package that contains it.
    let name: String

    /// Becomes that program.
    ///
    /// - Throws: If it is not installed.
    func execute(_ arguments: [String]) throws -> Never {
        let paths = SiblingProgram.ownFolder.map { ["\($0)/\(name)", name] } ?? [name]
        for path in paths {
            let pointers = ([path] + arguments).map { strdup($0) } + [nil]
            execvp(path, pointers)
            for pointer in pointers { free(pointer) }
        }
        throw ValidationError(
            "'\(name)' is neither beside this program nor in PATH: install the package '\(name)', or build it with 'swift build "
                + "--product \(name)'.")
    }

    private static var ownFolder: String? {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let length = readlink("/proc/self/exe", &buffer, buffer.count - 1)
        guard length > 0 else { return nil }
        let path = String(decoding: buffer[..<length].map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return path.lastIndex(of: "/").map { String(path[..<$0]) }
    }
}
