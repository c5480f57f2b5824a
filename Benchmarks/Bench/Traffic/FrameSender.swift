import CFrames
import Glibc
import Lab

/// Sends frames of one kind on one host's link, as fast as possible, in the calling thread. The links are veth pairs,
/// so nearly all of the gateway's work for the frames happens in this thread too.
final class FrameSender {
    private let descriptor: Int32
    private let memory: UnsafeMutablePointer<UInt8>
    private let frames: [Frame]
    private let length: Int

    /// - Parameter host: the host that sends.
    init(_ kind: Frame.Kind, host: BenchHost, direction: Frame.Direction = .fromClient, version: IPVersion = .four)
        throws
    {
        descriptor = try host.place.visit { bench_open_frame_socket(host.interface) }
        guard descriptor >= 0 else {
            throw BenchError.system(
                call: "a packet socket on \(host.interface) of \(host.place.name)", reason: reason())
        }
        let count = Int(BENCH_SEND_MOST)
        let memory = UnsafeMutablePointer<UInt8>.allocate(capacity: count * Frame.strideBytes)
        self.memory = memory
        frames = (0..<count).map {
            Frame(
                at: memory + $0 * Frame.strideBytes, kind, direction: direction, version: version,
                destination: host.gatewayLinkAddress,
                source: host.linkAddress)
        }
        length = Int(BENCH_FRAME_PREFIX) + kind.frameBytes(version)
    }

    deinit {
        close(descriptor)
        memory.deallocate()
    }

    /// Sends `count` frames. `write` fills in each one, by its number.
    @inline(__always)
    func send(_ count: Int, _ write: (Frame, Int) -> Void) throws {
        var sent = 0
        while sent < count {
            let batch = min(frames.count, count - sent)
            for index in 0..<batch { write(frames[index], sent + index) }
            var done = 0
            while done < batch {
                let result = bench_send_frames(
                    descriptor, memory + done * Frame.strideBytes, Frame.strideBytes, length, UInt32(batch - done))
                if result < 0 {
                    // The memory of the link or the socket is full for a moment.
                    guard errno == ENOBUFS || errno == EAGAIN || errno == EINTR else {
                        throw BenchError.system(call: "sending frames", reason: reason())
                    }
                    continue
                }
                done += Int(result)
            }
            sent += batch
        }
    }
}

/// A host of a contender's lab, with what the frames need.
struct BenchHost {
    let place: NetworkPlace
    let interface: String
    let linkAddress: [UInt8]
    /// The link address of the gateway's end.
    let gatewayLinkAddress: [UInt8]
}
