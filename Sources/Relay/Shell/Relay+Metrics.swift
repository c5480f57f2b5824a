extension Relay {
    /// toxiproxy's two metrics, and ours, in Prometheus' text format.
    package var metrics: String {
        var text = ""
        for (name, verb) in [("received", "received"), ("sent", "sent")] {
            text += "# HELP toxiproxy_proxy_\(name)_bytes_total Bytes \(verb) by a proxy, by direction of the stream.\n"
            text += "# TYPE toxiproxy_proxy_\(name)_bytes_total counter\n"
            for proxy in allProxies {
                for (direction, bytes) in [
                    ("upstream", proxy.bytesUpstream), ("downstream", proxy.bytesDownstream),
                ] {
                    let description = proxy.description
                    text +=
                        "toxiproxy_proxy_\(name)_bytes_total{direction=\"\(direction)\",listener=\"\(Relay.label(description.listen))\","
                        + "proxy=\"\(Relay.label(description.name))\",upstream=\"\(Relay.label(description.upstream))\"} \(bytes)\n"
                }
            }
        }
        text += "# HELP sluice_relay_connections Connections of a proxy now.\n# TYPE sluice_relay_connections gauge\n"
        for proxy in allProxies {
            text +=
                "sluice_relay_connections{proxy=\"\(Relay.label(proxy.description.name))\"} \(proxy.connections.count)\n"
        }
        text += "# HELP sluice_relay_buffered_bytes Bytes that wait in the toxics of a proxy.\n"
        text += "# TYPE sluice_relay_buffered_bytes gauge\n"
        for proxy in allProxies {
            let bytes = proxy.connections.values.reduce(0) { $0 + $1.buffered }
            text += "sluice_relay_buffered_bytes{proxy=\"\(Relay.label(proxy.description.name))\"} \(bytes)\n"
        }
        text += "# HELP sluice_relay_events_total What happened to connections and proxies.\n"
        text += "# TYPE sluice_relay_events_total counter\n"
        for kind in RelayEvent.Kind.allCases {
            text += "sluice_relay_events_total{event=\"\(kind.rawValue)\"} \(counts[kind] ?? 0)\n"
        }
        text += "# HELP sluice_relay_limit The limits of the relay.\n# TYPE sluice_relay_limit gauge\n"
        for (name, value) in [
            ("connections", limits.connections), ("proxies", limits.proxies), ("toxics", limits.toxics),
            ("connectionBytes", limits.connectionBytes),
        ] {
            text += "sluice_relay_limit{limit=\"\(name)\"} \(value)\n"
        }
        text += "# HELP sluice_relay_refused_by_limit_total Connections that were reset because of the limit.\n"
        text += "# TYPE sluice_relay_refused_by_limit_total counter\n"
        text += "sluice_relay_refused_by_limit_total \(refusedByLimit)\n"
        return text
    }

    private static func label(_ text: String) -> String {
        var result = ""
        for character in text {
            switch character {
            case "\\": result += "\\\\"
            case "\"": result += "\\\""
            case "\n": result += "\\n"
            default: result.append(character)
            }
        }
        return result
    }
}
