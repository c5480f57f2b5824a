import Testing

@testable import Policy

/// The functions of templates. The expected values are the results in the cloud's function reference.
@Suite("Network security groups: template functions")
struct TemplateFunctionTests {
    private static let template = """
        { "languageVersion": "2.0",
          "definitions": { "optional": { "type": "string", "nullable": true } },
          "parameters": {
            "rules": { "type": "array", "defaultValue": [
              { "name": "b", "port": 443, "order": 2 }, { "name": "a", "port": 22, "order": 1 }, { "name": "c" } ] },
            "maybe": { "$ref": "#/definitions/optional" },
            "object": { "type": "object", "defaultValue": { "one": "a", "three": "c", "nested": { "x": 1 } } } },
          "variables": {
            "copy": [ { "name": "squares", "count": 3, "input": "[mul(copyIndex('squares'), copyIndex('squares'))]" } ],
            "$fxv#0": { "list": [ 1, 2 ] },
            "partly": { "known": "yes", "cloud": "[reference('vnet').id]" } },
          "functions": [ { "namespace": "own", "members": { "prefixed": {
            "parameters": [ { "name": "name", "type": "string" } ],
            "output": { "type": "string", "value": "[concat('nsg-', toLower(parameters('name')))]" } } } } ],
          "resources": {} }
        """

    private func scope(_ cloud: CloudFacts = CloudFacts()) throws -> TemplateScope {
        TemplateScope(
            template: try JSONParser.parse(Array(Self.template.utf8)), parameters: nil, cloud: cloud)
    }

    /// The result of an expression as JSON, or its error.
    private func result(_ expression: String, _ cloud: CloudFacts = CloudFacts()) throws -> String {
        let scope = try scope(cloud)
        do throws(TemplateExpression.Mistake) {
            let value = try scope.resolve(Document(.text("[\(expression)]"), line: 1))
            return value.reasonUnknown ?? value.json
        } catch {
            return error.message
        }
    }

