import FlowLayout
import KernelFunctions

/// The rule sets of the active image, each evaluated by a separate function (classify.bpf.h).
private struct KernelRuleSets: RuleSets {
    let active: UInt32

    @inline(__always)
    init(active: UInt32) { self.active = active }

    @inline(__always)
    func groupSet(_ offset: UInt64) -> UInt32 { sluice_group_set(active, UInt32(truncatingIfNeeded: offset)) }

    @inline(__always)
    func evaluate(_ set: UInt32, _ question: UnsafeMutablePointer<sluice_classification>) -> Bool {
        sluice_evaluate(question, active, set) == 0
    }
}

/// Classifies by all rule sets that apply: the body of `sluice_classify`.
@c(sluice_classify_body)
@inline(__always)
func classifyBody(_ question: UnsafeMutablePointer<sluice_classification>, _ active: UInt32) -> Int32 {
    Classifier.classify(question, by: KernelRuleSets(active: active)) ? 0 : -1
}

/// Classifies by one rule set of an image: the body of `sluice_evaluate`.
@c(sluice_evaluate_body)
@inline(__always)
func evaluateBody(_ image: UnsafeRawPointer, _ set: UInt32, _ question: UnsafeMutablePointer<sluice_classification>) {
    Classifier.evaluate(image: image, set: set, question: question)
}

/// The rule set of a zone's group: the body of `sluice_group_set`.
@c(sluice_group_set_body)
@inline(__always)
func groupSetBody(_ image: UnsafeRawPointer, _ offset: UInt32) -> UInt32 {
    Classifier.groupSet(image: image, UInt64(offset))
}
