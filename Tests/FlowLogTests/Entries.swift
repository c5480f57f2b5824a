import FlowCore
import FlowLayout
import FlowLog
import Policy

/// Address of a text such as `10.0.0.6`.
func address(_ text: String) -> sluice_address {
    guard let address = NetworkAddress(text) else { fatalError("\(text) is not an address") }
    return address.layout
}

func key(
    _ source: String, _ sourcePort: UInt16, _ destination: String, _ destinationPort: UInt16,
    ipProtocol: UInt8 = IPProtocol.tcp
) -> (key: sluice_session_key, flags: UInt8) {
    let (key, isLow) = sluice_session_key.of(
        source: address(source), destination: address(destination), sourcePort: sourcePort,
        destinationPort: destinationPort, protocol: ipProtocol, family: source.contains(":") ? 6 : 4)
    return (key, isLow ? SessionFlags.originatorIsLow : 0)
}

func entry(
    _ state: FlowEntry.State, _ time: UInt64, _ source: String, _ sourcePort: UInt16, _ destination: String,
    _ destinationPort: UInt16, ipProtocol: UInt8 = IPProtocol.tcp, inbound: Bool = false, rule: UInt16 = 1,
    _ counters: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
) -> FlowEntry {
    let (key, flags) = key(source, sourcePort, destination, destinationPort, ipProtocol: ipProtocol)
    return FlowEntry(
        state: state, time: time, key: key, flags: flags | (inbound ? SessionFlags.inbound : 0), rule: rule,
        sourceZone: 1, destinationZone: 2,
        counters: FlowCounters(
            packetsToDestination: counters.0, bytesToDestination: counters.1, packetsToSource: counters.2,
            bytesToSource: counters.3))
}

let names = ResourceNames(
    gateway: "edge-1",
    settings: FlowLogSettings(
        directory: "/nowhere", subscription: "00000000-1111-2222-3333-aaaabbbbcccc", resourceGroup: "rg",
        region: "EastUS"))

func second(_ value: UInt64) -> UInt64 { value * 1_000_000_000 }
func millisecond(_ value: UInt64) -> UInt64 { value * 1_000_000 }
