import ArgumentParser
import FoundationEssentials
import Glibc
import Inspection
import Kernel
import Lab
import Policy

/// The values that the shell offers for an option: the current objects. A user without permission gets no offer.
enum Completing {
    /// The maximum number of offered sessions. A longer list is of no use in a shell.
    private static let maximumSessions = 100

    static var gateways: CompletionKind { .custom { _, _, _ in Datapath.gateways() } }

    static var zones: CompletionKind {
        .custom { line, _, _ in
            if let file = option("--file", in: line) {
                return (try? Configuration.read(path: file).zones.map(\.name)) ?? []
            }
            guard let name = gateway(line) else { return [] }
            return (try? GatewayDirectory(gateway: name).configuration().zones.map(\.name)) ?? []
        }
    }

    static var sessions: CompletionKind {
        .custom { line, _, prefix in
            guard let name = gateway(line), let inspector = try? GatewayInspector(gateway: name) else { return [] }
            var found: [String] = []
            inspector.memory.forEach(where: SessionFilter()) { record in
                let id = record.identifier.description
                if found.count < maximumSessions, id.hasPrefix(prefix) { found.append(id) }
            }
            return found
        }
    }

    static var instances: CompletionKind {
        .custom { line, _, _ in
            guard let name = gateway(line), let inspector = try? GatewayInspector(gateway: name) else { return [] }
            return (try? inspector.fleet().instances.map { "\($0.identifier)" }) ?? []
        }
    }

    static var rules: CompletionKind {
        .custom { line, _, _ in
            guard let name = gateway(line) else { return [] }
            return (try? GatewayDirectory(gateway: name).ruleIdentities().names.values.sorted()) ?? []
        }
    }

    static var interfaces: CompletionKind {
        .custom { _, _, _ in
            guard let list = if_nameindex() else { return [] }
            defer { if_freenameindex(list) }
            var names: [String] = []
            var next = list
            while next.pointee.if_index != 0, let name = next.pointee.if_name {
                names.append(String(cString: name))
                next += 1
            }
            return names
        }
    }

    static var histories: CompletionKind {
        .custom { line, _, _ in
            let directory = option("--state-directory", in: line)
            return Set(Datapath.gateways() + HistoryLocation.known(in: directory)).sorted()
        }
    }

    static var configurations: CompletionKind { .file(extensions: ["yaml", "yml"]) }

    /// The gateway that an incomplete command line refers to.
    private static func gateway(_ line: [String]) -> String? {
        try? GatewayDirectory.resolve(option("--gateway", in: line) ?? GatewayOption.environment)
    }

    /// The value of an option in a command line: `--name value` or `--name=value`.
    static func option(_ name: String, in line: [String]) -> String? {
        for (index, word) in line.enumerated() {
            if word == name, index + 1 < line.count, !line[index + 1].isEmpty { return line[index + 1] }
            if word.hasPrefix(name + "=") { return String(word.dropFirst(name.count + 1)) }
        }
        return nil
    }
}
