import BatonClient
import BatonWire

extension Installation {
  /// All puts of a run in the order of their numbers; the command line has no word for it.
  func history(of run: String) async throws -> [Wire.TokenEntry] {
    try await withBatonClient(address: address) { client in
      let store = Wire.TokenStoreClient(client.caller)
      var request = Wire.GetTokenHistoryRequest()
      request.run = Wire.RunRef(runID: run)
      request.pageSize = 1000
      var puts: [Wire.TokenEntry] = []
      repeat {
        let page = try await store.getTokenHistory(request)
        puts += page.puts
        request.pageToken = page.nextPageToken
      } while !request.pageToken.isEmpty
      return puts
    }
  }
}
