import Control
import Support
import Upstash

/// `membank upstash`: the databases.
enum UpstashDatabaseCommands {
  static func list(json: Bool) throws(ControlError) -> Int32 {
    let databases = try UpstashSession().call { api throws(UpstashError) in try api.databases() }
    if json {
      Output.json(.array(databases.map(\.json)))
    } else if databases.isEmpty {
      Output.line("no databases")
    } else {
      for database in databases {
        Output.line(printable("\(database.id)  \(database.name)  \(database.state)  \(database.restURL)"))
      }
    }
    return 0
  }

  static func get(_ word: String?, tokenFile: String?, json: Bool) throws(ControlError) -> Int32 {
    let session = try UpstashSession()
    let id = try session.database(word).id
    let database = try session.call { api throws(UpstashError) in try api.database(id) }
    try store(database, in: tokenFile)
    show(database, json: json)
    return 0
  }

  static func create(_ wish: UpstashDatabase.Wish, tokenFile: String?, json: Bool) throws(ControlError) -> Int32 {
    let session = try UpstashSession()
    let made = try session.call { api throws(UpstashError) in try api.createDatabase(wish) }
    try store(made, in: tokenFile)
    show(made, json: json)
    if !json, tokenFile == nil { Output.complaint(hint(made)) }
    return 0
  }

  static func delete(_ word: String, yes: Bool, json: Bool) throws(ControlError) -> Int32 {
    try Confirmation.require(yes, "delete the database \(word) with all that is in it")
    let session = try UpstashSession()
    let database = try session.database(word)
    try Confirmation.ask(
      yes, "delete the database \(database) at \(database.endpoint) with all that is in it", word: database.name)
    try session.call { api throws(UpstashError) in try api.deleteDatabase(database.id) }
    done("deleted", database, json: json)
    return 0
  }

  static func resetPassword(_ word: String, tokenFile: String?, yes: Bool, json: Bool) throws(ControlError) -> Int32 {
    try Confirmation.require(yes, "end the password and the tokens of \(word)")
    let session = try UpstashSession()
    let database = try session.database(word)
    try Confirmation.ask(
      yes, "end the password and the tokens of \(database): whoever uses them is shut out", word: database.name)
    let renewed = try session.call { api throws(UpstashError) in try api.resetPassword(of: database.id) }
    try store(renewed, in: tokenFile)
    show(renewed, json: json)
    if !json, tokenFile == nil { Output.complaint(hint(renewed)) }
    return 0
  }

  static func statistics(_ word: String?, period: UpstashStatistics.Period, json: Bool) throws(ControlError) -> Int32 {
    let session = try UpstashSession()
    let id = try session.database(word).id
    let statistics = try session.call { api throws(UpstashError) in try api.statistics(of: id, over: period) }
    if json {
      Output.json(statistics.json)
    } else {
      for total in statistics.totals { Output.line(printable("\(total.name)  \(number(total.value))")) }
      for series in statistics.series {
        let values = series.points.map(\.value)
        Output.line(
          printable(
            "\(series.name)  last \(number(values.last ?? 0)), from \(number(values.min() ?? 0)) to \(number(values.max() ?? 0)) over \(period.rawValue)"
          ))
      }
    }
    return 0
  }

  static func usage(_ word: String?, json: Bool) throws(ControlError) -> Int32 {
    let session = try UpstashSession()
    let id = try session.database(word).id
    let usage = try session.call { api throws(UpstashError) in try api.usage(of: id) }
    if json {
      Output.json(usage.json)
    } else {
      for day in usage.days {
        let bytes = day.bytes.map { ", \(number($0)) bytes" } ?? ""
        let name = day.name.isEmpty ? day.time : "\(day.time.prefix(10)) \(day.name)"
        Output.line(printable("\(name)  \(number(day.commands)) commands\(bytes)"))
      }
      if let month = usage.commandsOfMonth { Output.line("this month  \(number(month)) commands") }
      if let stored = usage.storage { Output.line("stored  \(number(stored)) bytes") }
    }
    return 0
  }

  static func done(_ verb: String, _ database: UpstashDatabase, json: Bool) {
    if json {
      Output.json(.members(["done": .string(verb), "database": .string(database.id)]))
    } else {
      Output.line(printable("\(verb) \(database)"))
    }
  }

  /// The standard token into a file that nobody else reads, which a remote's `token-file` may name.
  private static func store(_ database: UpstashDatabase, in file: String?) throws(ControlError) {
    guard let file else { return }
    let again = "`membank upstash get \(database.id) --token-file FILE` stores it"
    guard let token = database.credentials?.token else {
      throw ControlError(.problems, "the API shows no token of \(database): the key may be one that only reads")
    }
    do throws(SystemError) {
      try replaceFile(file, with: Array("\(token)\n".utf8), mode: 0o600)
    } catch { throw ControlError(.problems, "the token could not be stored: \(error); \(again)") }
  }

  private static func hint(_ database: UpstashDatabase) -> String {
    "its token: `membank upstash get \(printable(database.id)) --token-file FILE`\n"
  }

  private static func show(_ database: UpstashDatabase, json: Bool) {
    guard !json else { return Output.json(database.json) }
    var lines = [
      "\(database.id)  \(database.name)", "state  \(database.state)", "address  \(database.restURL)",
      "region  \(([database.primaryRegion ?? "?"] + database.readRegions).joined(separator: ", "))",
    ]
    if let plan = database.plan { lines.append("plan  \(plan)") }
    if let created = database.created { lines.append("created  \(LocalTime.here.civil(at: created).text)") }
    if let daily = database.hasDailyBackup { lines.append("daily backup  \(daily ? "on" : "off")") }
    lines += database.limits.map { "\($0.name)  \($0.value)" }
    for line in lines { Output.line(printable(line)) }
  }

  static func number(_ value: Double) -> String { Int64(exactly: value).map { "\($0)" } ?? "\(value)" }
}
