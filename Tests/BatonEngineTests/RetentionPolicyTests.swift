import BatonCore
import BatonEngine
import BatonStore
import Testing

@Suite struct RetentionPolicyTests {
  private static let now = Timestamp(milliseconds: 10 * 86_400_000)
  private static let campaign = ApplicationName(namespace: "default", name: "campaign")
  private static let sales = ApplicationName(namespace: "sales", name: "campaign")

  private func queries(
    _ policy: RetentionPolicy, _ order: PruneOrder = PruneOrder()
  ) -> [PruneQuery] {
    policy.queries(for: order, now: Self.now, limit: 5)
  }

  private func query(
    _ name: ApplicationName? = nil, before: Int64? = nil, keep: Int? = nil,
    excluding: Set<ApplicationName> = []
  ) -> PruneQuery {
    var query = PruneQuery(
      namespace: name?.namespace, application: name?.name,
      endedBefore: before.map { Timestamp(milliseconds: $0 * 86_400_000) }, keepNewest: keep,
      limit: 5)
    query.excluded = excluding
    return query
  }

  @Test("P11 without a bound nothing is searched")
  func unbounded() {
    #expect(queries(RetentionPolicy()) == [])
    let unbounded = RetentionPolicy(runs: .init(nil, applications: [Self.campaign: nil]))
    #expect(queries(unbounded) == [])
  }

  @Test("P11 one search for what has no rule of its own, with both bounds")
  func standard() {
    let policy = RetentionPolicy(runs: .init(3), days: .init(2))
    #expect(queries(policy) == [query(before: 8, keep: 3)])
  }

  @Test("P11 applications have bounds of their own; one given alone leaves the other")
  func named() {
    let policy = RetentionPolicy(
      runs: .init(3, applications: [Self.campaign: 1, Self.sales: nil]), days: .init(2))
    #expect(
      queries(policy) == [
        query(Self.campaign, before: 8, keep: 1), query(Self.sales, before: 8),
        query(before: 8, keep: 3, excluding: [Self.campaign, Self.sales]),
      ])
  }

  @Test("P11 an application that keeps everything is left out of the search for the others")
  func exempt() {
    let policy = RetentionPolicy(runs: .init(3, applications: [Self.campaign: nil]))
    #expect(queries(policy) == [query(keep: 3, excluding: [Self.campaign])])
  }

  @Test("the bounds of an order win over those of the policy, one by one")
  func order() {
    let policy = RetentionPolicy(runs: .init(3, applications: [Self.campaign: 1]))
    let order = PruneOrder(endedBefore: Timestamp(milliseconds: 86_400_000), keepNewest: 7)
    #expect(
      queries(policy, order) == [
        query(Self.campaign, before: 1, keep: 7),
        query(before: 1, keep: 7, excluding: [Self.campaign]),
      ])
    #expect(
      queries(policy, PruneOrder(endedBefore: Timestamp(milliseconds: 86_400_000))).map(
        \.keepNewest)
        == [1, 3])
  }

  @Test("an order searches only where it is meant")
  func scope() {
    let policy = RetentionPolicy(
      runs: .init(3, applications: [Self.campaign: 1, Self.sales: 2]))
    #expect(
      queries(policy, PruneOrder(namespace: "default", application: "campaign"))
        == [query(Self.campaign, keep: 1)])
    var inNamespace = query(keep: 3, excluding: [Self.sales])
    inNamespace.namespace = "sales"
    #expect(
      queries(policy, PruneOrder(namespace: "sales")) == [query(Self.sales, keep: 2), inNamespace])
    let other = ApplicationName(namespace: "default", name: "other")
    #expect(
      queries(policy, PruneOrder(namespace: "default", application: "other"))
        == [query(other, keep: 3)])
  }
}
