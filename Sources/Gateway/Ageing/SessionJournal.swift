package import FlowCore
package import FlowLayout

/// Where the end of every session is told, once: the log today, flow logs later.
package protocol SessionJournal {
    /// A session was ended by the gateway itself.
    func ended(_ session: sluice_session, slot: Int, reason: EndReason)
}

/// Tells nobody.
package struct SilentJournal: SessionJournal {
    package init() {}
    package func ended(_ session: sluice_session, slot: Int, reason: EndReason) {}
}
