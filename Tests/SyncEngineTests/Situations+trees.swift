/// What Mutagen's reconciliation is tested with: what two trees can have become of a third.
let treeSituations: [Situation] = agreements + oneSided + twoSided + notOurs

private let agreements = [
  Situation(
    "nothing has changed", base: ["a.md": "a\n"], here: ["a.md": "a\n"], there: ["a.md": "a\n"], end: ["a.md": "a\n"]),
  Situation("both create the same file", here: ["a.md": "a\n"], there: ["a.md": "a\n"], end: ["a.md": "a\n"]),
  Situation(
    "both create the same directory", here: ["d/a.md": "a\n"], there: ["d/a.md": "a\n"], end: ["d/a.md": "a\n"]),
  Situation(
    "both create the same file in a directory", base: ["d/b.md": "b\n"], here: ["d/a.md": "a\n", "d/b.md": "b\n"],
    there: ["d/a.md": "a\n", "d/b.md": "b\n"], end: ["d/a.md": "a\n", "d/b.md": "b\n"]),
  Situation(
    "both edit alike", base: ["a.md": "a\n"], here: ["a.md": "b\n"], there: ["a.md": "b\n"], end: ["a.md": "b\n"]),
  Situation("both delete a file", base: ["a.md": "a\n"], here: [:], there: [:], end: [:]),
  Situation(
    "both delete a file in a directory", base: ["d/a.md": "a\n", "d/b.md": "b\n"], here: ["d/b.md": "b\n"],
    there: ["d/b.md": "b\n"], end: ["d/b.md": "b\n"]),
  Situation("both delete a directory", base: ["d/a.md": "a\n", "d/e/b.md": "b\n"], here: [:], there: [:], end: [:]),
  Situation(
    "both create an empty directory", here: ["d": .emptyDirectory], there: ["d": .emptyDirectory],
    end: ["d": .emptyDirectory]),
  Situation(
    "both make it executable", base: ["a": "a\n"], here: ["a": .program("a\n")], there: ["a": .program("a\n")],
    end: ["a": .program("a\n")]),
]

private let oneSided = [
  Situation("here creates a file", here: ["a.md": "a\n"], there: [:], end: ["a.md": "a\n"]),
  Situation("there creates a file", here: [:], there: ["a.md": "a\n"], end: ["a.md": "a\n"]),
  Situation(
    "here creates a directory", here: ["d/a.md": "a\n", "d/e/b.md": "b\n"], there: [:],
    end: ["d/a.md": "a\n", "d/e/b.md": "b\n"]),
  Situation(
    "there creates a file in a directory", base: ["d/a.md": "a\n"], here: ["d/a.md": "a\n"],
    there: ["d/a.md": "a\n", "d/b.md": "b\n"], end: ["d/a.md": "a\n", "d/b.md": "b\n"]),
  Situation(
    "here creates an empty directory", here: ["d": .emptyDirectory], there: [:], end: ["d": .emptyDirectory],
    endThere: [:]),
  Situation("here edits", base: ["a.md": "a\n"], here: ["a.md": "b\n"], there: ["a.md": "a\n"], end: ["a.md": "b\n"]),
  Situation("there edits", base: ["a.md": "a\n"], here: ["a.md": "a\n"], there: ["a.md": "b\n"], end: ["a.md": "b\n"]),
  Situation(
    "there empties a file", base: ["a.md": "a\n"], here: ["a.md": "a\n"], there: ["a.md": ""], end: ["a.md": ""]),
  Situation(
    "here makes a directory of a file", base: ["n": "n\n"], here: ["n/a.md": "a\n"], there: ["n": "n\n"],
    end: ["n/a.md": "a\n"]),
  Situation(
    "there makes a directory of a file", base: ["n": "n\n"], here: ["n": "n\n"], there: ["n/e/a.md": "a\n"],
    end: ["n/e/a.md": "a\n"]),
  Situation(
    "here makes a file of a directory", base: ["n/a.md": "a\n", "n/e/b.md": "b\n"], here: ["n": "n\n"],
    there: ["n/a.md": "a\n", "n/e/b.md": "b\n"], end: ["n": "n\n"]),
  Situation("here deletes", base: ["a.md": "a\n"], here: [:], there: ["a.md": "a\n"], end: [:]),
  Situation("there deletes", base: ["a.md": "a\n"], here: ["a.md": "a\n"], there: [:], end: [:]),
  Situation(
    "there deletes a directory", base: ["d/a.md": "a\n", "d/e/b.md": "b\n"],
    here: ["d/a.md": "a\n", "d/e/b.md": "b\n"], there: [:], end: [:]),
  Situation(
    "here makes it executable", base: ["a": "a\n"], here: ["a": .program("a\n")], there: ["a": "a\n"],
    end: ["a": .program("a\n")]),
  Situation(
    "there makes it an ordinary file again", base: ["a": .program("a\n")], here: ["a": .program("a\n")],
    there: ["a": "a\n"], end: ["a": "a\n"]),
]

