package import FlowCore
package import FlowLayout

/// Who is told of every session once, at its very end, when nothing is counted for it any more: the flow log.
package protocol ReleaseObserver: AnyObject {
    /// A slot was given back.
    ///
    /// - Parameters:
    ///   - word: the control word before; its tick is when the session ended.
    ///   - session: with its last counts.
    func released(slot: Int, word: ControlWord, session: sluice_session)
}
