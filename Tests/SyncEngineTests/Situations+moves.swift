/// What Unison's self-test does: files and directories that move, and what the other side does meanwhile.
let moveSituations: [Situation] = [
  Situation(
    "each adds files and a directory", here: ["a.md": "a\n", "b.md": "b\n", "d1/a.md": "a1\n", "d1/b.md": "b1\n"],
    there: ["x.md": "x\n", "y.md": "y\n", "d2/x.md": "x2\n", "d2/y.md": "y2\n"],
    end: [
      "a.md": "a\n", "b.md": "b\n", "d1/a.md": "a1\n", "d1/b.md": "b1\n", "x.md": "x\n", "y.md": "y\n",
      "d2/x.md": "x2\n", "d2/y.md": "y2\n",
    ]),
  Situation(
    "there renames a file", base: ["x.md": "x\n"], here: ["x.md": "x\n"], there: ["y.md": "x\n"], end: ["y.md": "x\n"]),
  Situation(
    "there renames a directory", base: ["d/a.md": "a\n", "d/e/b.md": "b\n"],
    here: ["d/a.md": "a\n", "d/e/b.md": "b\n"],
    there: ["f/a.md": "a\n", "f/e/b.md": "b\n"], end: ["f/a.md": "a\n", "f/e/b.md": "b\n"]),
  Situation(
    "there moves a file into a directory", base: ["x.md": "x\n", "d/a.md": "a\n"],
    here: ["x.md": "x\n", "d/a.md": "a\n"], there: ["d/x.md": "x\n", "d/a.md": "a\n"],
    end: ["d/x.md": "x\n", "d/a.md": "a\n"]),
  Situation(
    "there moves a directory into another", base: ["d/a.md": "a\n", "q/b.md": "b\n"],
    here: ["d/a.md": "a\n", "q/b.md": "b\n"], there: ["q/d/a.md": "a\n", "q/b.md": "b\n"],
    end: ["q/d/a.md": "a\n", "q/b.md": "b\n"]),
  Situation(
    "here moves several at once",
    base: ["x.md": "x\n", "y.md": "y\n", "z.md": "z\n", "c/b.md": "b\n", "d/a.md": "a\n"],
    here: ["y.md": "y\n", "o.md": "z\n", "c/b.md": "b\n", "c/x.md": "x\n", "c/z.md": "new\n", "e/a.md": "a\n"],
    there: ["x.md": "x\n", "y.md": "y\n", "z.md": "z\n", "c/b.md": "b\n", "d/a.md": "a\n"],
    end: ["y.md": "y\n", "o.md": "z\n", "c/b.md": "b\n", "c/x.md": "x\n", "c/z.md": "new\n", "e/a.md": "a\n"]),
  Situation(
    "here deletes one file and creates another", base: ["y.md": "y\n"], here: ["x.md": "other\n"],
    there: ["y.md": "y\n"], end: ["x.md": "other\n"]),
  Situation(
    "here swaps two names", base: ["a.md": "a\n", "b.md": "b\n"], here: ["a.md": "b\n", "b.md": "a\n"],
    there: ["a.md": "a\n", "b.md": "b\n"], end: ["a.md": "b\n", "b.md": "a\n"]),
  Situation(
    "here swaps a file and a directory", base: ["m": "m\n", "n/a.md": "a\n"], here: ["n": "m\n", "m/a.md": "a\n"],
    there: ["m": "m\n", "n/a.md": "a\n"], end: ["n": "m\n", "m/a.md": "a\n"]),
  Situation(
    "here renames a file over another", base: ["x.md": "x\n", "y.md": "y\n"], here: ["y.md": "x\n"],
    there: ["x.md": "x\n", "y.md": "y\n"], end: ["y.md": "x\n"]),
  Situation(
    "here renames a file over a directory", base: ["x": "x\n", "c/b.md": "b\n"], here: ["c": "x\n"],
    there: ["x": "x\n", "c/b.md": "b\n"], end: ["c": "x\n"]),
  Situation(
    "here renames a directory over a file", base: ["y": "y\n", "d/a.md": "a\n"], here: ["y/a.md": "a\n"],
    there: ["y": "y\n", "d/a.md": "a\n"], end: ["y/a.md": "a\n"]),
  Situation(
    "here renames a file over a directory that there deletes", base: ["x": "x\n", "c/b.md": "b\n"], here: ["c": "x\n"],
    there: ["x": "x\n"], end: ["c": "x\n"]),
  Situation(
    "here renames a directory over a file that there deletes", base: ["y": "y\n", "c/b.md": "b\n"],
    here: ["y/b.md": "b\n"], there: ["c/b.md": "b\n"], end: ["y/b.md": "b\n"]),
  Situation(
    "here renames a file that there edits", base: ["x.md": "x\n"], here: ["z.md": "x\n"], there: ["x.md": "edited\n"],
    end: ["z.md": "x\n", "x.md": "edited\n"]),
  Situation(
    "here renames a file that there deletes", base: ["x.md": "x\n"], here: ["z.md": "x\n"], there: [:],
    end: ["z.md": "x\n"]),
  Situation(
    "here renames a directory in which there edits", base: ["d/a.md": "a\n", "d/b.md": "b\n"],
    here: ["e/a.md": "a\n", "e/b.md": "b\n"], there: ["d/a.md": "edited\n", "d/b.md": "b\n"],
    end: ["e/a.md": "a\n", "e/b.md": "b\n", "d/a.md": "edited\n"]),
  Situation(
    "here renames a directory in which there creates", base: ["d/a.md": "a\n"], here: ["e/a.md": "a\n"],
    there: ["d/a.md": "a\n", "d/b.md": "b\n"], end: ["e/a.md": "a\n", "d/b.md": "b\n"]),
  Situation(
    "here renames a directory in which there renames", base: ["d/a.md": "a\n"], here: ["e/a.md": "a\n"],
    there: ["d/b.md": "a\n"], end: ["e/a.md": "a\n", "d/b.md": "a\n"]),
  Situation(
    "here renames a file to a name that there creates", base: ["x.md": "x\n"], here: ["z.md": "x\n"],
    there: ["x.md": "x\n", "z.md": "there\n"], end: ["z.md": "there\n", copy(of: "z.md", "x\n"): "x\n"]),
  Situation(
    "here renames a file to the name of a directory that there creates, empty", base: ["x": "x\n"], here: ["z": "x\n"],
    there: ["x": "x\n", "z": .emptyDirectory], end: ["z": "x\n"]),
  Situation(
    "here renames a file to the name of a directory that there creates", base: ["x": "x\n"], here: ["z": "x\n"],
    there: ["x": "x\n", "z/n.md": "n\n"], end: ["z/n.md": "n\n", copy(of: "z", "x\n"): "x\n"]),
  Situation(
    "here renames a directory to the name of a file that there creates", base: ["c/b.md": "b\n"],
    here: ["z/b.md": "b\n"], there: ["c/b.md": "b\n", "z": "there\n"],
    end: ["z/b.md": "b\n", copy(of: "z", "there\n"): "there\n"]),
  Situation(
    "each renames another file to one name", base: ["x.md": "x\n", "y.md": "y\n"],
    here: ["z.md": "x\n", "y.md": "y\n"], there: ["x.md": "x\n", "z.md": "y\n"],
    end: ["z.md": "y\n", copy(of: "z.md", "x\n"): "x\n"]),
  Situation(
    "each renames another directory to one name", base: ["c/b.md": "b\n", "d/a.md": "a\n"],
    here: ["z/b.md": "b\n", "d/a.md": "a\n"], there: ["c/b.md": "b\n", "z/a.md": "a\n"],
    end: ["z/b.md": "b\n", "z/a.md": "a\n"]),
  Situation(
    "each renames a file to another name", base: ["x.md": "x\n"], here: ["p.md": "x\n"], there: ["q.md": "x\n"],
    end: ["p.md": "x\n", "q.md": "x\n"]),
  Situation(
    "both rename a file alike", base: ["x.md": "x\n"], here: ["p.md": "x\n"], there: ["p.md": "x\n"],
    end: ["p.md": "x\n"]),
  Situation(
    "here swaps two names, there edits one of the files", base: ["a.md": "a\n", "b.md": "b\n"],
    here: ["a.md": "b\n", "b.md": "a\n"], there: ["a.md": "edited\n", "b.md": "b\n"],
    end: ["a.md": "edited\n", copy(of: "a.md", "b\n"): "b\n", "b.md": "a\n"]),
]