private let twoSided = [
  Situation(
    "each creates its own", here: ["a.md": "a\n"], there: ["b.md": "b\n"], end: ["a.md": "a\n", "b.md": "b\n"]),
  Situation(
    "both create a file, differing", here: ["a.md": "here\n"], there: ["a.md": "there\n"],
    end: ["a.md": "there\n", copy(of: "a.md", "here\n"): "here\n"]),
  Situation(
    "both create a directory with a file, differing", here: ["d/a.md": "here\n", "d/h.md": "h\n"],
    there: ["d/a.md": "there\n"],
    end: ["d/a.md": "there\n", copy(of: "d/a.md", "here\n"): "here\n", "d/h.md": "h\n"]),
  Situation(
    "both create a directory, one with a file", here: ["d/a.md": "a\n"], there: ["d": .emptyDirectory],
    end: ["d/a.md": "a\n"]),
  Situation(
    "here creates a file, there a directory of that name", here: ["n": "n\n"], there: ["n/a.md": "a\n"],
    end: ["n/a.md": "a\n", copy(of: "n", "n\n"): "n\n"]),
  Situation(
    "here creates a directory, there a file of that name", here: ["n/a.md": "a\n"], there: ["n": "n\n"],
    end: ["n/a.md": "a\n", copy(of: "n", "n\n"): "n\n"]),
  Situation(
    "both edit a line, differing", base: ["a.md": "a\n"], here: ["a.md": "here\n"], there: ["a.md": "there\n"],
    end: ["a.md": "there\n", copy(of: "a.md", "here\n"): "here\n"]),
  Situation(
    "both edit, each another line", base: ["a.md": "1\n2\n3\n4\n5\n"], here: ["a.md": "one\n2\n3\n4\n5\n"],
    there: ["a.md": "1\n2\n3\n4\nfive\n"], end: ["a.md": "one\n2\n3\n4\nfive\n"]),
  Situation(
    "here edits, there deletes", base: ["a.md": "a\n"], here: ["a.md": "b\n"], there: [:], end: ["a.md": "b\n"]),
  Situation(
    "here deletes, there edits", base: ["a.md": "a\n"], here: [:], there: ["a.md": "b\n"], end: ["a.md": "b\n"]),
  Situation(
    "here deletes a directory, there a part of it", base: ["d/a.md": "a\n", "d/b.md": "b\n"], here: [:],
    there: ["d/b.md": "b\n"], end: [:]),
  Situation(
    "here deletes a directory, there edits in it", base: ["d/a.md": "a\n", "d/b.md": "b\n"], here: [:],
    there: ["d/a.md": "edited\n", "d/b.md": "b\n"], end: ["d/a.md": "edited\n"]),
  Situation(
    "there deletes a directory, here creates in it", base: ["d/a.md": "a\n"],
    here: ["d/a.md": "a\n", "d/e/b.md": "b\n"],
    there: [:], end: ["d/e/b.md": "b\n"]),
  Situation(
    "here makes a directory of a file, there edits it", base: ["n": "n\n"], here: ["n/a.md": "a\n"],
    there: ["n": "edited\n"], end: ["n/a.md": "a\n", copy(of: "n", "edited\n"): "edited\n"]),
  Situation(
    "here makes a directory of a file, there deletes it", base: ["n": "n\n"], here: ["n/a.md": "a\n"], there: [:],
    end: ["n/a.md": "a\n"]),
  Situation(
    "here makes a file of a directory, there edits in it", base: ["n/a.md": "a\n", "n/b.md": "b\n"],
    here: ["n": "n\n"], there: ["n/a.md": "edited\n", "n/b.md": "b\n"],
    end: ["n/a.md": "edited\n", copy(of: "n", "n\n"): "n\n"]),
  Situation(
    "both make a file of a directory, differing", base: ["n/a.md": "a\n"], here: ["n": "here\n"],
    there: ["n": "there\n"], end: ["n": "there\n", copy(of: "n", "here\n"): "here\n"]),
  Situation(
    "here makes it executable, there edits", base: ["a": "a\n"], here: ["a": .program("a\n")], there: ["a": "b\n"],
    end: ["a": .program("b\n")]),
  Situation(
    "here makes it executable, there deletes", base: ["a": "a\n"], here: ["a": .program("a\n")], there: [:],
    end: ["a": .program("a\n")]),
]

