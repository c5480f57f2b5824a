import SocketFunctions
import SocketLayout

/// Converts what the kernel holds into a record's keep-alive and times.
enum KeepAliveReading {
    /// SO_KEEPALIVE and its values, and which of them are the application's own.
    @inline(__always)
    static func keepAlive(_ raw: UnsafePointer<sluice_raw_socket>) -> sluice_keep_alive {
        var own: UInt8 = 0
        if raw.pointee.ownIdle != 0 { own |= UInt8(truncatingIfNeeded: SLUICE_OWN_IDLE.rawValue) }
        if raw.pointee.ownInterval != 0 { own |= UInt8(truncatingIfNeeded: SLUICE_OWN_INTERVAL.rawValue) }
        if raw.pointee.ownCount != 0 { own |= UInt8(truncatingIfNeeded: SLUICE_OWN_COUNT.rawValue) }
        return sluice_keep_alive(
            idle: raw.pointee.idle, interval: raw.pointee.interval, count: raw.pointee.count,
            isOn: raw.pointee.isOn != 0 ? 1 : 0, own: own, reserved: (0, 0))
    }

    /// Jiffies in a second: how often the kernel's clock ticks is in no field, but the same duration is there in jiffies
    /// and in seconds. 0: both durations are set to 0, so it can't be said.
    @inline(__always)
    static func jiffiesPerSecond(_ raw: UnsafePointer<sluice_raw_socket>) -> UInt32 {
        let idle = raw.pointee.ownIdle != 0 ? raw.pointee.ownIdle : raw.pointee.systemIdle
        if raw.pointee.idle != 0 { return idle / raw.pointee.idle }
        let interval = raw.pointee.ownInterval != 0 ? raw.pointee.ownInterval : raw.pointee.systemInterval
        return raw.pointee.interval != 0 ? interval / raw.pointee.interval : 0
    }

    /// Milliseconds from a time in jiffies until now. Jiffies wrap around after some weeks, so a longer time is
    /// reported as a shorter one; the kernel's own tcp_info has the same limit.
    @inline(__always)
    static func milliseconds(since time: UInt32, now: UInt32, jiffiesPerSecond: UInt32) -> UInt32 {
        if jiffiesPerSecond == 0 { return UInt32.max }
        let elapsed = UInt64(now &- time) &* 1000 / UInt64(jiffiesPerSecond)
        return elapsed >= UInt64(UInt32.max) ? UInt32.max &- 1 : UInt32(truncatingIfNeeded: elapsed)
    }
}

@c(sluice_keep_alive_body)
@inline(__always)
func keepAliveBody(_ raw: UnsafePointer<sluice_raw_socket>, _ keepAlive: UnsafeMutablePointer<sluice_keep_alive>) {
    keepAlive.pointee = KeepAliveReading.keepAlive(raw)
}

@c(sluice_fill_socket_body)
@inline(__always)
func fillSocketBody(_ raw: UnsafePointer<sluice_raw_socket>, _ record: UnsafeMutablePointer<sluice_socket>) {
    let rate = KeepAliveReading.jiffiesPerSecond(raw)
    let now = raw.pointee.now
    record.pointee.keepAlive = KeepAliveReading.keepAlive(raw)
    record.pointee.sinceSent = KeepAliveReading.milliseconds(since: raw.pointee.sent, now: now, jiffiesPerSecond: rate)
    record.pointee.sinceReceived = KeepAliveReading.milliseconds(
        since: raw.pointee.received, now: now, jiffiesPerSecond: rate)
    record.pointee.sinceAcknowledged = KeepAliveReading.milliseconds(
        since: raw.pointee.acknowledged, now: now, jiffiesPerSecond: rate)
}
