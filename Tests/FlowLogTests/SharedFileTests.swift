import Foundation
import Glibc
import Synchronization
import TestSupport
import Testing

@testable import FlowLog

private let path = "sluice-sessions/gateway=g/y=2023/m=11/d=14/h=22/m=00/PT1H"

private func record(_ writer: Int, _ number: Int) -> [UInt8] {
    Array("{\"time\":\"x\",\"writer\":\(writer),\"number\":\(number)}".utf8)
}

/// The content of a file, as `(writer, number)`; nil if it can't be parsed.
private func records(_ file: String) -> [[Int]]? {
    guard let data = FileManager.default.contents(atPath: file) else { return nil }
    let objects: [[String: Any]]?
    if file.hasSuffix(".jsonl") {
        let lines = data.split(separator: 10).map { try? JSONSerialization.jsonObject(with: $0) as? [String: Any] }
        objects = lines.contains { $0 == nil } ? nil : lines.compactMap(\.self)
    } else {
        objects = (try? JSONSerialization.jsonObject(with: data) as? [String: Any])?["records"] as? [[String: Any]]
    }
    return objects?.map { [$0["writer"] as? Int ?? -1, $0["number"] as? Int ?? -1] }
}

@Suite("Files of flow logs that several instances write")
struct SharedFileTests {
    @Test(
        "LOG-4 writers that share a file lose and repeat nothing, and the file can be parsed",
        arguments: ["json", "jsonl"])
    func interleaved(suffix: String) async throws {
        let directory = TemporaryDirectory()
        defer { withExtendedLifetime(directory) {} }
        let base = directory.path
        let relative = "\(path).\(suffix)"
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<8 {
                group.addTask {
                    // Every writer has its own descriptor, like every process.
                    let file = try LogFile(directory: base, path: relative)
                    for number in 0..<50 {
                        try file.append([record(writer, 2 * number), record(writer, 2 * number + 1)])
                    }
                }
            }
            try await group.waitForAll()
        }
        let found = try #require(records("\(base)/\(relative)"))
        #expect(found.count == 800)
        for writer in 0..<8 {
            #expect(found.filter { $0[0] == writer }.map { $0[1] } == Array(0..<100), "each writer's in their order")
        }
    }

    @Test(
        "LOG-4 the next append of another process repairs what a killed writer has torn", arguments: ["json", "jsonl"])
    func torn(suffix: String) throws {
        let directory = TemporaryDirectory()
        let relative = "\(path).\(suffix)"
        let file = try LogFile(directory: directory.path, path: relative)
        let other = try LogFile(directory: directory.path, path: relative)
        var count = 0
        let tail = FileShape.of(path: relative).tail
        let piece = record(9, 9)
        for cut in 0...(piece.count + tail.count + 2) {
            try file.append([record(0, count)])
            try other.append([record(1, count)])
            count += 1
            // A third writer has overwritten this part of the tail.
            let size = try #require(
                FileManager.default.attributesOfItem(atPath: file.path)[.size] as? Int)
            let separator = FileShape.of(path: relative).separator
            let torn = Array((separator + piece + tail).prefix(cut))
            let handle = try #require(FileHandle(forUpdatingAtPath: file.path))
            try handle.seek(toOffset: UInt64(size - tail.count))
            try handle.write(contentsOf: Data(torn))
            try handle.close()
        }
        try file.append([record(0, count)])
        let found = try #require(records(file.path))
        #expect(found.filter { $0[0] == 0 }.map { $0[1] } == Array(0...count))
        #expect(found.filter { $0[0] == 1 }.map { $0[1] } == Array(0..<count))
    }

    @Test(
        "LOG-3 a lock of a stopped process does not block others for long: it is reported with a remedy, and tried again"
    )
    func heldLock() throws {
        let directory = TemporaryDirectory()
        let file = try LogFile(directory: directory.path, path: "\(path).json")
        let descriptor = open(file.path, O_RDWR)
        defer { close(descriptor) }
        try #require(flock(descriptor, LOCK_EX) == 0)
        let begin = ContinuousClock.now
        let failure = #expect(throws: FileFailure.self) { try file.append([record(0, 0)]) }
        #expect(failure?.description.contains("fuser") == true)
        #expect((.seconds(1)..<Duration.seconds(10)).contains(ContinuousClock.now - begin))
        flock(descriptor, LOCK_UN)
        try file.append([record(0, 1)])
        #expect(records(file.path) == [[0, 1]])
    }

    @Test("LOG-4 a file that was removed is not written to")
    func removed() throws {
        let directory = TemporaryDirectory()
        let file = try LogFile(directory: directory.path, path: "\(path).json")
        unlink(file.path)
        #expect(throws: FileFailure.self) { try file.append([record(0, 0)]) }
    }
}
