/// The maps of the kernel program (KernelProgram/include/maps.bpf.h).
enum MapName {
    static let flows = "sluice_flows"
    static let sessions = "sluice_sessions"
    static let words = "sluice_words"
    static let free = "sluice_free"
    static let slabs = "sluice_slabs"
    static let instances = "sluice_instances"
    static let tallies = "sluice_tallies"
    static let treatments = "sluice_treatments"
    static let runtime = "sluice_runtime"
    static let policies = "sluice_policies"
    static let interfaces = "sluice_interfaces"
    static let farInterfaces = "sluice_far_interfaces"
    static let fragments = "sluice_fragments"
    static let timestamps = "sluice_timestamps"
    static let counters = "sluice_counters"
    static let events = "sluice_events"
    static let steering = "sluice_steering"
    static let traffic = "sluice_slab_traffic"
    static let sources = "sluice_sources"
    static let watch = "sluice_watch"
    static let watched = "sluice_watched"
    static let watchBudgets = "sluice_watch_budgets"

    /// The maps that this module uses. The kernel program may have more for itself.
    static let all = [
        flows, sessions, words, free, slabs, instances, treatments, runtime, policies, interfaces, farInterfaces,
        fragments, counters, timestamps, tallies, events, steering, traffic, sources,
        watch, watched, watchBudgets,
    ]
}

/// The programs of the kernel program that processes refer to by name.
package enum ProgramName {
    /// Judges the packets that come in by a zone interface.
    package static let ingress = "sluice_ingress"
    /// Answers a `sluice_classification`, with the live policy.
    package static let explain = "sluice_explain"
    /// Sends a segment by the route of a zone's packets.
    package static let send = "sluice_send"
    /// Only the judgement, with zone, route and time from a test. No gateway loads it.
    package static let judgeTest = "sluice_judge_test"

    /// What a gateway loads, the smallest first: if a kernel refuses them, the error comes early.
    package static let serving = [explain, send, ingress]
    package static let all = [explain, send, ingress, judgeTest]
}
