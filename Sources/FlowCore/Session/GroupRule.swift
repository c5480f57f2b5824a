package import FlowLayout

extension sluice_session {
    /// The identity of the rule of the last network security group that allowed the session; 0: no group was asked.
    package var groupRule: UInt16 {
        @inline(__always) get { UInt16(responder.groupRulePart) << 8 | UInt16(originator.groupRulePart) }
    }
}
