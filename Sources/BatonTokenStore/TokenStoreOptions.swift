package import BatonCore

/// Settings of the token store service.
package struct TokenStoreOptions: Sendable {
  /// What tokens may hold (T25).
  package var limits: TokenLimits
  /// About how many bytes a page of a listing may take; leaves room for the frame around it (CT5).
  package var maximumPageBytes: Int
  /// The most runs, and task credentials, of which the service keeps what it has found out.
  package var cacheCapacity: Int

  package init(
    limits: TokenLimits = TokenLimits(), maximumPageBytes: Int = 4_128_768,
    cacheCapacity: Int = 16_384
  ) {
    self.limits = limits
    self.maximumPageBytes = maximumPageBytes
    self.cacheCapacity = cacheCapacity
  }
}
