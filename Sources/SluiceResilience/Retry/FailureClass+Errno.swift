extension FailureClass {
    /// Classifies an error number of Linux (`errno`, `SO_ERROR`).
    ///
    /// The numbers are those of `asm-generic/errno-base.h` and `asm-generic/errno.h`, which x86-64 and arm64 use.
    /// A number that is not in the table is ``unknown``.
    public init(errno number: Int32) {
        self = Self.byNumber[number] ?? .unknown
    }

    private static let byNumber: [Int32: FailureClass] = [
        32: .reset,  // EPIPE: written after the connection was reset
        102: .reset,  // ENETRESET
        103: .reset,  // ECONNABORTED
        104: .reset,  // ECONNRESET
        107: .closed,  // ENOTCONN
        108: .closed,  // ESHUTDOWN
        110: .timedOut,  // ETIMEDOUT
        111: .refused,  // ECONNREFUSED
        64: .unreachable,  // ENONET
        100: .unreachable,  // ENETDOWN
        101: .unreachable,  // ENETUNREACH
        112: .unreachable,  // EHOSTDOWN
        113: .unreachable,  // EHOSTUNREACH
        4: .localResources,  // EINTR
        11: .localResources,  // EAGAIN
        12: .localResources,  // ENOMEM
        23: .localResources,  // ENFILE
        24: .localResources,  // EMFILE
        98: .localResources,  // EADDRINUSE: the local port
        99: .localResources,  // EADDRNOTAVAIL: no local port is free
        105: .localResources,  // ENOBUFS
        1: .permission,  // EPERM
        13: .permission,  // EACCES
        9: .invalidArgument,  // EBADF
        14: .invalidArgument,  // EFAULT
        22: .invalidArgument,  // EINVAL
        88: .invalidArgument,  // ENOTSOCK
        89: .invalidArgument,  // EDESTADDRREQ
        90: .invalidArgument,  // EMSGSIZE
        91: .invalidArgument,  // EPROTOTYPE
        92: .invalidArgument,  // ENOPROTOOPT
        93: .invalidArgument,  // EPROTONOSUPPORT
        94: .invalidArgument,  // ESOCKTNOSUPPORT
        95: .invalidArgument,  // EOPNOTSUPP
        96: .invalidArgument,  // EPFNOSUPPORT
        97: .invalidArgument,  // EAFNOSUPPORT
        106: .invalidArgument,  // EISCONN
        114: .invalidArgument,  // EALREADY
        115: .invalidArgument,  // EINPROGRESS
    ]
}
