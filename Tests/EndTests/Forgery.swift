import Lab

/// Sends forged segments from the internet's host, with the server's address, to the client.
func inject(
    in lab: Lab, _ version: IPVersion, from sourcePort: Int, to port: Int, flags: String, sequences: [UInt32],
    acknowledgment: UInt32 = 0, data: Int = 0
) async throws {
    try await inject(
        in: lab, at: .internet, (LabZone.internet.address(version), sourcePort),
        (LabZone.client.address(version), port),
        flags, sequences, acknowledgment, data)
}

/// Sends forged segments from the client's host, with the client's address, to the internet.
func inject(
    in lab: Lab, _ version: IPVersion, fromClient sourcePort: Int, to port: Int, flags: String, sequences: [UInt32],
    acknowledgment: UInt32 = 0, data: Int = 0
) async throws {
    try await inject(
        in: lab, at: .client, (LabZone.client.address(version), sourcePort), (LabZone.internet.address(version), port),
        flags, sequences, acknowledgment, data)
}

private func inject(
    in lab: Lab, at place: LabPlace, _ source: (address: String, port: Int),
    _ destination: (address: String, port: Int),
    _ flags: String, _ sequences: [UInt32], _ acknowledgment: UInt32, _ data: Int
) async throws {
    var command = [
        "inject", "--source", source.address, "--source-port", "\(source.port)", "--destination", destination.address,
        "--destination-port", "\(destination.port)", "--flags", flags, "--acknowledgment", "\(acknowledgment)",
        "--data", "\(data)",
    ]
    for sequence in sequences { command += ["--sequence", "\(sequence)"] }
    let sender = try lab.endpoint(in: place, command)
    try await sender.process.result(within: patience).required()
}
