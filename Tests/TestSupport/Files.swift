import Glibc
import Support

/// Makes a directory and those above it.
public func makeDirectories(_ path: String) throws {
  var done = ""
  for component in path.split(separator: "/") {
    done += "/" + component
    guard mkdir(done, 0o700) == 0 || errno == EEXIST else { throw SystemError("mkdir", done) }
  }
}

/// Makes a symbolic link.
public func makeLink(at path: String, to target: String) throws {
  guard symlink(target, path) == 0 else { throw SystemError("symlink", path) }
}

func writeFile(_ text: String, to path: String) throws {
  guard let file = fopen(path, "w") else { throw SystemError("open", path) }
  defer { fclose(file) }
  guard fputs(text, file) >= 0 else { throw SystemError("write", path) }
}
