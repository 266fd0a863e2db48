import Testing

@testable import AdminConsole

struct DoorTests {
    @Test func `the next page after signing in is one of ours`() {
        #expect(SignInDoors.path("/runs/1") == "/runs/1")
        for foreign in ["https://example.org", "//example.org", "/\\example.org", "x", "/a b", nil] {
            #expect(SignInDoors.path(foreign) == "/")
        }
    }
}
