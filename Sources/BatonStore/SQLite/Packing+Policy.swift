internal import BatonCore

/// The numbers that templates gave the policies of a chain.
extension Packer {
  mutating func policy(_ policy: ChainPolicy) {
    optional(policy.timeoutMS)
    optional(policy.nodeTimeoutMS)
    number(Int(policy.stopGraceMS))
    number(Int(policy.waitBeforeMS))
    number(Int(policy.waitAfterMS))
    number(policy.itemConcurrency)
    flag(policy.retry != nil)
    guard let retry = policy.retry else { return }
    number(retry.attempts)
    number(Int(retry.delayMS))
    number(Int(retry.maxDelayMS))
    text("\(retry.backoff)")
    text("\(retry.jitter)")
  }

  private mutating func optional(_ value: Int64?) {
    flag(value != nil)
    if let value { number(Int(value)) }
  }
}

extension Unpacker {
  mutating func policy() throws -> ChainPolicy {
    var policy = ChainPolicy(NodePolicy())
    policy.timeoutMS = try optionalNumber()
    policy.nodeTimeoutMS = try optionalNumber()
    policy.stopGraceMS = Int64(try number())
    policy.waitBeforeMS = Int64(try number())
    policy.waitAfterMS = Int64(try number())
    policy.itemConcurrency = try number()
    guard try flag() else { return policy }
    var retry = ChainPolicy.Retry(RetryPolicy())
    retry.attempts = try number()
    retry.delayMS = Int64(try number())
    retry.maxDelayMS = Int64(try number())
    retry.backoff = try double()
    retry.jitter = try double()
    policy.retry = retry
    return policy
  }

  private mutating func optionalNumber() throws -> Int64? {
    try flag() ? Int64(try number()) : nil
  }

  private mutating func double() throws -> Double {
    let text = try text()
    guard let value = Double(text) else { throw StoreError.damaged("\(text) is no number") }
    return value
  }
}
