import HTTPTypes

/// One route: a method, a path and a handler.
struct Route: Sendable {
    /// The right that a request needs.
    enum Right: Sendable, Equatable {
        /// None: the answer does not reveal sessions or rules.
        case none
        /// Loopback, or any token.
        case read
        /// The admin token.
        case admin
    }

    let method: HTTPRequest.Method
    /// A path. `{name}` matches one part of it.
    let template: String
    let right: Right
    let answer: @Sendable (Call) async throws(Problem) -> Answer

    init(
        _ method: HTTPRequest.Method, _ template: String, _ right: Right,
        _ answer: @escaping @Sendable (Call) async throws(Problem) -> Answer
    ) {
        self.method = method
        self.template = template
        self.right = right
        self.answer = answer
    }

    /// The values of the template's names in a path; nil if the path does not match.
    func parameters(of path: String) -> [String: String]? {
        let wanted = template.split(separator: "/", omittingEmptySubsequences: false)
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        guard wanted.count == parts.count else { return nil }
        var parameters: [String: String] = [:]
        for (wanted, part) in zip(wanted, parts) {
            guard let open = wanted.firstIndex(of: "{"), let end = wanted.firstIndex(of: "}") else {
                guard wanted == part else { return nil }
                continue
            }
            // `{id}:reset`: the text after the name must follow the value, too.
            let suffix = wanted[wanted.index(after: end)...]
            guard part.hasSuffix(suffix), part.count > suffix.count else { return nil }
            let value = part.dropLast(suffix.count)
            guard !value.contains(":") else { return nil }
            parameters[String(wanted[wanted.index(after: open)..<end])] = String(value)
        }
        return parameters
    }
}

/// All routes, and the selection of the route for a request.
struct RouteTable: Sendable {
    let routes: [Route]

    func find(_ method: HTTPRequest.Method, _ path: String) throws(Problem) -> (Route, [String: String]) {
        var allowed: Set<String> = []
        for route in routes {
            guard let parameters = route.parameters(of: path) else { continue }
            if route.method == method || route.method == .get && method == .head { return (route, parameters) }
            allowed.insert(route.method.rawValue)
            if route.method == .get { allowed.insert("HEAD") }
        }
        guard allowed.isEmpty else {
            let list = allowed.sorted()
            var problem = Problem(
                .methodNotAllowed, "\(path) does not support the method \(method.rawValue)",
                remedy: "use \(list.joined(separator: " or "))")
            problem.allowed = list
            throw problem
        }
        throw Problem(.notFound, "there is no route \(path)", remedy: "see all routes: GET /openapi.json")
    }
}
