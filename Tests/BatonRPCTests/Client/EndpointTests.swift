import BatonRPC
import Testing

@Suite struct EndpointTests {
  @Test func addressesAreRead() throws {
    #expect(try Endpoint("127.0.0.1:7420") == .tcp(host: "127.0.0.1", port: 7_420))
    #expect(try Endpoint("[::1]:7420") == .tcp(host: "::1", port: 7_420))
    #expect(try Endpoint("unix:/run/baton.sock") == .unix(path: "/run/baton.sock"))
    for endpoint in ["localhost:1", "[::1]:2", "unix:/a"] {
      #expect(try Endpoint(endpoint).description == endpoint)
    }
  }

  @Test(arguments: ["", "host", "host:", ":1", "::1:7", "host:70000", "unix:", "[::1]"])
  func othersAreRefused(text: String) {
    #expect(throws: (any Error).self) { try Endpoint(text) }
  }
}
