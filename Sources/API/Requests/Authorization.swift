import Gateway

/// Who may do what (API-3).
struct Authorization: Sendable {
    let tokens: APITokens
    /// Whether reading needs no token, because only this machine can connect.
    let isReadingOpen: Bool

    enum Identity: Sendable, Equatable {
        case nobody, reader, admin
    }

    /// Whom a header names.
    ///
    /// - Throws: a token that is none of ours; also where none is needed, so that nobody believes it was good.
    func identity(_ header: String?) throws(Problem) -> Identity {
        guard let header else { return .nobody }
        let parts = header.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else {
            throw unauthorized("the Authorization header is not 'Bearer TOKEN'")
        }
        let token = String(parts[1])
        // Both are compared, whichever it is.
        let isAdmin = APITokens.areEqual(token, tokens.admin)
        let isReader = APITokens.areEqual(token, tokens.read)
        guard isAdmin || isReader else { throw unauthorized("the token is none of this gateway's") }
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
                remedy: "send that of \(APITokens.adminName), in the folder of the gateway's state")
        }
    }

    private func unauthorized(_ detail: String) -> Problem {
        Problem(
            .unauthorized, detail,
            remedy:
                "send 'Authorization: Bearer TOKEN', with that of \(APITokens.readName) or \(APITokens.adminName) in the "
                + "folder of the gateway's state")
    }
}
