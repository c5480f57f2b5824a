/// Facts about a deployment that only the cloud knows, as far as the user has given them under `cloud:` in
/// `sluice.yaml`.
package struct CloudFacts: Equatable, Sendable {
    /// The resource group's name.
    package var resourceGroup: String?
    /// The resource group's region: `westeurope`.
    package var location: String?
    /// The subscription's identifier, a UUID.
    package var subscription: String?
    package var subscriptionName: String?
    /// The directory's identifier, a UUID.
    package var tenant: String?
    package var managementGroup: String?
    /// The deployment's name.
    package var deployment: String?

    package init() {}

    /// These facts, overridden by those that `other` has.
    func overridden(by other: CloudFacts) -> CloudFacts {
        var facts = self
        facts.resourceGroup = other.resourceGroup ?? resourceGroup
        facts.location = other.location ?? location
        facts.subscription = other.subscription ?? subscription
        facts.subscriptionName = other.subscriptionName ?? subscriptionName
        facts.tenant = other.tenant ?? tenant
        facts.managementGroup = other.managementGroup ?? managementGroup
        facts.deployment = other.deployment ?? deployment
        return facts
    }
}

extension CloudFacts {
    /// Placeholder in a resource id for a part that was not given. Most uses of a resource id never read that part; see
    /// ``missing(in:)``.
    private enum Placeholder {
        static let subscription: Unicode.Scalar = "\u{F8F1}"
        static let resourceGroup: Unicode.Scalar = "\u{F8F2}"
        static let managementGroup: Unicode.Scalar = "\u{F8F3}"
    }

    /// Which key of `cloud` to write if a text contains such placeholders; nil if the text is complete.
    static func missing(in text: String) -> String? {
        for scalar in text.unicodeScalars where (0xF8F1...0xF8F3).contains(scalar.value) {
            switch scalar {
            case Placeholder.subscription: return need("subscription", of: "the subscription's id")
            case Placeholder.resourceGroup: return need("resourceGroup", of: "the resource group's name")
            default: return need("managementGroup", of: "the management group's name")
            }
        }
        return nil
    }

    /// The reason for an unknown value that a key of `cloud` would supply.
    private static func need(_ key: String, of what: String) -> String {
        "needs \(what), which only the cloud knows: write it under cloud, for example cloud: { \(key): \(example(key)) }"
    }

    private static func example(_ key: String) -> String {
        switch key {
        case "subscription", "tenant": "00000000-0000-0000-0000-000000000000"
        case "location": "westeurope"
        default: "NAME"
        }
    }

    var subscriptionId: String {
        "/subscriptions/\(subscription ?? String(Placeholder.subscription))"
    }

    var resourceGroupId: String {
        "\(subscriptionId)/resourceGroups/\(resourceGroup ?? String(Placeholder.resourceGroup))"
    }

    var managementGroupId: String {
        let name = managementGroup ?? String(Placeholder.managementGroup)
        return "/providers/Microsoft.Management/managementGroups/\(name)"
    }

    private static func fact(_ value: String?, _ key: String, _ what: String) -> Document.Value {
        value.map { .text($0) } ?? .unknown(need(key, of: what))
    }

    private static func cloudOnly(_ what: String) -> Document.Value {
        .unknown(
            "needs \(what), which only the cloud knows: write the value itself, as a parameter or in place of the call")
    }

    /// The results of `resourceGroup()`, `subscription()`, `tenant()`, `managementGroup()`, `deployment()` and
    /// `environment()`; nil for any other function. `function` is in lower case.
    func answer(_ function: String) -> Document.Value? {
        let members: [(String, Document.Value)]
        switch function {
        case "resourcegroup":
            members = [
                ("id", .text(resourceGroupId)),
                ("name", Self.fact(resourceGroup, "resourceGroup", "the resource group's name")),
                ("type", .text("Microsoft.Resources/resourceGroups")),
                ("location", Self.fact(location, "location", "the resource group's location")),
                ("tags", Self.cloudOnly("the resource group's tags")),
                ("managedBy", Self.cloudOnly("the resource group's owner")),
                ("properties", .mapping([.init("provisioningState", .text("Succeeded"))])),
            ]
        case "subscription":
            members = [
                ("id", .text(subscriptionId)),
                ("subscriptionId", Self.fact(subscription, "subscription", "the subscription's id")),
                ("tenantId", Self.fact(tenant, "tenant", "the tenant's id")),
                ("displayName", Self.fact(subscriptionName, "subscriptionName", "the subscription's name")),
                ("tags", Self.cloudOnly("the subscription's tags")),
            ]
        case "tenant":
            members = [
                ("tenantId", Self.fact(tenant, "tenant", "the tenant's id")),
                ("countryCode", Self.cloudOnly("the tenant's country")),
                ("displayName", Self.cloudOnly("the tenant's name")),
            ]
        case "managementgroup":
            members = [
                ("id", .text(managementGroupId)),
                ("name", Self.fact(managementGroup, "managementGroup", "the management group's name")),
                ("type", .text("Microsoft.Management/managementGroups")),
                ("properties", Self.cloudOnly("the management group's properties")),
            ]
        case "deployment":
            members = [
                ("name", Self.fact(deployment, "deployment", "the deployment's name")),
                ("location", Self.fact(location, "location", "the deployment's location")),
                ("properties", Self.cloudOnly("where the template is stored")),
            ]
        case "deployer":
            members = [
                ("tenantId", Self.fact(tenant, "tenant", "the tenant's id")),
                ("objectId", Self.cloudOnly("who deploys")),
                ("userPrincipalName", Self.cloudOnly("who deploys")),
            ]
        case "environment": members = Self.environment
        default: return nil
        }
        return .mapping(members.map { .init($0.0, $0.1) })
    }

    /// The values of the public cloud, as documented for `environment()`.
    private static var environment: [(String, Document.Value)] {
        func mapping(_ texts: KeyValuePairs<String, String>) -> Document.Value {
            .mapping(texts.map { .init($0.key, .text($0.value)) })
        }
        return [
            ("name", .text("AzureCloud")),
            ("gallery", .text("https://gallery.azure.com/")),
            ("graph", .text("https://graph.windows.net/")),
            ("portal", .text("https://portal.azure.com")),
            ("graphAudience", .text("https://graph.windows.net/")),
            ("activeDirectoryDataLake", .text("https://datalake.azure.net/")),
            ("batch", .text("https://batch.core.windows.net/")),
            ("media", .text("https://rest.media.azure.net")),
            ("sqlManagement", .text("https://management.core.windows.net:8443/")),
            ("resourceManager", .text("https://management.azure.com/")),
            (
                "authentication",
                mapping([
                    "loginEndpoint": "https://login.microsoftonline.com/", "tenant": "common",
                    "identityProvider": "AAD",
                ])
            ),
            (
                "suffixes",
                mapping([
                    "acrLoginServer": ".azurecr.io",
                    "azureDatalakeAnalyticsCatalogAndJob": "azuredatalakeanalytics.net",
                    "azureDatalakeStoreFileSystem": "azuredatalakestore.net",
                    "azureFrontDoorEndpointSuffix": "azurefd.net",
                    "keyvaultDns": ".vault.azure.net", "sqlServerHostname": ".database.windows.net",
                    "storage": "core.windows.net",
                ])
            ),
        ]
    }
}

extension Document.Member {
    /// A member of a mapping that is not in any file.
    init(_ key: String, _ value: Document.Value) {
        self.init(key: key, line: 0, value: Document(value, line: 0))
    }
}
