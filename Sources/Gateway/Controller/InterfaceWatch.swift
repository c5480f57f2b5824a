/// Decides what to do if a zone interface is gone, is back, or has lost the kernel program. Pure.
package enum InterfaceWatch {
    package struct Observation: Equatable, Sendable {
        /// Index of the interface that the gateway attached to last; nil: none.
        package var knownIndex: Int?
        /// Index of the interface that has the name now; nil: none.
        package var presentIndex: Int?
        /// Whether the program is attached to the interface that has the name now.
        package var isAttached: Bool

        package init(knownIndex: Int?, presentIndex: Int?, isAttached: Bool) {
            self.knownIndex = knownIndex
            self.presentIndex = presentIndex
            self.isAttached = isAttached
        }
    }

    package enum Directive: Equatable, Sendable {
        case none
        /// The interface is gone: forget its index. The guard blocks what could arrive at a new interface with the same name.
        case forget(index: Int)
        /// The interface is still gone.
        case missing
        /// The interface is there (again), perhaps with another index: attach, and forget the old index.
        case attach(forgetting: Int?)
        /// The program was detached from outside: attach again. Until then the guard blocks everything (BAD-5).
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
