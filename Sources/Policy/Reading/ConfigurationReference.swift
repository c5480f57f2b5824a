/// Every key of `sluice.yaml`: what the reader accepts, and what the documentation shows.
///
/// | key | value | default | what it does |
/// |---|---|---|---|
/// | `gateway` | name | the host's name | Names the gateway in paths, pins and messages. |
/// | `profile` | azure, azure-2025, azure-2022, custom | azure | The version of the documented behaviour. |
/// | `northSouthIdleTimeout` | duration | 4m | Idle timeout of TCP sessions with an end outside the internal prefixes: 4m to 15m; azure-2022 to 30m; custom 1s to 7d. |
/// | `eastWestIdleTimeout` | duration | 5m | Idle timeout of TCP sessions with both ends inside. Custom only; azure-2022: as north-south. |
/// | `idleReset` | mapping |  | Whether idle TCP sessions are reset. Custom only. |
/// | `halfOpenTimeout` | duration | 30s | How long a handshake may take. Custom only. |
/// | `closingTimeout` | duration | 120s | How long a session with one FIN may be idle. Custom only. |
/// | `closedTimeout` | duration | 10s | How long a closed session stays in the table. Custom only. |
/// | `drain` | mapping |  | How an instance leaves the fleet. Custom only. |
/// | `timeScale` | 1 to 1000 | 1 | Divides every duration, for demonstrations and tests. |
/// | `continuity` | disruptive, preserve | disruptive | What happens to sessions when their instance leaves: they end as documented, or other instances take them over. |
/// | `fleet` | mapping |  | How many instances there are, and the capacity of each. |
/// | `recovery` | mapping |  | When an instance counts as failed. |
/// | `maintenance` | mapping | at any time | When 'sluice maintenance start' may begin to replace instances. |
/// | `capacity` | mapping |  | The size of the session table. |
/// | `zones` | list | required | Named sets of network interfaces. |
/// | `internalPrefixes` | list of prefixes | 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, 100.64.0.0/10, fc00::/7, fe80::/10 | Which addresses are inside: a session between two of them is east-west. |
/// | `rules` | list | none | Who may open sessions through the gateway. What no rule allows is denied. |
/// | `hostRules` | list | none | Who may reach the gateway's own addresses. |
/// | `networkSecurityGroups` | list of files, groups | none | Files with groups as the cloud's tools export them, relative to this file; { file, parameters, cloud } for a template with its parameters; or groups written in place. |
/// | `applicationSecurityGroups` | mapping of names to addresses | none | The members of the application security groups that rules name. |
/// | `serviceTags` | list of files | none | Service tags as published (ServiceTags_Public_*.json), beyond VirtualNetwork, AzureLoadBalancer and Internet. |
/// | `cloud` | mapping | none | What a template gets from the cloud when it is deployed: resourceGroup(), subscription(), ... |
/// | `vethShortcut` | true, false | true | Whether packets go directly to the other end of a veth pair in another network namespace. This is faster, but bypasses queueing, shaping and captures on the gateway's end. |
/// | `hostPing` | true, false | true | Whether the gateway's own addresses answer ping. |
/// | `withoutSession` | drop, reset | drop | What happens to a TCP segment that belongs to no session. |
/// | `guardOnStop` | keep, remove | keep | While the gateway is stopped, keep forwards nothing, and remove lets the host forward as it did without the gateway. |
/// | `flowLog` | mapping | none | Where sessions and denies are logged. |
/// | `stateDirectory` | absolute path | /var/lib/sluice | Directory of the history and the fleet's state; created at the start if it is missing. |
/// | `api` | mapping | none | An HTTP API and page, in a separate process without privileges. |
/// | `capacity.sessions` | 1 to 16777216 | 262144 | Sessions that the table can hold; memory is allocated at the start. |
/// | `idleReset.northSouth` | true, false | true | Both ends of an idle north-south session receive a reset. |
/// | `idleReset.eastWest` | true, false | false | Both ends of an idle east-west session receive a reset. |
/// | `drain.refuse` | duration, 0s to 7d | 45s | How long an instance that leaves refuses new sessions before it resets its own. |
/// | `drain.reset` | duration, 0s to 7d | 45s | How long it resets its sessions before it ends; 0s: its sessions are dropped without a reset. |
/// | `fleet.minCapacity` | 2 to 50 | 2 | Minimum number of instances. |
/// | `fleet.maxCapacity` | 2 to 50 | 20 | Maximum number of instances: equal to minCapacity, or at least 2 more. |
/// | `fleet.instance` | mapping |  | The capacity of one instance, for the autoscaler. |
/// | `fleet.coolDown` | duration, 1m to 1d | 5m | How long the load must be low before an instance leaves. |
/// | `fleet.instance.throughput` | bits a second: 800Mbps | 1.5Gbps | Throughput capacity of one instance. |
/// | `fleet.instance.sessions` | 1 to 16777216 | 131072 | Session capacity of one instance. |
/// | `recovery.after` | duration, 2s to 1h | 5s | An instance that does not respond for this long is ended and replaced; not scaled. |
/// | `maintenance.start` | time of day: "22:00" | required | When the window opens, every day. |
/// | `maintenance.length` | duration, 5h to 1d | required | How long it is open; not scaled. |
/// | `maintenance.timeZone` | IANA name | required | Time zone of the window: Europe/Berlin, UTC. |
/// | `flowLog.directory` | absolute path | required | Directory of the files; created at the start if it is missing. |
/// | `flowLog.formats` | list of nsg-v2, vnet-v4 | [nsg-v2, vnet-v4] | The documented formats that are written. |
/// | `flowLog.retention` | mapping |  | How long files are kept. |
/// | `flowLog.subscription` | UUID | all zeros | Used as the cloud's subscription in records and paths. |
/// | `flowLog.resourceGroup` | name | sluice | Used as the cloud's resource group. |
/// | `flowLog.region` | name | local | Used as the cloud's region. |
/// | `flowLog.retention.age` | duration, 1h or more | 7d | Files of older hours are removed. |
/// | `flowLog.retention.size` | bytes: 500MB, 10GB | 1GB | The oldest files are removed while the total size is larger. |
/// | `api.listen` | address:port | required | Address and port to listen on: 127.0.0.1:8686. Beyond loopback it needs tls, or insecure. |
/// | `api.tls` | mapping | none | HTTPS instead of HTTP. |
/// | `api.insecure` | true, false | false | Whether plain HTTP is allowed beyond loopback. Tokens are sent unencrypted then. |
/// | `api.limits` | mapping |  | Limits for clients. |
/// | `api.tls.certificate` | absolute path | required | PEM file: the certificate, then the intermediate certificates. |
/// | `api.tls.key` | absolute path | required | PEM file: the certificate's private key. |
/// | `api.limits.requestBytes` | 1024 to 67108864 | 1048576 | Maximum bytes of a request's body. |
/// | `api.limits.connections` | 8 to 4096 | 256 | Connections at the same time. |
/// | `api.limits.streams` | 1 to 1024 | 32 | Streams of events at the same time. |
/// | `api.limits.clientTime` | duration, 1s to 10m | 10s | Maximum time for a client to send a request, and again to receive the answer. |
/// | `api.limits.requestsPerSecond` | 1 to 100000 | 50 | Requests of one token or address; twice as many in a burst. |
/// | `cloud.resourceGroup` | name | none | The resource group that templates are deployed to. |
/// | `cloud.location` | region | none | Its region. |
/// | `cloud.subscription` | UUID | none | The subscription's id. |
/// | `cloud.subscriptionName` | name | none | The subscription's name. |
/// | `cloud.tenant` | UUID | none | The tenant's id. |
/// | `cloud.managementGroup` | name | none | The management group's name. |
/// | `cloud.deployment` | name | none | The deployment's name. |
/// | `zones[].name` | text | required | Names the zone. |
/// | `zones[].interfaces` | list | required | The network interfaces of the zone. An interface belongs to one zone only. |
/// | `zones[].networkSecurityGroup` | name | none | The group for traffic out of the zone and into it, evaluated before the firewall's own rules. If several groups have the name: name@resourceGroup, or the id. |
/// | `rules[].name` | text | required | Names the rule, for people and logs; unique among all rules. |
/// | `rules[].priority` | 1 to 65535 | required | Lower is evaluated first; unique in the list. |
/// | `rules[].access` | Allow, Deny | required | What the rule decides. |
/// | `rules[].protocol` | Tcp, Udp, Icmp, Esp, Ah, "*" | required | Icmp is ICMPv6 too. With ports, "*" is TCP and UDP. |
/// | `rules[].source` | prefix, address, list of them, "*" | required | Where the session comes from. |
/// | `rules[].sourcePorts` | port, range, list of them, "*" | "*" | Its source port. |
/// | `rules[].destination` | prefix, address, list of them, "*" | required | Where the session goes to. |
/// | `rules[].destinationPorts` | port, range, list of them, "*" | "*" | Its destination port. |
/// | `rules[].idleTimeout` | duration, 1s to 7d | its class's | Idle timeout of the rule's sessions. In profiles other than custom this is an exception, which is logged. |
/// | `rules[].onIdle` | reset, silent, probe | as its class | How the rule's idle TCP sessions end; probe first sends both ends a keep-alive probe. |
///
/// `hostRules[]` has the keys of `rules[]` except `destination`, `idleTimeout` and `onIdle`. Durations are like `90s`, `4m`,
/// `1m30s`, `2h`, `7d`, `500ms`.
package enum ConfigurationReference {
    /// The mappings of the file.
    package enum Place: String, Sendable, CaseIterable {
        case top = ""
        case capacity = "capacity"
        case idleReset = "idleReset"
        case drain = "drain"
        case fleet = "fleet"
        case fleetInstance = "fleet.instance"
        case recovery = "recovery"
        case maintenance = "maintenance"
        case flowLog = "flowLog"
        case retention = "flowLog.retention"
        case api = "api"
        case apiTLS = "api.tls"
        case apiLimits = "api.limits"
        case cloud = "cloud"
        case zone = "zones[]"
        case rule = "rules[]"
        case hostRule = "hostRules[]"
    }

    /// One key.
    package struct Key: Sendable {
        package var place: Place
        package var name: String
        package var value: String
        package var usual: String
        package var meaning: String
    }

    /// All keys that this version acts on.
    package static let keys: [Key] =
        table(
            .top,
            [
                ("gateway", "name", "the host's name", "Names the gateway in paths, pins and messages."),
                (
                    "profile", "azure, azure-2025, azure-2022, custom", "azure",
                    "The version of the documented behaviour."
                ),
                (
                    "northSouthIdleTimeout", "duration", "4m",
                    "Idle timeout of TCP sessions with an end outside the internal prefixes: 4m to 15m; azure-2022 to 30m; custom 1s to 7d."
                ),
                (
                    "eastWestIdleTimeout", "duration", "5m",
                    "Idle timeout of TCP sessions with both ends inside. Custom only; azure-2022: as north-south."
                ),
                ("idleReset", "mapping", "", "Whether idle TCP sessions are reset. Custom only."),
                ("halfOpenTimeout", "duration", "30s", "How long a handshake may take. Custom only."),
                ("closingTimeout", "duration", "120s", "How long a session with one FIN may be idle. Custom only."),
                ("closedTimeout", "duration", "10s", "How long a closed session stays in the table. Custom only."),
                ("drain", "mapping", "", "How an instance leaves the fleet. Custom only."),
                ("timeScale", "1 to 1000", "1", "Divides every duration, for demonstrations and tests."),
                (
                    "continuity", "disruptive, preserve", "disruptive",
                    "What happens to sessions when their instance leaves: they end as documented, or other instances take them over."
                ),
                ("fleet", "mapping", "", "How many instances there are, and the capacity of each."),
                ("recovery", "mapping", "", "When an instance counts as failed."),
                (
                    "maintenance", "mapping", "at any time",
                    "When 'sluice maintenance start' may begin to replace instances."
                ),
                ("capacity", "mapping", "", "The size of the session table."),
                ("zones", "list", "required", "Named sets of network interfaces."),
                (
                    "internalPrefixes", "list of prefixes",
                    "10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, 100.64.0.0/10, fc00::/7, fe80::/10",
                    "Which addresses are inside: a session between two of them is east-west."
                ),
                ("rules", "list", "none", "Who may open sessions through the gateway. What no rule allows is denied."),
                ("hostRules", "list", "none", "Who may reach the gateway's own addresses."),
                (
                    "networkSecurityGroups", "list of files, groups", "none",
                    "Files with groups as the cloud's tools export them, relative to this file; { file, parameters, cloud } for a template with its parameters; or groups written in place."
                ),
                (
                    "applicationSecurityGroups", "mapping of names to addresses", "none",
                    "The members of the application security groups that rules name."
                ),
                (
                    "serviceTags", "list of files", "none",
                    "Service tags as published (ServiceTags_Public_*.json), beyond VirtualNetwork, AzureLoadBalancer and Internet."
                ),
                (
                    "cloud", "mapping", "none",
                    "What a template gets from the cloud when it is deployed: resourceGroup(), subscription(), ..."
                ),
                (
                    "vethShortcut", "true, false", "true",
                    "Whether packets go directly to the other end of a veth pair in another network namespace. This is faster, but bypasses queueing, shaping and captures on the gateway's end."
                ),
                ("hostPing", "true, false", "true", "Whether the gateway's own addresses answer ping."),
                ("withoutSession", "drop, reset", "drop", "What happens to a TCP segment that belongs to no session."),
                (
                    "guardOnStop", "keep, remove", "keep",
                    "While the gateway is stopped, keep forwards nothing, and remove lets the host forward as it did without the gateway."
                ),
                ("flowLog", "mapping", "none", "Where sessions and denies are logged."),
                (
                    "stateDirectory", "absolute path", "/var/lib/sluice",
                    "Directory of the history and the fleet's state; created at the start if it is missing."
                ),
                ("api", "mapping", "none", "An HTTP API and page, in a separate process without privileges."),
            ])
        + table(
            .capacity,
            [
                (
                    "sessions", "1 to 16777216", "262144",
                    "Sessions that the table can hold; memory is allocated at the start."
                )
            ])
        + table(
            .idleReset,
            [
                ("northSouth", "true, false", "true", "Both ends of an idle north-south session receive a reset."),
                ("eastWest", "true, false", "false", "Both ends of an idle east-west session receive a reset."),
            ])
        + table(
            .drain,
            [
                (
                    "refuse", "duration, 0s to 7d", "45s",
                    "How long an instance that leaves refuses new sessions before it resets its own."
                ),
                (
                    "reset", "duration, 0s to 7d", "45s",
                    "How long it resets its sessions before it ends; 0s: its sessions are dropped without a reset."
                ),
            ])
        + table(.fleet, fleetKeys)
        + table(
            .fleetInstance,
            [
                ("throughput", "bits a second: 800Mbps", "1.5Gbps", "Throughput capacity of one instance."),
                ("sessions", "1 to 16777216", "131072", "Session capacity of one instance."),
            ])
        + table(
            .recovery,
            [
                (
                    "after", "duration, 2s to 1h", "5s",
                    "An instance that does not respond for this long is ended and replaced; not scaled."
                )
            ])
        + table(
            .maintenance,
            [
                ("start", "time of day: \"22:00\"", "required", "When the window opens, every day."),
                ("length", "duration, 5h to 1d", "required", "How long it is open; not scaled."),
                ("timeZone", "IANA name", "required", "Time zone of the window: Europe/Berlin, UTC."),
            ])
        + table(.cloud, cloudKeys)
        + table(
            .zone,
            [
                ("name", "text", "required", "Names the zone."),
                (
                    "interfaces", "list", "required",
                    "The network interfaces of the zone. An interface belongs to one zone only."
                ),
                (
                    "networkSecurityGroup", "name", "none",
                    "The group for traffic out of the zone and into it, evaluated before the firewall's own rules. If several groups have the name: name@resourceGroup, or the id."
                ),
            ])
        + table(.flowLog, flowLogKeys)
        + table(.retention, retentionKeys)
        + table(.api, apiKeys)
        + table(.apiTLS, apiTLSKeys)
        + table(.apiLimits, apiLimitKeys)
        + table(.rule, ruleKeys)
        + table(.hostRule, ruleKeys.filter { !["destination", "idleTimeout", "onIdle"].contains($0.name) })

    private static let cloudKeys: [(name: String, value: String, usual: String, meaning: String)] = [
        ("resourceGroup", "name", "none", "The resource group that templates are deployed to."),
        ("location", "region", "none", "Its region."),
        ("subscription", "UUID", "none", "The subscription's id."),
        ("subscriptionName", "name", "none", "The subscription's name."),
        ("tenant", "UUID", "none", "The tenant's id."),
        ("managementGroup", "name", "none", "The management group's name."),
        ("deployment", "name", "none", "The deployment's name."),
    ]

    private static let fleetKeys: [(name: String, value: String, usual: String, meaning: String)] = [
        ("minCapacity", "2 to 50", "2", "Minimum number of instances."),
        ("maxCapacity", "2 to 50", "20", "Maximum number of instances: equal to minCapacity, or at least 2 more."),
        ("instance", "mapping", "", "The capacity of one instance, for the autoscaler."),
        ("coolDown", "duration, 1m to 1d", "5m", "How long the load must be low before an instance leaves."),
    ]

    private static let flowLogKeys: [(name: String, value: String, usual: String, meaning: String)] = [
        ("directory", "absolute path", "required", "Directory of the files; created at the start if it is missing."),
        ("formats", "list of nsg-v2, vnet-v4", "[nsg-v2, vnet-v4]", "The documented formats that are written."),
        ("retention", "mapping", "", "How long files are kept."),
        ("subscription", "UUID", "all zeros", "Used as the cloud's subscription in records and paths."),
        ("resourceGroup", "name", "sluice", "Used as the cloud's resource group."),
        ("region", "name", "local", "Used as the cloud's region."),
    ]

    private static let retentionKeys: [(name: String, value: String, usual: String, meaning: String)] = [
        ("age", "duration, 1h or more", "7d", "Files of older hours are removed."),
        ("size", "bytes: 500MB, 10GB", "1GB", "The oldest files are removed while the total size is larger."),
    ]

    private static let apiKeys: [(name: String, value: String, usual: String, meaning: String)] = [
        (
            "listen", "address:port", "required",
            "Address and port to listen on: 127.0.0.1:8686. Beyond loopback it needs tls, or insecure."
        ),
        ("tls", "mapping", "none", "HTTPS instead of HTTP."),
        (
            "insecure", "true, false", "false",
            "Whether plain HTTP is allowed beyond loopback. Tokens are sent unencrypted then."
        ),
        ("limits", "mapping", "", "Limits for clients."),
    ]

    private static let apiTLSKeys: [(name: String, value: String, usual: String, meaning: String)] = [
        (
            "certificate", "absolute path", "required",
            "PEM file: the certificate, then the intermediate certificates."
        ),
        ("key", "absolute path", "required", "PEM file: the certificate's private key."),
    ]

    private static let apiLimitKeys: [(name: String, value: String, usual: String, meaning: String)] = [
        ("requestBytes", "1024 to 67108864", "1048576", "Maximum bytes of a request's body."),
        ("connections", "8 to 4096", "256", "Connections at the same time."),
        ("streams", "1 to 1024", "32", "Streams of events at the same time."),
        (
            "clientTime", "duration, 1s to 10m", "10s",
            "Maximum time for a client to send a request, and again to receive the answer."
        ),
        (
            "requestsPerSecond", "1 to 100000", "50",
            "Requests of one token or address; twice as many in a burst."
        ),
    ]

    private static let ruleKeys: [(name: String, value: String, usual: String, meaning: String)] = [
        ("name", "text", "required", "Names the rule, for people and logs; unique among all rules."),
        ("priority", "1 to 65535", "required", "Lower is evaluated first; unique in the list."),
        ("access", "Allow, Deny", "required", "What the rule decides."),
        (
            "protocol", "Tcp, Udp, Icmp, Esp, Ah, \"*\"", "required",
            "Icmp is ICMPv6 too. With ports, \"*\" is TCP and UDP."
        ),
        ("source", "prefix, address, list of them, \"*\"", "required", "Where the session comes from."),
        ("sourcePorts", "port, range, list of them, \"*\"", "\"*\"", "Its source port."),
        ("destination", "prefix, address, list of them, \"*\"", "required", "Where the session goes to."),
        ("destinationPorts", "port, range, list of them, \"*\"", "\"*\"", "Its destination port."),
        (
            "idleTimeout", "duration, 1s to 7d", "its class's",
            "Idle timeout of the rule's sessions. In profiles other than custom this is an exception, which is logged."
        ),
        (
            "onIdle", "reset, silent, probe", "as its class",
            "How the rule's idle TCP sessions end; probe first sends both ends a keep-alive probe."
        ),
    ]

    /// What to say about a key in the wrong mapping, by path without indices.
    static let hints = [
        "hostRules[].destination": "a host rule is for the gateway's own addresses: remove it",
        "hostRules[].idleTimeout": "the gateway keeps no sessions of its own traffic: remove it",
        "hostRules[].onIdle": "the gateway keeps no sessions of its own traffic: remove it",
    ]

    private static func table(
        _ place: Place, _ rows: [(name: String, value: String, usual: String, meaning: String)]
    ) -> [Key] {
        rows.map { Key(place: place, name: $0.name, value: $0.value, usual: $0.usual, meaning: $0.meaning) }
    }

    /// The names of the keys of a mapping.
    static func names(of place: Place) -> [String] { keys.filter { $0.place == place }.map(\.name) }
}
