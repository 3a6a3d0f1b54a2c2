import HTTPClient
import RedisTransport
import Support
import TestSupport
import Testing

/// One request to the stand-in, and what must come back.
struct Exchange: Sendable, CustomTestStringConvertible {
  let name: String
  var method = HTTPRequest.Method.post
  var path = "/"
  var headers: [String: String] = [:]
  var body = ""
  var token: String? = "TOKEN"
  let status: Int
  let answer: String
  var testDescription: String { name }
}

private let exchanges: [Exchange] = [
  Exchange(name: "command in the body", body: #"["SET","k","v","EX",100]"#, status: 200, answer: #"{"result":"OK"}"#),
  Exchange(
    name: "numbers", body: #"["ECHO",12345678901234567]"#, status: 200, answer: #"{"result":"12345678901234567"}"#),
  Exchange(name: "large float", body: #"["ECHO",1e17]"#, status: 200, answer: #"{"result":"100000000000000000"}"#),
  Exchange(name: "truth", body: #"["ECHO",true]"#, status: 200, answer: #"{"result":"true"}"#),
  Exchange(name: "null", body: #"["ECHO",null]"#, status: 400, answer: #"{"error":"ERR null args are not supported"}"#),
  Exchange(
    name: "nested", body: #"["ECHO",["x"]]"#, status: 400,
    answer: #"{"error":"ERR unsupported arg type: \"[\": json.Delim"}"#),
  Exchange(name: "no body", status: 400, answer: #"{"error":"EOF"}"#),
  Exchange(name: "no array", body: "7", status: 400, answer: #"{"error":"expected JSON array"}"#),
  Exchange(name: "no words", body: "[]", status: 400, answer: #"{"error":"ERR empty command"}"#),
  Exchange(name: "path", method: .get, path: "/echo/a%2Fb%20c", status: 200, answer: #"{"result":"a/b c"}"#),
  Exchange(name: "path, body and query", path: "/set/k?EX=100", body: "v", status: 200, answer: #"{"result":"OK"}"#),
  Exchange(name: "query's token", path: "/ping?_token=TOKEN", token: nil, status: 200, answer: #"{"result":"PONG"}"#),
  Exchange(name: "query's token first", path: "/ping?_token=x", status: 401, answer: #"{"error":"WRONGPASS "#),
  Exchange(name: "no token", token: nil, status: 401, answer: #"{"error":"WRONGPASS invalid or missing auth token."#),
  Exchange(name: "another method", method: .delete, status: 405, answer: ""),
  Exchange(
    name: "pipeline", path: "/pipeline", body: #"[["SET","k","1"],["LPUSH","k","x"],["GET","k"]]"#, status: 200,
    answer:
      #"[{"result":"OK"},{"error":"WRONGTYPE Operation against a key holding the wrong kind of value"},{"result":"1"}]"#
  ),
  Exchange(
    name: "transaction", path: "/multi-exec", body: #"[["SET","k","1"],["LPUSH","k","x"],["INCR","k"]]"#, status: 200,
    answer:
      #"[{"result":"OK"},{"error":"WRONGTYPE Operation against a key holding the wrong kind of value"},{"result":2}]"#),
  Exchange(
    name: "discarded transaction", path: "/multi-exec", body: #"[["SET","k","1"],["SET","k"]]"#, status: 400,
    answer: #"{"error":"ERR wrong number of arguments for 'set' command"}"#),
  Exchange(
    name: "base64, status", headers: ["Upstash-Encoding": "base64"], body: #"["SET","k","v"]"#, status: 200,
    answer: #"{"result":"OK"}"#),
  Exchange(
    name: "base64, the string OK", headers: ["Upstash-Encoding": "base64"], body: #"["ECHO","OK"]"#, status: 200,
    answer: #"{"result":"T0s="}"#),
  Exchange(
    name: "base64, nested", headers: ["Upstash-Encoding": "base64"],
    body: #"["EVAL","return {'a',7,{redis.status_reply('OK'),'b'},false}","0"]"#, status: 200,
    answer: #"{"result":["YQ==",7,["OK","Yg=="],null]}"#),
  Exchange(
    name: "other encodings", headers: ["Upstash-Encoding": "hex"], body: #"["PING"]"#, status: 400,
    answer: #"{"error":"#),
  Exchange(
    name: "RESP2", headers: ["Upstash-Response-Format": "resp2"], body: #"["EVAL","return {'a',7,false}","0"]"#,
    status: 200, answer: "*3\r\n$1\r\na\r\n:7\r\n$-1\r\n"),
  Exchange(
    name: "RESP2 and base64", headers: ["Upstash-Response-Format": "resp2", "Upstash-Encoding": "base64"],
    body: #"["PING"]"#, status: 400, answer: #"{"error":"#),
  Exchange(
    name: "unavailable", body: #"["ROLE"]"#, status: 400,
    answer:
      #"{"error":"ERR Command is not available: 'ROLE'. See https://upstash.com/docs/redis/overall/rediscompatibility"#),
  Exchange(
    name: "not over REST", body: #"["SUBSCRIBE","c"]"#, status: 400,
    answer: #"{"error":"ERR Command \"SUBSCRIBE\" is not allowed in REST or it has a special context path"}"#),
  Exchange(name: "CONFIG", body: #"["CONFIG","GET","maxmemory"]"#, status: 200, answer: #"{"result":[]}"#),
  Exchange(
    name: "an unfinished reply is JSON all the same", body: #"["EVAL","return '\\255'","0"]"#, status: 200,
    answer: "{\"result\":\"\u{fffd}\"}"),
]

@Suite("The stand-in for Upstash", .timeLimit(.minutes(15)))
struct UpstashStandInProcessTests {
  @Test("answers as the real one is known to", arguments: exchanges)
  func answers(exchange: Exchange) throws {
    let standIn = try UpstashStandIn(try RedisServer())
    var headers = exchange.headers.map { (name: $0.key, value: $0.value) }
    if let token = exchange.token {
      headers.append(("Authorization", "Bearer " + token.replacing("TOKEN", with: standIn.token)))
    }
    let path = exchange.path.replacing("TOKEN", with: standIn.token)
    let answer = try HTTPSession().send(
      HTTPRequest(exchange.method, standIn.url + path, headers: headers, body: Array(exchange.body.utf8)))
    let text = String(decoding: answer.body, as: UTF8.self)
    #expect(answer.status == exchange.status, "\(text)")
    #expect(exchange.answer.isEmpty ? text.isEmpty : text.hasPrefix(exchange.answer), "\(text)")
    #expect((answer.headers["upstash-sync-token"] != nil) == (answer.status == 200))
  }

  @Test("satisfies the official Python client")
  func judge() throws {
    let standIn = try UpstashStandIn(try RedisServer())
    let result = try UpstashStandIn.judge([standIn.url, standIn.token, standIn.readOnlyToken])
    #expect(result.status == 0 && result.output.isEmpty, "\(result.output)")
  }

  @Test("bills as Upstash does: inner commands too, some not at all")
  func meter() throws {
    let standIn = try UpstashStandIn(try RedisServer())
    let client = try standIn.client()
    func cost(_ commands: [RedisCommand]) throws -> Int64 {
      try standIn.resetMeter()
      _ = try client.run(commands)
      return try standIn.billed()
    }
    #expect(try cost([["SET", "k", "v"]]) == 1)
    #expect(try cost([["SET", "k", "v"], ["GET", "k"], ["MGET", "a", "b", "c"]]) == 3)
    #expect(try cost([["PING"], ["INFO"], ["CONFIG", "GET", "notify-keyspace-events"]]) == 0)
    #expect(
      try cost([["EVAL", "return redis.call('INCR', KEYS[1]) + redis.call('PEXPIRE', KEYS[1], 100)", "1", "n"]]) == 3)
    #expect(try cost([["EVAL", "for i = 1, 5 do redis.call('GET', 'k') end redis.call('INFO')", "0"]]) == 6)
    #expect(try cost([["MULTI"], ["SET", "k", "v"], ["GET", "k"], ["EXEC"]]) == 2)
    let meter = try standIn.control()["meter"]
    #expect(meter?["commands"]?["GET"]?.integer == 1)
  }

  @Test("lives up to its limits, with the words of the real one")
  func limits() throws {
    let standIn = try UpstashStandIn(try RedisServer())
    let client = try standIn.client()
    func refusal(_ limits: JSONValue, _ command: RedisCommand) throws -> String? {
      try standIn.control(["limits": limits])
      defer {
        _ = try? standIn.control([
          "limits": [
            "request_size": 10_485_760, "record_size": 104_857_600, "requests": 500_000, "storage": 268_435_456,
          ]
        ])
      }
      return try client.run([command])[0].error
    }
    _ = try client.run([RedisCommand("SET", "large", bytes: [[UInt8](repeating: 0x61, count: 2000)])])
    let cases: [(JSONValue, RedisCommand, String)] = [
      (["request_size": 1000], ["GET", "large"], "ERR max request size exceeded. Limit: 1000 bytes, Actual: "),
      (
        ["request_size": 1000], RedisCommand("SET", "k", bytes: [[UInt8](repeating: 0x61, count: 1000)]),
        "ERR max request size exceeded. Limit: 1000 bytes, Actual: 1004 bytes"
      ),
      (["record_size": 10], ["SET", "k", "01234567890"], "ERR max single record size exceeded"),
      (["requests": 1], ["GET", "k"], "ERR max requests limit exceeded. Limit: 1, Usage: "),
      (["storage": 100], ["SET", "k", "v"], "ERR DB capacity quota exceeded. Threshold: 100 bytes, Usage: "),
    ]
    for (limits, command, words) in cases {
      let text = try refusal(limits, command)
      #expect(text?.hasPrefix(words) == true, "\(text ?? "accepted")")
    }
    #expect(try refusal(["storage": 100], ["GET", "k"]) == nil)
  }

  @Test("keeps account of databases and backups as the management API does")
  func management() throws {
    let standIn = try UpstashStandIn(try RedisServer())
    let state = try standIn.control()
    let session = HTTPSession()
    func ask(
      _ method: HTTPRequest.Method, _ path: String, _ body: JSONValue? = nil, key: String = "api_key"
    ) throws -> (status: Int, value: JSONValue) {
      let account = "\(state["email"]?.text ?? ""):\(state[key]?.text ?? "")"
      let answer = try session.send(
        HTTPRequest(
          method, standIn.url + "/v2/redis/" + path, headers: [("Authorization", "Basic " + base64(account))],
          body: body?.renderedBytes() ?? []))
      return (answer.status, try JSONValue.parse(answer.body))
    }
    let first = state["database"]?.text ?? ""
    #expect(try ask(.get, "databases").value.elements?.count == 1)
    let made = try ask(
      .post, "database", ["database_name": "second", "platform": "aws", "primary_region": "us-east-1"]
    ).value
    let second = made["database_id"]?.text ?? ""
    #expect(made["rest_token"]?.text != nil)
    #expect(try ask(.get, "database/\(second)?credentials=hide").value["rest_token"] == nil)

    // A backup is asked for, then found in the list, first pending.
    _ = try standIn.client().run("SET", "k", "v", "EX", "1000")
    #expect(try ask(.post, "create-backup/\(first)", ["name": "b"]).value == "OK")
    let pending = try ask(.get, "list-backup/\(first)").value.elements?.first
    #expect(pending?["state"] == "pending")
    let done = try ask(.get, "list-backup/\(first)").value.elements?.first
    #expect(done?["state"] == "completed" && done?["name"] == "b")
    let backup = done?["backup_id"]?.text ?? ""
    let host = try #require(made["endpoint"]?.text)
    let other = RestClient(try RestAddress("http://\(host)", token: .value(made["rest_token"]?.text ?? "")))
    try other.run("SET", "old", "v")
    #expect(try ask(.post, "restore-backup/\(second)", ["backup_id": .string(backup)]).value == "OK")
    #expect(try other.run("GET", "k").text == "v")
    #expect(try other.run("GET", "old").isNull)
    #expect((1...1000).contains(try other.run("TTL", "k").integer ?? 0))
    #expect(try ask(.delete, "delete-backup/\(first)/\(backup)").value == "OK")
    #expect(try ask(.get, "list-backup/\(first)").value == [])

    #expect(try ask(.patch, "enable-dailybackup/\(first)").value == "OK")
    #expect(try ask(.get, "database/\(first)").value["daily_backup_enabled"] == true)
    #expect(try ask(.post, "disable-dailybackup/\(first)").value == "OK")
    let stats = try ask(.get, "stats/\(first)?period=1h").value
    #expect(stats["total_monthly_requests"]?.integer == 1 && stats["days"]?.elements?.count == 5)

    // New tokens at once; the old ones are of no use any more.
    let reset = try ask(.post, "reset-password/\(first)", [:]).value
    #expect(throws: RedisError.self) { try standIn.client().run("GET", "k") }
    let client = RestClient(try RestAddress(standIn.url, token: .value(reset["rest_token"]?.text ?? "")))
    #expect(try client.run("GET", "k").text == "v")

    let refused = try ask(.delete, "database/readonly-check-nonexistent", key: "read_only_api_key")
    #expect(refused.status == 403 && refused.value["error"]?.text?.contains("Readonly API key") == true)
    #expect(try ask(.delete, "database/readonly-check-nonexistent").status == 404)
    #expect(try ask(.get, "databases", key: "email").status == 401)
    #expect(try ask(.delete, "database/\(second)").value == "OK")
    #expect(try ask(.get, "databases").value.elements?.count == 1)
  }
}