private let notOurs = [
  Situation(
    "both have ignored files", here: ["d/a.tmp": "here\n"], there: ["d/a.tmp": "there\n"], end: ["d/a.tmp": "here\n"],
    endThere: ["d/a.tmp": "there\n"]),
  Situation(
    "there deletes a directory, here has an ignored file in it", base: ["d/a.md": "a\n"],
    here: ["d/a.md": "a\n", "d/a.tmp": "ignored\n"], there: [:], end: ["d/a.tmp": "ignored\n"], endThere: [:]),
  Situation(
    "here makes a directory of a file, with an ignored file only", base: ["n": "n\n"], here: ["n/a.tmp": "ignored\n"],
    there: ["n": "n\n"], end: ["n/a.tmp": "ignored\n"], endThere: [:]),
  Situation(
    "there creates a file where here has a directory with an ignored file", here: ["n/a.tmp": "ignored\n"],
    there: ["n": "n\n"], end: ["n/a.tmp": "ignored\n"], endThere: ["n": "n\n"], waitsHere: true),
  Situation(
    "here renames a file to an ignored name", base: ["a.md": "a\n"], here: ["a.tmp": "a\n"], there: ["a.md": "a\n"],
    end: ["a.tmp": "a\n"], endThere: [:]),
  Situation("here has a pipe", here: ["p.md": .pipe], there: [:], end: ["p.md": .pipe], endThere: [:]),
  Situation(
    "here has a pipe where there creates a file", here: ["p.md": .pipe], there: ["p.md": "p\n"], end: ["p.md": .pipe],
    endThere: ["p.md": "p\n"], waitsHere: true),
  Situation(
    "here makes a pipe of a file", base: ["p.md": "p\n"], here: ["p.md": .pipe], there: ["p.md": "p\n"],
    end: ["p.md": .pipe], endThere: ["p.md": "p\n"]),
  Situation(
    "here makes a pipe of a file, there deletes it", base: ["p.md": "p\n"], here: ["p.md": .pipe], there: [:],
    end: ["p.md": .pipe], endThere: [:], waitsHere: true),
  Situation(
    "here makes a link", here: ["l.md": .link("kept.md")], there: [:], end: ["l.md": .link("kept.md")], endThere: [:]),
  Situation(
    "here makes a link of a file", base: ["l.md": "l\n"], here: ["l.md": .link("kept.md")], there: ["l.md": "l\n"],
    end: ["l.md": .link("kept.md")], endThere: ["l.md": "l\n"]),
  Situation(
    "here makes a link of a directory, there edits in it", base: ["d/a.md": "a\n"], here: ["d": .link("kept")],
    there: ["d/a.md": "edited\n"], end: ["d": .link("kept")], endThere: ["d/a.md": "edited\n"], waitsHere: true),
]