    private static let results: [(String, String)] = [
        // Texts.
        ("base64('one, two, three')", #""b25lLCB0d28sIHRocmVl""#),
        ("base64ToString('b25lLCB0d28sIHRocmVl')", #""one, two, three""#),
        (
            "base64ToJson('eydvbmUnOiAnYSd9')",
            "calls base64ToJson() with a text that is not JSON: it needs a key in quotes here, but has \"'\""
        ),
        ("base64ToJson(base64('{\"one\": [1, \"a\"]}')).one[1]", #""a""#),
        ("dataUri('Hello')", #""data:text/plain;charset=utf8;base64,SGVsbG8=""#),
        ("dataUriToString('data:;base64,SGVsbG8sIFdvcmxkIQ==')", #""Hello, World!""#),
        ("endsWith('abcdef', 'EF')", "true"), ("startsWith('abcdef', 'AB')", "true"),
        ("format('{0}, {1}. Formatted number: {2}', 'Hello', 'User', 42)", #""Hello, User. Formatted number: 42""#),
        ("format('{0:D3}-{1:000}-{2:X}-{3,4}|{4,-3}|', 7, 12, 255, 'a', 'b')", #""007-012-FF-   a|b  |""#),
        ("guid('a', 'b', 'c')", #""a98fa280-e03f-5afa-8d8e-92d0a9c201e8""#),
        ("indexOf('abcdef', 'CD')", "2"), ("indexOf('abc', 'z')", "-1"), ("lastIndexOf('abcdabef', 'AB')", "4"),
        ("join(createArray('one', 'two'), ';')", #""one;two""#),
        ("padLeft('123', 10, '0')", #""0000000123""#),
        ("replace('123-123-1234', '-', '')", #""1231231234""#),
        ("split('one;two,three', createArray(',', ';'))", #"["one","two","three"]"#),
        ("split('a--b', '--')", #"["a","b"]"#),
        (
            "string(createObject('a', 10, 'b', 'Text', 'c', createArray(true(), null())))",
            #""{\"a\":10,\"b\":\"Text\",\"c\":[true,null]}""#
        ),
        ("substring('one two three', 4, 3)", #""two""#), ("take('one two three', 2)", #""on""#),
        ("skip('one two three', 4)", #""two three""#), ("trim('  one ')", #""one""#), ("toUpper('One')", #""ONE""#),
        ("uniqueString('test')", #""rbgf3xv4ufgzg""#), ("uniqueString('hello', 'world')", #""a7wkljktk6wne""#),
        ("uniqueString('abc')", #""cgtzqvhu4i23s""#), ("uniqueString('foo', 'bar', 'baz')", #""xzi4ioaxtmth4""#),
        (
            "uniqueString('/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/my-rg')",
            #""bmg7c6xu4tw46""#
        ),
        ("uri('http://contoso.org/firstpath', 'myscript.sh')", #""http://contoso.org/myscript.sh""#),
        ("uri('http://contoso.org/firstpath/', 'myscript.sh')", #""http://contoso.org/firstpath/myscript.sh""#),
        ("uriComponent('http://contoso.com/a b')", #""http%3A%2F%2Fcontoso.com%2Fa%20b""#),
        ("uriComponentToString('http%3A%2F%2Fcontoso.com%2Fa%20b')", #""http://contoso.com/a b""#),
        // Lists.
        ("array('efgh')", #"["efgh"]"#), ("concat(createArray(1), createArray(2, 3))", "[1,2,3]"),
        ("contains(createArray('one', 'two'), 'two')", "true"), ("contains('OneTwoThree', 'two')", "false"),
        ("contains(parameters('object'), 'THREE')", "true"), ("empty(createArray())", "true"),
        ("first(createArray('one', 'two'))", #""one""#), ("last('One Two')", #""o""#), ("first(createArray())", "null"),
        ("flatten(createArray(createArray(1, 2), createArray(3), createArray()))", "[1,2,3]"),
        ("intersection(createArray('one', 'two', 'three'), createArray('two', 'three'))", #"["two","three"]"#),
        ("intersection(createObject('one', 'a', 'two', 'b'), createObject('one', 'a', 'two', 'z'))", #"{"one":"a"}"#),
        ("indexOf(createArray('one', 'two', 'two'), 'two')", "1"),
        ("lastIndexOf(createArray('one', 'two', 'two'), 'two')", "2"),
        ("length('One Two')", "7"), ("length(parameters('object'))", "3"), ("max(createArray(0, 3, 2))", "3"),
        ("min(4, 3, 5)", "3"), ("range(5, 3)", "[5,6,7]"), ("skip(range(0, 4), 2)", "[2,3]"),
        ("take(range(0, 4), 9)", "[0,1,2,3]"), ("union(createArray(1, 2), createArray(2, 3))", "[1,2,3]"),
        ("tryGet(parameters('object'), 'nested', 'x')", "1"), ("tryGet(parameters('object'), 'none', 'x')", "null"),
        ("tryGet(createArray('a'), 1)", "null"), ("tryIndexFromEnd(createArray('a', 'b'), 1)", #""b""#),
        // Mappings.
        (
            "union(createObject('a', createObject('x', 1)), createObject('a', createObject('y', 2), 'b', 3))",
            #"{"a":{"x":1,"y":2},"b":3}"#
        ),
        ("shallowMerge(createArray(createObject('a', createObject('x', 1)), createObject('a', 2)))", #"{"a":2}"#),
        (
            "items(createObject('item002', 2, 'item001', 1))",
            #"[{"key":"item001","value":1},{"key":"item002","value":2}]"#
        ),
        ("objectKeys(createObject('b', 1, 'a', 2))", #"["a","b"]"#),
        ("json('{\"a\": [true, null]}')", #"{"a":[true,null]}"#), ("json('null')", "null"),
        // Numbers, logic, comparison.
        ("add(5, 3)", "8"), ("div(8, 3)", "2"), ("mod(7, 3)", "1"), ("mul(5, -3)", "-15"), ("sub(7, 3)", "4"),
        ("int('42')", "42"), ("float('3.5')", "3.5"), ("bool('true')", "true"), ("bool(0)", "false"),
        ("equals(createObject('a', 1, 'b', 2), createObject('b', 2, 'a', 1))", "true"), ("equals('a', 'A')", "false"),
        ("less(1, 2)", "true"), ("greater('b', 'a')", "true"), ("lessOrEquals(2, 2)", "true"),
        ("coalesce(null(), parameters('maybe'), 'x')", #""x""#), ("and(true(), or(false(), true()))", "true"),
        ("div(1, 0)", "divides by 0"),
        ("mul(9223372036854775807, 2)", "calls mul() with a result that is too large for a number"),
        // Networks.
        (
            "parseCidr('10.144.0.0/20')",
            #"{"network":"10.144.0.0","netmask":"255.255.240.0","broadcast":"10.144.15.255","firstUsable":"10.144.0.1","lastUsable":"10.144.15.254","cidr":20}"#
        ),
        (
            "parseCidr('fdad:3236:5555::/48')",
            #"{"network":"fdad:3236:5555::","netmask":"ffff:ffff:ffff::","firstUsable":"fdad:3236:5555::","lastUsable":"fdad:3236:5555:ffff:ffff:ffff:ffff:ffff","cidr":48}"#
        ),
        (
            "map(range(0, 3), lambda('i', cidrSubnet('10.144.0.0/20', 24, lambdaVariables('i'))))",
            #"["10.144.0.0/24","10.144.1.0/24","10.144.2.0/24"]"#
        ),
        ("cidrSubnet('fdad:3236:5555::/48', 52, 1)", #""fdad:3236:5555:1000::/52""#),
        ("cidrHost('10.144.3.0/24', 0)", #""10.144.3.1""#),
        ("cidrHost('fdad:3236:5555:3333::/64', 4)", #""fdad:3236:5555:3333::5""#),
        ("cidrSubnet('10.0.0.0/24', 25, 2)", "calls cidrSubnet() for number 2 of 10.0.0.0/24, which has fewer"),
        ("cidrHost('10.0.0.0/30', 9)", "calls cidrHost() for number 10 of 10.0.0.0/30, which has fewer"),
        // Dates.
        ("dateTimeToEpoch('2022-01-01T00:00:00Z')", "1640995200"),
        ("dateTimeFromEpoch(1640995200)", #""2022-01-01T00:00:00Z""#),
        ("dateTimeAdd('2020-04-07 14:53:14Z', '-P9D')", #""2020-03-29T14:53:14Z""#),
        // Lambdas.
        ("map(parameters('rules'), lambda('r', lambdaVariables('r').name))", #"["b","a","c"]"#),
        (
            "map(createArray('x', 'y'), lambda('e', 'i', concat(lambdaVariables('e'), lambdaVariables('i'))))",
            #"["x0","y1"]"#
        ),
        ("filter(range(0, 6), lambda('n', equals(mod(lambdaVariables('n'), 2), 1)))", "[1,3,5]"),
        ("reduce(range(1, 4), 0, lambda('sum', 'n', add(lambdaVariables('sum'), lambdaVariables('n'))))", "10"),
        (
            "map(sort(take(parameters('rules'), 2), lambda('a', 'b', less(lambdaVariables('a').order, lambdaVariables('b').order))), lambda('r', lambdaVariables('r').name))",
            #"["a","b"]"#
        ),
        (
            "toObject(take(parameters('rules'), 2), lambda('r', lambdaVariables('r').name), lambda('r', lambdaVariables('r').port))",
            #"{"b":443,"a":22}"#
        ),
        (
            "groupBy(createArray('foo', 'bar', 'baz'), lambda('x', substring(lambdaVariables('x'), 0, 1)))",
            #"{"f":["foo"],"b":["bar","baz"]}"#
        ),
        ("mapValues(createObject('a', 1, 'b', 2), lambda('v', mul(lambdaVariables('v'), 10)))", #"{"a":10,"b":20}"#),
        (
            "map(range(0, 2), lambda('i', map(range(0, 2), lambda('j', add(mul(lambdaVariables('i'), 10), lambdaVariables('j'))))))",
            "[[0,1],[10,11]]"
        ),
        // Values defined in a template.
        ("variables('squares')", "[0,1,4]"), ("variables('$fxv#0').list[1]", "2"),
        ("own.prefixed('Web')", #""nsg-web""#),
        ("parameters('maybe')", "null"), ("tryGet(variables('partly'), 'known')", #""yes""#),
        // Only values that are used must exist.
        ("variables('partly').known", #""yes""#), ("if(true(), 'x', reference('y').z)", #""x""#),
        ("or(true(), reference('y').z)", "true"), ("coalesce('x', reference('y'))", #""x""#),
        ("length(createArray(reference('y'), 1))", "2"),
        (
            "variables('partly').cloud",
            "calls reference(), whose value is known only in the cloud: write the value itself, or make it a parameter and give it one"
        ),
        (
            "listKeys('x', '2020').keys",
            "calls listKeys(), whose value is known only in the cloud: write the value itself, or make it a parameter and give it one"
        ),
        (
            "utcNow()",
            "calls utcNow(), which has another value at each deployment: write the value itself, or make it a parameter and give it one"
        ),
        ("concatt('a')", "calls concatt(), which is not a template function known here: did you mean concat()?"),
        ("own.other()", "calls own.other(), which the template does not define"),
        (
            "resourceId('Microsoft.Network/networkSecurityGroups/securityRules', 'g')",
            "calls resourceId() with 1 names for Microsoft.Network/networkSecurityGroups/securityRules"
        ),
    ]

    @Test("NSG-5 every template function whose result depends only on the template", arguments: results)
    func functions(expression: String, expected: String) throws {
        #expect(try result(expression) == expected)
    }

    @Test("NSG-5 facts that only the cloud knows are requested with the key to write, and used when they are given")
    func cloud() throws {
        var cloud = CloudFacts()
        #expect(
            try result("resourceGroup().location").contains(
                "write it under cloud, for example cloud: { location: westeurope }"))
        #expect(try result("uniqueString(resourceGroup().id)").contains("cloud: { subscription: 00000000-"))
        // Type and name of a resource id are known in any case.
        #expect(
            try result("last(split(resourceId('Microsoft.Network/networkSecurityGroups', 'web'), '/'))") == #""web""#)
        #expect(try result("length(resourceGroup().id)").contains("cloud: { subscription:"))
        cloud.subscription = "00000000-0000-0000-0000-000000000000"
        #expect(try result("uniqueString(resourceGroup().id)", cloud).contains("cloud: { resourceGroup: NAME }"))
        cloud.resourceGroup = "my-rg"
        #expect(try result("uniqueString(resourceGroup().id)", cloud) == #""bmg7c6xu4tw46""#)
        #expect(
            try result("resourceId('other', 'Microsoft.Network/networkSecurityGroups', 'web')", cloud)
                == #""/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/other/providers/Microsoft.Network/networkSecurityGroups/web""#
        )
        #expect(try result("subscription().tenantId", cloud).contains("cloud: { tenant:"))
        #expect(
            try result("resourceGroup().tags.owner", cloud).contains(
                "needs the resource group's tags, which only the cloud knows"))
        cloud.deployment = "main"
        #expect(try result("deployment().name", cloud) == #""main""#)
        #expect(try result("deployment().properties.templateLink.uri", cloud).contains("where the template is stored"))
        #expect(try result("environment().suffixes.storage", cloud) == #""core.windows.net""#)
    }

    @Test(
        "NSG-5 a template that would take unlimited time or memory is refused",
        arguments: [
            "map(range(0, 10000), lambda('i', map(range(0, 10000), lambda('j', 1))))",
            "range(0, 10001)", "padLeft('', 2000000000, 'x')",
            "reduce(range(0, 64), createArray(1), lambda('sum', 'i', concat(lambdaVariables('sum'), lambdaVariables('sum'))))",
            "reduce(range(0, 64), 'text', lambda('sum', 'i', concat(lambdaVariables('sum'), lambdaVariables('sum'))))",
            "variables('v40')",
        ])
    func bounded(expression: String) throws {
        let doubling = (1...40).map {
            "\"v\($0)\": { \"a\": \"[variables('v\($0 - 1)')]\", \"b\": \"[variables('v\($0 - 1)')]\" }"
        }
        let text = "{ \"variables\": { \"v0\": [1, 2], \(doubling.joined(separator: ", ")) }, \"resources\": [] }"
        let scope = TemplateScope(template: try JSONParser.parse(Array(text.utf8)), parameters: nil)
        #expect(throws: TemplateExpression.Mistake.self) {
            let value = try scope.resolve(Document(.text("[\(expression)]"), line: 1))
            if let reason = value.reasonUnknown { throw TemplateExpression.Mistake(message: reason) }
        }
    }
}
