/// What kind of document is generated, and how agents edit it.
public enum Template: String, CaseIterable, Sendable {
  /// Sections of tasks with checkboxes.
  case tasks
  /// A section a day, newest first, with what was done.
  case log
  /// A table of decisions.
  case decisions
  /// Sections of paragraphs.
  case prose

  /// A document of this kind.
  public func document(_ words: inout Writer) -> Document {
    var sections: [Document.Section] = []
    var columns: [String] = []
    switch self {
    case .tasks:
      for name in ["Now", "Next", "Later", "Waiting"] {
        let tasks = (0..<words.dice.within(5...9)).map { _ in words.task() }
        sections.append(Document.Section(heading: words.heading(name), atoms: tasks))
      }
    case .log:
      sections.append(Document.Section(heading: nil, atoms: [words.paragraph(sentences: 1)]))
      for day in 0..<5 {
        let entries = (0..<words.dice.within(3...7)).map { _ in words.bullet() }
        sections.append(Document.Section(heading: words.heading("2026-11-\(19 - day)"), atoms: entries))
      }
    case .decisions:
      columns = ["id", "decision", "status", "by"]
      let rows = (1...words.dice.within(14...24)).map { words.row("D-\($0)") }
      sections.append(Document.Section(heading: nil, atoms: [words.paragraph(sentences: 2)]))
      sections.append(Document.Section(heading: words.heading("Taken"), atoms: rows))
      sections.append(Document.Section(heading: words.heading("How to"), atoms: [words.paragraph(sentences: 1)]))
    case .prose:
      for name in ["Purpose", "Users", "Constraints", "Architecture", "Risks", "Open questions"] {
        let paragraphs = (0..<words.dice.within(2...5)).map { _ in words.paragraph(sentences: 3) }
        sections.append(Document.Section(heading: words.heading(name), atoms: paragraphs))
      }
    }
    return Document(title: rawValue, columns: columns, sections: sections)
  }

  /// A document of this kind that has so many lines at least: its sections over and over, with other texts.
  public func document(_ words: inout Writer, lines: Int) -> Document {
    var document = document(&words)
    var rounds = 1
    while document.text.utf8.count(where: { $0 == UInt8(ascii: "\n") }) < lines {
      rounds += 1
      document.sections += self.document(&words).sections.map { section in
        var section = section
        section.heading?.parts[0] += " (\(rounds))"
        return section
      }
    }
    return document
  }

  /// What an agent does to such a document, with how often.
  private var habits: [(Change, Int)] {
    switch self {
    case .tasks: [(.append, 25), (.prepend, 15), (.tick, 25), (.reword, 20), (.delete, 15)]
    case .log: [(.newest, 40), (.today, 15), (.append, 5), (.reword, 25), (.delete, 15)]
    case .decisions: [(.append, 35), (.insert, 10), (.cell, 45), (.delete, 10)]
    case .prose: [(.reword, 50), (.insert, 25), (.append, 15), (.delete, 10)]
    }
  }

  private enum Change { case append, prepend, insert, newest, today, tick, reword, cell, delete }

  /// The document after so many edits.
  public func edited(_ document: Document, edits: Int, _ words: inout Writer) -> Document {
    var document = document
    for _ in 0..<edits {
      var dice = words.dice.below(habits.reduce(0) { $0 + $1.1 })
      for (change, weight) in habits {
        if dice < weight {
          apply(change, to: &document, &words)
          break
        }
        dice -= weight
      }
    }
    return document
  }

  private func apply(_ change: Change, to document: inout Document, _ words: inout Writer) {
    let filled = document.sections.indices.filter { document.sections[$0].heading != nil }
    // Where more stands, more is changed.
    let section = words.dice.pick(filled.flatMap { Array(repeating: $0, count: document.sections[$0].atoms.count + 1) })
    let count = document.sections[section].atoms.count
    switch change {
    case .append: document.sections[section].atoms.append(new(like: document.sections[section], &words))
    case .prepend: document.sections[section].atoms.insert(new(like: document.sections[section], &words), at: 0)
    case .insert:
      let place = words.dice.below(count + 1)
      document.sections[section].atoms.insert(new(like: document.sections[section], &words), at: place)
    case .newest: document.sections[filled[0]].atoms.append(words.bullet())
    case .today:
      // Both sides' new day has the same heading: it is one section.
      let today = Atom(id: Writer.today, kind: .heading, parts: ["2026-11-20"])
      if document.sections[filled[0]].heading != today {
        document.sections.insert(Document.Section(heading: today, atoms: []), at: filled[0])
      }
      document.sections[filled[0]].atoms.append(words.bullet())
    case .tick, .reword, .cell, .delete:
      guard count > 0 else { return }
      let place = words.dice.below(count)
      if change == .delete {
        document.sections[section].atoms.remove(at: place)
      } else {
        edit(&document.sections[section].atoms[place], change, &words)
      }
    }
  }

  private func edit(_ atom: inout Atom, _ change: Change, _ words: inout Writer) {
    if change == .tick {
      atom.isTicked.toggle()
    } else if change == .cell, atom.kind == .row {
      let part = words.dice.within(1...3)
      atom.parts[part] = words.phrase(part == 1 ? 4 : 2)
    } else if !atom.isReworded {
      // What is said anew again and again is soon something else.
      atom.parts[0] = words.reworded(atom.parts[0])
      atom.isReworded = true
    }
  }

  private func new(like section: Document.Section, _ words: inout Writer) -> Atom {
    switch self {
    case .tasks: words.task()
    case .log: words.bullet()
    case .decisions:
      // Both sides take the next number.
      section.atoms.last?.kind == .paragraph
        ? words.paragraph(sentences: 1) : words.row("D-\((section.atoms.compactMap(\.number).max() ?? 0) + 1)")
    case .prose: words.paragraph(sentences: 3)
    }
  }
}
