import HTTPTypes

/// One thing that can be asked.
struct Route: Sendable {
    /// What it takes to be answered.
    enum Right: Sendable, Equatable {
        /// Nothing: it says nothing of sessions or rules.
        case none
        /// Loopback, or a token.
        case read
        /// The admin token.
        case admin
    }

    let method: HTTPRequest.Method
    /// A path; `{name}` stands for one part of it.
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

    /// What the template's names stand for in a path; nil where it is another path.
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
            // `{id}:reset`: what follows the name must follow the value, too.
            let suffix = wanted[wanted.index(after: end)...]
            guard part.hasSuffix(suffix), part.count > suffix.count else { return nil }
            let value = part.dropLast(suffix.count)
            guard !value.contains(":") else { return nil }
            parameters[String(wanted[wanted.index(after: open)..<end])] = String(value)
        }
        return parameters
    }
}

/// All routes, and which of them a request is for.
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
                .methodNotAllowed, "\(method.rawValue) is not what \(path) takes",
                remedy: "use \(list.joined(separator: " or "))")
            problem.allowed = list
            throw problem
        }
        throw Problem(.notFound, "there is nothing at \(path)", remedy: "see what there is: GET /openapi.json")
    }
}
