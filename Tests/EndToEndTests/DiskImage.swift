import Glibc
import Support
import TestSupport
import Testing

/// An ext4 file system in a file, of which a copy can be made that holds what a power cut would have left.
final class DiskImage {
  /// Where it is mounted.
  let path: String
  private let directory: String
  private var image: String
  private var copies = 0

  init(in directory: String) async throws {
    self.directory = directory
    path = directory + "/disk"
    image = directory + "/image"
    mkdir(path, 0o755)
    try await shell("truncate -s 48M \"$1\" && mkfs.ext4 -q -E lazy_itable_init=0 \"$1\"", image)
    try await mount()
  }

  deinit { umount2(path, Int32(MNT_DETACH)) }

  /// The journal is committed only when somebody asks for it: then nothing reaches the disk that nobody flushed.
  private func mount() async throws {
    try await shell("mount -o loop,commit=600 \"$1\" \"$2\"", image, path)
  }

  /// Copies what the disk holds now; nobody may be writing.
  ///
  /// The kernel writes pages that nobody flushes only when they are half a minute old.
  func copy() async throws -> String {
    copies += 1
    let copy = "\(directory)/copy-\(copies)"
    // What was asked for before is on its way to the disk: it counts as there when the device has nothing in hand.
    try await shell(
      """
      device=$(findmnt -no SOURCE "$2")
      while [ "$(tr -d ' 0\\n' <"/sys/block/${device#/dev/}/inflight")" ]; do :; done
      cp --sparse=always "$1" "$3"
      """, image, path, copy)
    return copy
  }

  /// Puts a copy in the place of the disk, as a machine finds it that has been switched on again.
  func replace(with copy: String) async throws {
    try await shell("umount \"$1\"", path)
    image = copy
    try await mount()
  }

  private func shell(_ script: String, _ words: String...) async throws {
    let outcome = try await run(["/bin/sh", "-ec", script, "sh"] + words)
    guard outcome.status == 0 else { throw MountError(text: outcome.text) }
  }
}
