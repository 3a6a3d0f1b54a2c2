internal import CLinux
import Glibc

/// File systems on which others may write without the kernel here hearing of it.
package enum EventlessFileSystems {
  private static let names: [UInt32: String] = [
    0x0000_6969: "NFS", 0x0000_517b: "SMB", 0xff53_4d42: "CIFS", 0xfe53_4d42: "SMB", 0x0102_1997: "9p",
    0x6573_5546: "FUSE or virtiofs", 0x00c3_6400: "Ceph", 0x7375_7245: "Coda", 0x5346_414f: "AFS",
    0x6b41_4653: "AFS", 0x786f_4256: "VirtualBox shared folders", 0xbacb_acbc: "VMware shared folders",
    0x0bd0_0bd0: "Lustre", 0x0116_1970: "GFS2", 0x7461_636f: "OCFS2", 0x1983_0326: "BeeGFS",
    0x4750_4653: "GPFS", 0x0000_9fa0: "proc", 0x6265_6572: "sysfs",
  ]

  /// Why events can't be relied on for this magic number of `statfs`; nil when they can.
  package static func reason(magic: UInt32) -> String? {
    names[magic].map { "the file system (\($0)) does not tell of changes made elsewhere" }
  }

  /// The same for the file system that holds a path.
  static func reason(path: String) -> String? {
    var status = statfs()
    guard statfs(path, &status) == 0 else { return nil }
    return reason(magic: UInt32(truncatingIfNeeded: status.f_type))
  }
}
