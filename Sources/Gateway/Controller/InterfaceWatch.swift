/// Decides what to do about a zone interface that may have gone, come back, or lost the program. Pure.
package enum InterfaceWatch {
    package struct Observation: Equatable, Sendable {
        /// What the gateway attached to last; nil: nothing.
        package var knownIndex: Int?
        /// What bears the name now; nil: nothing.
        package var presentIndex: Int?
        /// Whether the program is on what bears the name now.
        package var isAttached: Bool

        package init(knownIndex: Int?, presentIndex: Int?, isAttached: Bool) {
            self.knownIndex = knownIndex
            self.presentIndex = presentIndex
            self.isAttached = isAttached
        }
    }

    package enum Directive: Equatable, Sendable {
        case none
        /// It has gone: forget its index. The guard blocks what could come in by one of the same name.
        case forget(index: Int)
        /// It is still gone.
        case missing
        /// It is there (again), perhaps as another: attach, and forget the old index.
        case attach(forgetting: Int?)
        /// The program was taken off by force: attach again. Until then the guard blocks everything (BAD-5).
        case attachAgain
    }

    package static func decide(_ seen: Observation) -> Directive {
        switch (seen.knownIndex, seen.presentIndex) {
        case (nil, nil): .missing
        case (let known?, nil): .forget(index: known)
        case (nil, _?): .attach(forgetting: nil)
        case (let known?, let present?):
            if known != present { .attach(forgetting: known) } else { seen.isAttached ? .none : .attachAgain }
        }
    }
}
