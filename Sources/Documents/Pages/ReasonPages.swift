import FlowCore
import Inspection

/// docs/reference/drop-reasons.md, docs/reference/end-reasons.md, and the page's own drop-reasons.js
enum ReasonPages {
    static var drops: String {
        let rows = DropReason.allCases.map { reason in
            let advice = DropAdvice.of(reason)
            return [Markdown.code(reason.name), advice.meaning, advice.next]
        }
        return Markdown.page(
            "Why can a packet be dropped?",
            """
            Every dropped packet has one reason. The same word is used in `sluice status`, `sluice drop list`, the metrics, the API and the \
            log. [How to find out why a packet was dropped](../how-to/find-out-why-a-packet-was-dropped.md) shows the commands.
            """,
            [Markdown.table(["reason", "the packet", "what to do next"], rows)])
    }

    /// The meaning of each drop reason and what to do next, as a module of the page.
    static var dropModule: String {
        let entries = DropReason.allCases.map { reason in
            let advice = DropAdvice.of(reason)
            return "  \(reason.name): [\(literal(advice.meaning)), \(literal(advice.next))],"
        }
        return """
            // Made by \(GeneratedDocument.command) of what the program says. Edit the program, not this file.

            /** The meaning of each drop reason, and what to do next. */
            export const dropReasons = {
            \(entries.joined(separator: "\n"))
            };

            """
    }

    /// A string literal of JavaScript. The texts are our own: quotes and backslashes are all that needs an escape.
    private static func literal(_ text: String) -> String {
        "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
    }

    static var ends: String {
        let rows = EndReason.allCases.filter { $0 != .none }.map { reason in
            [Markdown.code(reason.name), meaning(reason), resets(reason)]
        }
        return Markdown.page(
            "Why can a session end?",
            """
            Every session ends for one reason. The same word is used in `sluice session trace`, the metrics, the API, the history and the \
            session's own line of the flow log.
            """,
            [Markdown.table(["reason", "the session", "does the firewall send a RST?"], rows)])
    }

    private static func meaning(_ reason: EndReason) -> String {
        switch reason {
        case .none: "has not ended"
        case .fin: "was closed by its ends: both FINs were acknowledged"
        case .reset: "was reset by one of its ends, with the exact sequence number"
        case .idleReset: "was idle for its timeout"
        case .idleSilent: "was idle for its timeout, and is of a class or rule without resets"
        case .halfOpenTimeout: "did not complete its handshake in time"
        case .closingTimeout: "had one FIN, and was idle for the closing timeout"
        case .operatorReset: "was reset by a command, the API or the page"
        case .probeFailed: "was idle, and an end did not answer the firewall's keep-alive probe (`onIdle: probe`)"
        case .policy: "is denied by rules that a reload brought"
        case .drain: "was reset in the reset half of its instance's drain"
        case .drained: "was left when its drained or stopped instance was recycled"
        case .instanceLost: "was of an instance that failed (`continuity: disruptive`)"
        case .gatewayStopped: "was there when the gateway was stopped"
        }
    }

    private static func resets(_ reason: EndReason) -> String {
        switch reason {
        case .idleReset, .drain: "to both ends"
        case .operatorReset, .policy, .probeFailed: "to both ends of a TCP session"
        case .closingTimeout: "to both ends, where an idle session of its class or rule is reset"
        case .halfOpenTimeout: "no: the source of a SYN may be forged"
        case .none, .fin, .reset, .idleSilent, .drained, .instanceLost, .gatewayStopped: "no"
        }
    }
}
