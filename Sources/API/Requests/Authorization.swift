import Gateway

/// Which requests a client may make (API-3).
struct Authorization: Sendable {
    let tokens: APITokens
    /// Whether reading needs no token, because only this machine can connect.
    let isReadingOpen: Bool

    enum Identity: Sendable, Equatable {
        case nobody, reader, admin
    }

    /// The identity that belongs to a header.
    ///
    /// - Throws: if the token is invalid, even for requests that need no token, so that a client does not take it for
    ///   valid.
    func identity(_ header: String?) throws(Problem) -> Identity {
        guard let header else { return .nobody }
        let parts = header.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else {
            throw unauthorized("the Authorization header is not 'Bearer TOKEN'")
        }
        let token = String(parts[1])
        // Both are always compared, so that the time reveals nothing.
        let isAdmin = APITokens.areEqual(token, tokens.admin)
        let isReader = APITokens.areEqual(token, tokens.read)
        guard isAdmin || isReader else { throw unauthorized("the token does not belong to this gateway") }
        return isAdmin ? .admin : .reader
    }

    func check(_ right: Route.Right, _ identity: Identity) throws(Problem) {
        switch (right, identity) {
        case (.none, _), (_, .admin), (.read, .reader): return
        case (.read, .nobody):
            if !isReadingOpen { throw unauthorized("reading from another machine needs a token") }
        case (.admin, .nobody): throw unauthorized("a change needs a token")
        case (.admin, .reader):
            throw Problem(
                .forbidden, "the token may only read",
                remedy: "send the token in \(APITokens.adminName), in the gateway's state directory")
        }
    }

    private func unauthorized(_ detail: String) -> Problem {
        Problem(
            .unauthorized, detail,
            remedy:
                "send 'Authorization: Bearer TOKEN', with the token in \(APITokens.readName) or \(APITokens.adminName) in the "
                + "gateway's state directory")
    }
}
