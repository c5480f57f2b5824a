@testable import Inspection

/// The exact output of commands.
enum Golden {
    static let sessionTable = """
        ID        PROTOCOL  SOURCE              DESTINATION        CLASS  STATE                  RULE    AGE   IDLE  TIMEOUT  BYTES >  BYTES <
        1a-7      tcp       10.1.0.10:51234     203.0.113.10:443   N-S    established            web   1m15s  12.3s       4m  3.4 KiB  7.5 MiB
        46-7      tcp       [fd00:1::10]:40000  [fd00:2::10]:5432  E-W    established            web   1h01m   0.4s       5m  3.4 KiB  7.5 MiB
        47-1      tcp       203.0.113.10:1024   10.1.0.10:22       N-S    synSent                #9     0.0s   0.0s      30s  3.4 KiB  7.5 MiB
        c8-65535  tcp       10.1.0.10:51235     203.0.113.10:443   N-S    resetting (idleReset)  web   4m19s   1.9s      10s  3.4 KiB  7.5 MiB
        ca-7      icmp      10.1.0.10:77        203.0.113.10:77    N-S    established            web    0.0s   0.0s      30s  3.4 KiB  7.5 MiB

        """
    static let sessionPage = """
        session               1a-7
        protocol              tcp
        source                10.1.0.10:51234 (zone client)
        destination           203.0.113.10:443 (zone internet)
        direction             outbound
        traffic class         northSouth
        state                 established
        rule                  web
        instance              1
        age                   1m15s
        idle                  12.3s
        idle timeout          4m, then reset
        keep-alive            source not seen, destination not seen
        to destination        12 packets, 3.4 KiB
        to source             10 packets, 7.5 MiB
        source position       sent up to 1000100, acknowledged 2000200
        destination position  sent up to 2000200, acknowledged 1000100

        """
    static let rules = """
        LIST   PRIORITY  NAME  ACCESS  PROTOCOL  SOURCE       PORTS  DESTINATION  PORTS  IDLE      ID  SESSIONS
        rules       100  web   Allow   Tcp       10.1.0.0/16  *      *            443    2h probe   3     1,234
        What no rule allows is denied.

        """
    static let explanation = """
        packet               tcp 10.1.0.10:49152 to 203.0.113.10:443, from zone client, to zone internet
        access               Deny
        rule                 edge/no-web
        group edge, inbound  Deny by edge/no-web (100); later: edge/some (200 Allow),edge/defaultSecurityRules/DenyAllInBound (65500 Deny)
        traffic class        northSouth
        direction            outbound
        session              none

        """
    static let preview = """
        - edge inbound: edge/no-web removed
        + edge inbound: edge/none added
        ~ rules: web changed
        ~ zone internet: group edge becomes none
        1 live session would end
          1a-7 tcp 10.1.0.10:51234 to 203.0.113.10:443, by rule web

        """
    static let statusScreen = """
        gateway edge-1: healthy

        profile         azure, continuity disruptive
        sessions        3 of 1,000 (0.3 %): 2 N-S, 1 E-W
                        2 established, 1 synSent
        half-open       1 of 500
        memory          293.0 KiB, 250.5 bytes a session
        fleet           2 of 2 instances serve, capacity 2 to 20
        policy          12 rules, image 1
        idle timeouts   northSouthIdle 4m, eastWestIdle 5m
        tcp timeouts    halfOpen 30s, closing 2m, closed 10s, tombstone 10s
        other timeouts  udp 4m, icmp 30s, other 4m
        controller      process 100
        version         1.2.3, commit 0123456789ab, layout 8
        guard           installed
        forwarded       1,000,000 packets, 1.4 GiB, 1,000 sessions begun

        ZONE      INTERFACE  DATAPATH   MTU
        client    eth1       attached  1500
        internet  eth0       attached  1500

        INSTANCE  STATE    PROCESS  HEARTBEAT  UPTIME  SESSIONS  BEGUN  ENDED  EXPIRED  RESETS  AGEING
               1  serving      101   0.2s ago   1h02m         3  1,000    997       20      44   1.2 %

        dropped: denied 5, noSession 1,234

        """

    /// A session with extreme values, and with characters that need escaping.
    static let awkward = SessionView(
        id: "0-0", protocol: "tcp", source: .init(address: "::", port: 0),
        destination: .init(address: "::1", port: 65535),
        direction: "outbound", trafficClass: "northSouth", state: "established", rule: "a \"rule\"\\with / all\u{1}",
        groupRule: "none",
        instance: 63, ageSeconds: 0.1, idleSeconds: 12_345_678.25, packets: .init(toDestination: .max, toSource: 0),
        bytes: .init(toDestination: 0, toSource: .max), idleTimeoutSeconds: 0.5, onIdle: "probe",
        timeLeftSeconds: 0, atRisk: true,
        keepAlive: .init(
            source: .init(leastSeconds: 549.76, mostSeconds: nil),
            destination: .init(leastSeconds: 0, mostSeconds: 17.18)),
        treatment: 4095,
        generation: 65535, tcpAuthentication: true, endReason: "none",
        positions: .init(
            originator: .init(sequenceEnd: .max, acknowledged: 0), responder: .init(sequenceEnd: 0, acknowledged: .max)),
        zones: .init(source: "größe", destination: "none"))
}
