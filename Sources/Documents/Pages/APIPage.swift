import Foundation

/// docs/reference/api.md, generated from the OpenAPI document that the gateway serves.
enum APIPage {
    private struct API: Decodable {
        var paths: [String: [String: Operation]]
        var components: Components
    }

    private struct Components: Decodable {
        var responses: [String: Response]
    }

    private struct Response: Decodable {
        var description: String
    }

    private struct Operation: Decodable {
        struct Parameter: Decodable {
            var name: String
            var location: String

            enum CodingKeys: String, CodingKey {
                case name
                case location = "in"
            }
        }

        var summary: String
        var description: String?
        var parameters: [Parameter]?
        /// Each entry is one permitted kind of access; an empty one: without a token.
        var security: [[String: [String]]]

        var token: String {
            if security.isEmpty { return "none" }
            return security.contains([:]) ? "beyond loopback" : "admin"
        }
    }

    static func text(openAPI file: URL) throws -> String {
        let api = try JSONDecoder().decode(API.self, from: Data(contentsOf: file))
        let rows = api.paths.sorted { $0.key < $1.key }.flatMap { path, operations in
            operations.sorted { $0.key < $1.key }.map { method, operation in
                let query = (operation.parameters ?? []).filter { $0.location == "query" }.map(\.name)
                return [
                    "`\(method.uppercased()) \(path)`",
                    [operation.summary, operation.description].compactMap { $0 }.joined(separator: " "),
                    query.map(Markdown.code).joined(separator: ", "), operation.token,
                ]
            }
        }
        let responses = api.components.responses.sorted { $0.key < $1.key }.map { name, response in
            [String(name.dropFirst()), response.description]
        }
        return Markdown.page(
            "Which paths does the HTTP API have?",
            """
            `GET /openapi.json` has all of it for programs: parameters, bodies and answers (OpenAPI 3.1). An answer is what the command of \
            the same name prints with `--json`. [How to use the HTTP API](../how-to/use-the-api.md) shows requests; [limits](limits.md#the-http-api) \
            has its limits.
            """,
            [
                Markdown.table(["path", "what it does", "parameters", "token"], rows),
                """
                *Token*: `none` takes no token. `beyond loopback` takes the read token or the admin token where the API does not listen on \
                loopback. `admin` takes the admin token.
                """,
                Markdown.section(
                    "Errors",
                    [
                        "An error is a problem document (RFC 9457, `application/problem+json`):",
                        Markdown.block(
                            "json",
                            """
                            {
                              "detail" : "14 sessions match now, not 12",
                              "field" : "confirm",
                              "remedy" : "check them with GET /v1/sessions, then write \\"confirm\\": 14",
                              "status" : 409,
                              "title" : "Not possible in this state",
                              "type" : "urn:sluice:problem:conflict"
                            }
                            """),
                        Markdown.table(["status", "meaning"], responses),
                        """
                        `field` names the parameter or the key of the body. The mistakes of a configuration have file and line. \
                        `Retry-After` of a 429 says when to try again.
                        """,
                    ]),
            ])
    }
}
