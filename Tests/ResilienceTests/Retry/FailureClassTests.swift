import Glibc
import SluiceResilience
import Testing

@Suite("Classes of failures")
struct FailureClassTests {
    /// The numbers are this system's own, so that the table is not compared with itself.
    @Test(
        "RESUME-1 error numbers of the system are classified",
        arguments: [
            (ECONNRESET, FailureClass.reset), (EPIPE, .reset), (ECONNABORTED, .reset), (ENETRESET, .reset),
            (ETIMEDOUT, .timedOut), (ECONNREFUSED, .refused), (EHOSTUNREACH, .unreachable), (ENETUNREACH, .unreachable),
            (ENETDOWN, .unreachable), (EHOSTDOWN, .unreachable), (ENONET, .unreachable), (ENOTCONN, .closed),
            (ESHUTDOWN, .closed), (EMFILE, .localResources), (ENFILE, .localResources), (ENOBUFS, .localResources),
            (ENOMEM, .localResources), (EADDRNOTAVAIL, .localResources), (EADDRINUSE, .localResources),
            (EAGAIN, .localResources), (EINTR, .localResources), (EACCES, .permission), (EPERM, .permission),
            (EINVAL, .invalidArgument), (EBADF, .invalidArgument), (EFAULT, .invalidArgument),
            (ENOTSOCK, .invalidArgument), (EDESTADDRREQ, .invalidArgument), (EMSGSIZE, .invalidArgument),
            (EPROTOTYPE, .invalidArgument), (ENOPROTOOPT, .invalidArgument), (EPROTONOSUPPORT, .invalidArgument),
            (ESOCKTNOSUPPORT, .invalidArgument), (EOPNOTSUPP, .invalidArgument), (EPFNOSUPPORT, .invalidArgument),
            (EAFNOSUPPORT, .invalidArgument), (EISCONN, .invalidArgument), (EALREADY, .invalidArgument),
            (EINPROGRESS, .invalidArgument), (ENOENT, .unknown), (0, .unknown), (-1, .unknown), (100_000, .unknown),
        ])
    func numbers(number: Int32, expected: FailureClass) {
        #expect(FailureClass(errno: number) == expected)
    }

    @Test("RESUME-1 what only a person can change is not retried, whatever the policy")
    func neverRetried() {
        let never: Set<FailureClass> = [
            .certificate, .authentication, .protocolMismatch, .permission, .invalidArgument, .unknown,
        ]
        var source = DrawSource(seed: 1)
        for failure in FailureClass.allCases {
            #expect(failure.isRetryable == !never.contains(failure))
            for var policy in [RetryPolicy.firewallReset, .silentLoss, .aws] {
                let decision = policy.next(after: failure, now: .now, using: &source)
                #expect((decision == .giveUp(.notRetryable(failure))) == never.contains(failure))
            }
        }
    }
}
