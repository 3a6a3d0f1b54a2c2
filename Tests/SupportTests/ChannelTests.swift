import Support
import Testing

@Suite("A channel")
struct ChannelTests {
  @Test("hands on in order what was sent, once")
  func order() throws {
    let channel = try Channel<Int>()
    for number in 1...3 { channel.send(number) }
    #expect(channel.takeAll() == [1, 2, 3])
    #expect(channel.takeAll() == [])
  }

  @Test("of hints is bounded: who falls behind is told to look at everything, once")
  func behind() throws {
    let channel = try Channel<String>()
    var sender = HintSender(channel, atMost: 3, everything: "all")
    for number in 1...10 { sender.send("\(number)") }
    #expect(channel.takeAll() == ["1", "2", "3", "all"])
    // What was left out came before that look; what comes after it is told again.
    for number in 11...15 { sender.send("\(number)") }
    #expect(channel.takeAll() == ["11", "12", "13", "all"])
    sender.send("16")
    #expect(channel.takeAll() == ["16"])
  }

  @Test("keeps no sender of hints from telling everything because of another's")
  func senders() throws {
    let channel = try Channel<String>()
    var one = HintSender(channel, atMost: 2, everything: "all of one")
    var other = HintSender(channel, atMost: 2, everything: "all of the other")
    for number in 1...3 {
      one.send("\(number)")
      other.send("\(number)")
    }
    #expect(channel.takeAll() == ["1", "1", "all of one", "all of the other"])
  }
}
