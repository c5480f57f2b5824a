import FlowLayout

/// Judges by a policy image: the body of `sluice_classify` (classify.bpf.h).
@c(sluice_classify_by_image)
func classifyByImage(_ image: UnsafeRawPointer, _ question: UnsafeMutablePointer<sluice_classification>) {
    Classifier.classify(image: image, question: question)
}
