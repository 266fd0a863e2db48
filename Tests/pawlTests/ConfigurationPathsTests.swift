import Postgres
import Testing

@testable import pawl

@Suite struct ConfigurationPathsTests {
    @Test func `the operator's additions to the Compose file belong to a set where there are any`() async throws {
        try await TestPlace.with { place in
            #expect(try place.workplace().compose.presentConfigurationPaths == ["customer.env", "certs"])
            try place.write("services: {}\n", to: "installation/docker-compose.override.yml")
            let compose = try place.workplace().compose
            #expect(compose.presentConfigurationPaths == ["customer.env", "certs", "docker-compose.override.yml"])
            #expect(compose.configurationTree.troubles.isEmpty)
            // A restore puts back whatever of them is in the set.
            #expect(compose.configurationPaths.suffix(2).allSatisfy { $0.hasPrefix("docker-compose.override.") })
        }
    }
}
