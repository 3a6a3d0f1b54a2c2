/// What rclone's bisync is tested with: many changes in one run, first runs, names.
let runSituations: [Situation] = [
  Situation(
    "every kind of change at once",
    base: [
      "1.md": "1\n", "2.md": "2\n", "3.md": "3\n", "4.md": "4\n", "5.md": "5\n", "6.md": "6\n", "7.md": "7\n",
      "8.md": "8\n", "9.md": "9\n",
    ],
    here: [
      "1.md": "1\n", "2.md": "2 here\n", "3.md": "3\n", "5.md": "5 here\n", "7.md": "7 here\n", "9.md": "9\n",
      "11.md": "11\n",
    ],
    there: [
      "1.md": "1 there\n", "2.md": "2\n", "4.md": "4\n", "5.md": "5 there\n", "6.md": "6 there\n", "9.md": "9\n",
      "10.md": "10\n",
    ],
    end: [
      "1.md": "1 there\n", "2.md": "2 here\n", "5.md": "5 there\n", copy(of: "5.md", "5 here\n"): "5 here\n",
      "6.md": "6 there\n", "7.md": "7 here\n", "9.md": "9\n", "10.md": "10\n", "11.md": "11\n",
    ]),
  Situation(
    "here edits every file", base: ["1.md": "1\n", "2.md": "2\n", "3.md": "3\n"],
    here: [
      "1.md": "one\n", "2.md": "two\n", "3.md": "three\n", "kept.md": "changed\n", "kept/too.md": "changed, too\n",
    ],
    there: ["1.md": "1\n", "2.md": "2\n", "3.md": "3\n"],
    end: ["1.md": "one\n", "2.md": "two\n", "3.md": "three\n", "kept.md": "changed\n", "kept/too.md": "changed, too\n"]),
  Situation(
    "here deletes the last file of a directory", base: ["d/a.md": "a\n"], here: ["d": .emptyDirectory],
    there: ["d/a.md": "a\n"], end: ["d": .emptyDirectory], endThere: [:]),
  Situation(
    "here deletes an empty directory that there has, too", base: ["d/a.md": "a\n", "d/b.md": "b\n"],
    here: [:], there: ["d": .emptyDirectory], end: [:], endThere: ["d": .emptyDirectory]),
  Situation(
    "they meet, here with files, there with none", base: nil, here: ["a.md": "a\n", "d/b.md": "b\n"], there: [:],
    end: ["a.md": "a\n", "d/b.md": "b\n"]),
  Situation(
    "they meet, there with files, here with none", base: nil, here: [:], there: ["a.md": "a\n", "d/b.md": "b\n"],
    end: ["a.md": "a\n", "d/b.md": "b\n"]),
  Situation(
    "they meet, both with files", base: nil,
    here: ["here.md": "h\n", "differs.md": "here\n", "same.md": "s\n", "part.md": "1\n2\n"],
    there: ["there.md": "t\n", "differs.md": "there\n", "same.md": "s\n", "part.md": "1\n2\n3\n"],
    end: [
      "here.md": "h\n", "there.md": "t\n", "differs.md": "there\n", copy(of: "differs.md", "here\n"): "here\n",
      "same.md": "s\n", "part.md": "1\n2\n3\n",
    ]),
  Situation(
    "they meet, a file on one side and a directory on the other", base: nil, here: ["n": "n\n", "a.md": "a\n"],
    there: ["n/b.md": "b\n"], end: ["n/b.md": "b\n", copy(of: "n", "n\n"): "n\n", "a.md": "a\n"]),
  Situation(
    "names in many scripts, with blanks and marks",
    base: ["測試_Русский ě_áñ/測試.md": "1\n", "👩🏽‍🚀 🚀.md": "2\n", "-rf.md": "3\n", "100% *?[x]\\ \"'`$(x).md": "4\n"],
    here: ["測試_Русский ě_áñ/測試.md": "1 here\n", "👩🏽‍🚀 🚀.md": "2\n", "-rf.md": "3\n", " leading.md": "5\n"],
    there: ["測試_Русский ě_áñ/測試.md": "1\n", "👩🏽‍🚀 🚀.md": "2 there\n", "100% *?[x]\\ \"'`$(x).md": "4 there\n"],
    end: [
      "測試_Русский ě_áñ/測試.md": "1 here\n", "👩🏽‍🚀 🚀.md": "2 there\n", "100% *?[x]\\ \"'`$(x).md": "4 there\n",
      " leading.md": "5\n",
    ]),
  Situation(
    "names that differ in case", here: ["HeLlO,wOrLd!.md": "here\n"], there: ["hello,WORLD!.md": "there\n"],
    end: ["HeLlO,wOrLd!.md": "here\n", "hello,WORLD!.md": "there\n"]),
  Situation(
    "a text over a mebibyte, edited on both sides", base: ["large.md": .file(large("1", "1"))],
    here: ["large.md": .file(large("here", "1"))], there: ["large.md": .file(large("1", "there"))],
    end: ["large.md": .file(large("1", "there")), copy(of: "large.md", large("here", "1")): .file(large("here", "1"))]),
  Situation(
    "bytes that are no text, edited on both sides", base: ["b.bin": "\0a\n1\n2\n3\nb\n"],
    here: ["b.bin": "\0A\n1\n2\n3\nb\n"], there: ["b.bin": "\0a\n1\n2\n3\nB\n"],
    end: ["b.bin": "\0a\n1\n2\n3\nB\n", copy(of: "b.bin", "\0A\n1\n2\n3\nb\n"): "\0A\n1\n2\n3\nb\n"]),
]

private func large(_ first: String, _ last: String) -> String {
  first + "\n" + String(repeating: "a line of text\n", count: 75_000) + last + "\n"
}
