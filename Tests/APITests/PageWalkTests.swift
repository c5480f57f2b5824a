import FoundationEssentials
import Lab
import Testing

@testable import API

/// The page in a browser, against a running gateway.
@Suite(.serialized) struct PageWalkTests {
    @Test(
        "WEB-2 headless Chromium walks through each view during a drain, a maintenance and a restart: what is on the screen, and no error"
    )
    func walk() async throws {
        let folder = "\(#filePath)".replacing("/APITests/PageWalkTests.swift", with: "/PageTests")
        let extra = "fleet: { minCapacity: 3, maxCapacity: 6 }"
        try await APILab.with(extra: extra, timeScale: 2) { api in
            let lab = api.lab
            let flows = "\(APILab.listen)\n\(extra)\nflowLog: { directory: \(lab.directory)/flows }"
            try await api.gateway.reload(lab.configuration(timeScale: 2, extra: flows))
            let server = try await lab.listener(in: .internet, port: 8080, "--echo")
            var clients = [try lab.connector(in: .client, to: LabZone.internet.address, port: 8080)]
            for _ in 1..<12 {
                clients.append(try lab.connector(in: .client, to: LabZone.internet.address, port: 8080))
            }
            for client in clients { try await client.waitFor("connected", within: .seconds(10)) }
            // Denied traffic, so that drops with a reason are shown.
            _ = try await lab.execute(
                in: .client, ["curl", "-s", "-m", "2", "http://\(LabZone.peer.address):23/"])
            let walk = try lab.spawn(
                in: .gateway,
                [
                    "python3", "-B", "\(folder)/walk.py", "http://127.0.0.1:8686/",
                    "\(lab.directory)/state/\(lab.name)/admin.token",
                ])
            _ = await eventually(within: .seconds(240)) {
                walk.standardOutput.contains("stop the gateway now") || !walk.isRunning
            }
            await api.gateway.stop()
            _ = await eventually(within: .seconds(60)) {
                walk.standardOutput.contains("start the gateway now") || !walk.isRunning
            }
            let second = try await lab.startGateway(configuration: lab.configuration(timeScale: 2, extra: flows))
            let exit = await walk.waitForExit(within: .seconds(120))
            #expect(exit == .code(0), "\(walk.allOutput)")
            await second.stop()
            withExtendedLifetime((server, clients)) {}
        }
    }

    @Test("WEB-1 the page is under 200 KB, names no other host, and never writes data as markup")
    func text() {
        let files = PageFile.all.filter { $0.route != "/openapi.json" }
        #expect(files.count > 10)
        #expect(files.reduce(0) { $0 + $1.bytes.count } < 200_000)
        let forbidden = [
            "innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function", "<style",
            "style=", "onclick=\"", "javascript:", "https://", "@import", "import(",
        ]
        for file in files {
            // The namespace of SVG is not an address from which anything is loaded.
            let text = String(decoding: file.bytes, as: UTF8.self).replacing("http://www.w3.org/2000/svg", with: "")
            #expect(!text.contains("http://"), "\(file.route)")
            for word in forbidden { #expect(!text.contains(word), "\(file.route) has \(word)") }
        }
    }
}
