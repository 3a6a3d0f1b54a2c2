import RedisTransport
import Support

/// What a renewal did.
public struct RenewReport: Hashable, Sendable {
  /// How many keys the bank has.
  public var keys: Int
  /// How many got their full TTL again.
  public var renewed: Int
  /// Keys that had no TTL and have one now, printable.
  public var adopted: [String]
  /// In how many seconds the next renewal is due; nil when nothing needs one.
  public var dueInSeconds: Int64?

  /// A report put together from its parts.
  public init(keys: Int, renewed: Int, adopted: [String], dueInSeconds: Int64?) {
    self.keys = keys
    self.renewed = renewed
    self.adopted = adopted
    self.dueInSeconds = dueInSeconds
  }
}

extension Mirror {
  /// Gives every key of the bank that needs it its TTL; never touches a value.
  ///
  /// What belongs to the bank (head, index, changes, listed packs, the index's documents, the cache) is renewed when
  /// between a fifth and two fifths of its TTL have passed, drawn at random per key, so that not all end at the same
  /// moment. Anything else under the prefix keeps the TTL that it has, and gets one if it has none.
  ///
  /// - Parameter force: Whether to renew what belongs to the bank in any case.
  /// - Returns: What was done.
  /// - Throws: ``MirrorError``.
  public func renew(force: Bool) throws(MirrorError) -> RenewReport {
    let lifetimes = try lifetimes()
    var report = RenewReport(keys: lifetimes.count, renewed: 0, adopted: [], dueInSeconds: nil)
    for part in parts(of: lifetimes) {
      let thresholds = part.map { life in
        guard life.renewed else { return Int64(-1) }
        return force ? life.seconds + 1 : Int64(Double(life.seconds) * (0.6 + 0.2 * random.fraction()))
      }
      // Where each command is billed, what is renewed anyway isn't asked first.
      let arguments = zip(part, thresholds).flatMap { life, threshold in
        [argument(life.seconds), force && life.renewed && limits.billsCommands ? [] : argument(threshold)]
      }
      let replies: [RedisValue]
      do throws(RedisError) {
        let reply = try client.evaluate(RenewScript.renew, keys: part.map(\.key), arguments: arguments)
        replies = reply.array ?? []
      } catch {
        // A stranger's key that can't be named over this transport is no reason to let ours expire.
        if part.count == 1, case .command = error.kind, let key = part.first?.key, !carries(key) { continue }
        throw MirrorError(error, operation: "renew")
      }
      guard replies.count == part.count else { throw unexpected("renew") }
      for ((life, threshold), reply) in zip(zip(part, thresholds), replies) {
        var left = reply.integer ?? -2
        if left == -2 { continue }
        if left == -1 {
          report.adopted.append(escaped(life.key))
          left = life.seconds
        } else if left < threshold || left == -3 {
          report.renewed += 1
          left = life.seconds
        }
        guard life.renewed else { continue }
        // When less than 0.6 of the TTL are left, any draw renews.
        let due = max(1, left - Int64(Double(life.seconds) * 0.59))
        report.dueInSeconds = min(report.dueInSeconds ?? due, due)
      }
    }
    report.adopted.sort()
    return report
  }

  /// The bank's keys without a TTL, printable; in a healthy bank there are none.
  ///
  /// - Throws: ``MirrorError``.
  public func keysWithoutTTL() throws(MirrorError) -> [String] {
    _ = try run([RedisCommand("EXISTS", bytes: [keys.head])], "keysWithoutTTL")
    let names = Set(try scan(keys.everythingPrefix, "keysWithoutTTL")).sorted { $0.lexicographicallyPrecedes($1) }
    var result: [String] = []
    for start in stride(from: 0, to: names.count, by: 1000) {
      let part = names[start..<min(start + 1000, names.count)]
      let replies = try run(part.map { RedisCommand("TTL", bytes: [$0]) }, "keysWithoutTTL")
      for (name, reply) in zip(part, replies) where try accepted(reply, "keysWithoutTTL").integer == -1 {
        result.append(escaped(name))
      }
    }
    return result
  }

  /// As many keys at a time as a script takes; each that the transport may not be able to name by itself.
  private func parts(of lifetimes: [Lifetime]) -> [[Lifetime]] {
    let named = lifetimes.filter { carries($0.key) }
    return stride(from: 0, to: named.count, by: 500).map { Array(named[$0..<min($0 + 500, named.count)]) }
      + lifetimes.filter { !carries($0.key) }.map { [$0] }
  }

  private struct Lifetime {
    let key: [UInt8]
    let seconds: Int64
    /// Whether it is ours to keep alive.
    let renewed: Bool
  }

  private func lifetimes() throws(MirrorError) -> [Lifetime] {
    let replies = try run(
      [RedisCommand("HGET", bytes: [keys.head, argument("packs")]), RedisCommand("HKEYS", bytes: [keys.index])], "renew"
    )
    // Wrong types are others' business; what can't be read is not ours to keep alive.
    let list = replies[0].text
    let packs = Set((list ?? "").split(separator: " ").map { keys.pack(String($0)) })
    let documents = Set((replies[1].array ?? []).compactMap { $0.bytes.map { keys.documentPrefix + $0 } })
    let ours = packs.union(documents).union([keys.head, keys.index, keys.changes, keys.cacheIndex])
    // In order: each key draws its own random number, and the same numbers are to give the same renewals.
    let names = Set(try scan(keys.everythingPrefix, "renew")).sorted { $0.lexicographicallyPrecedes($1) }
    return names.map { key in
      let kind = keys.kind(ofKey: key) ?? ""
      let renewed = ours.contains(key)
      let unlisted = kind == "pack" && !renewed && list != nil
      return Lifetime(
        key: key, seconds: unlisted ? limits.unlistedPackSeconds : ttl.seconds(forKind: kind), renewed: renewed)
    }
  }
}
