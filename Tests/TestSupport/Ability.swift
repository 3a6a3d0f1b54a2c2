import Glibc

/// What a machine lets a test do.
///
/// Each is tried, not guessed; a test that needs one is skipped without it, by name.
public enum Ability {
  /// Mounting file systems: root, and a container that lets it.
  public static let mounting = tried(
    "d=$(mktemp -d) && mount -t tmpfs none \"$d\" && umount \"$d\"; s=$?; rmdir \"$d\"; exit $s")

  /// Mounting an ext4 image by a loop device, and a boot time of one's own.
  public static let images = tried(
    """
    d=$(mktemp -d) && truncate -s 8M "$d/image" && mkfs.ext4 -q "$d/image" && mkdir "$d/mounted" &&
      mount -o loop "$d/image" "$d/mounted" && umount "$d/mounted" && unshare --time --boottime -1 true
    s=$?; rm -rf "$d"; exit $s
    """)

  /// Mounting a directory through FUSE, by bindfs.
  public static let fuse = tried(
    """
    d=$(mktemp -d) && mkdir "$d/from" "$d/to" && bindfs "$d/from" "$d/to" && umount "$d/to"
    s=$?; rm -rf "$d"; exit $s
    """)

  /// Seeing the system calls of a process that lets nobody look into it: root, and strace.
  public static let tracing = geteuid() == 0 && tried("strace -f -o /dev/null true")

  /// A user namespace with inotify limits of its own.
  public static let ownLimits = tried(
    "unshare --user --map-root-user sh -ec 'echo 1 > /proc/sys/user/max_inotify_watches'")

  private static func tried(_ script: String) -> Bool {
    let path = ["PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]
    return (try? Tool.run("sh", ["-c", script], environment: path))?.status == 0
  }
}
