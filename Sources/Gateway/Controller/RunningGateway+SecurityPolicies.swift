internal import Kernel

extension RunningGateway {
    /// Has the kernel's own forwarding carry everything as long as there are IPsec policies: the fast path knows none of them, and would
    /// send in clear what they encrypt, and let in what they forbid (BAD-7).
    func watchSecurityPolicies() {
        securityPolicies?.drain()
        let arePresent: Bool
        do throws(KernelError) {
            arePresent = try SecurityPolicies.arePresent()
            report("IPsec", nil)
        } catch {
            // What is not known may be there.
            arePresent = true
            report(
                "IPsec",
                "the IPsec policies can't be read, so the kernel's own forwarding carries everything: \(error)",
                next: "see what keeps them from being read: ip xfrm policy, sluice doctor")
        }
        guard arePresent != datapath.leavesToKernel else { return }
        datapath.tell(leavesToKernel: arePresent)
        log.notice(
            arePresent
                ? "there are IPsec policies: the kernel's own forwarding carries everything ('ip xfrm policy' lists them)"
                : "there are no IPsec policies any more: the fast path carries packets again")
    }
}
