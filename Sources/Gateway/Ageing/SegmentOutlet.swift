package import FlowCore

/// Where the segments that the gateway makes itself leave it.
package protocol SegmentOutlet: AnyObject {
    /// Sends in order; some may fail without the others.
    ///
    /// - Returns: how many went out, and how many did not.
    func send(_ segments: [TCPSegment]) -> (sent: Int, failed: Int)
}
