// Linux calls that the Glibc module lacks, and what Swift cannot call because it is variadic.
#pragma once
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
// Swift's Glibc module is built without _GNU_SOURCE, where a member of fd_set has another name: two definitions of
// one type in one program are an error, so this header takes that one the same way.
#include <features.h>
#pragma push_macro("__USE_XOPEN")
#undef __USE_XOPEN
#include <sys/select.h>
#pragma pop_macro("__USE_XOPEN")
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <malloc.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/timerfd.h>
#include <sys/types.h>
#include <sys/xattr.h>
#include <unistd.h>

// Each returns -1 and sets errno on failure, as the call it stands for.

/// open(2) relative to `directory`, never outside it and never through a symbolic link
/// (openat2 with RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS).
int membank_open_beneath(int directory, const char *path, int flags, unsigned mode);
/// open(2) with its variadic mode.
int membank_open(const char *path, int flags, unsigned mode);
int membank_openat(int directory, const char *path, int flags, unsigned mode);
/// renameat2(2); flags: MEMBANK_RENAME_*.
int membank_rename(int from_directory, const char *from, int to_directory, const char *to, unsigned flags);
enum { MEMBANK_RENAME_NOREPLACE = 1, MEMBANK_RENAME_EXCHANGE = 2 };
/// Flushes the file system that holds `descriptor`: syncfs(2).
int membank_syncfs(int descriptor);
/// Takes (F_RDLCK) or gives up (F_UNLCK) a lease: fcntl(2) F_SETLEASE.
/// A read lease is refused with EAGAIN while anybody has the file open for writing.
/// A lease that is broken sends SIGURG, which does nothing unless it is handled.
int membank_lease(int descriptor, int type);
/// 1 when the names in a directory are case-insensitive by its own flag (ext4, f2fs), else 0.
int membank_folds_case(int directory);
/// Gives one open file the extended attributes of another, access lists included, as far as that is allowed:
/// flistxattr(2), fgetxattr(2), fsetxattr(2). Returns how many it set.
int membank_copy_attributes(int from, int to);
/// ioctl(FIONREAD).
int membank_readable_bytes(int descriptor);
/// Ignores SIGPIPE for the whole process.
void membank_ignore_sigpipe(void);
/// prctl(PR_SET_DUMPABLE, 0): no core dump with secrets in it.
int membank_no_core_dumps(void);
/// prctl(PR_SET_PDEATHSIG): the calling child gets `signal` when its parent thread ends.
int membank_die_with_parent(int signal);
/// An anonymous file in memory, closed on exec: memfd_create(2).
int membank_memory_file(const char *name);
/// prctl(PR_SET_NAME): names the calling thread, for debuggers; at most 15 bytes count.
void membank_name_thread(const char *name);

/// A descriptor that becomes readable when a process ends: pidfd_open(2).
int membank_pidfd_open(int process);
/// Signals exactly that process, never one that got its number later: pidfd_send_signal(2).
int membank_pidfd_signal(int descriptor, int signal);

/// A program to start, and what it gets.
struct membank_program {
  const char *path;
  char *const *arguments;
  char *const *environment;
  /// Its working directory.
  int directory;
  /// Its standard input.
  int input;
  /// Its standard output and standard error.
  int output;
  /// A descriptor that it keeps open, as number 3, as long as it lives.
  int keep;
  /// The signal that it gets when the *thread* that started it ends; 0: none.
  int death_signal;
};
/// Starts a program in a session of its own, with umask 077, default signals and no other descriptor.
/// Returns its process id; -1 with errno when any step failed, execve(2) included (posix_spawn(3) can't set the signal).
int membank_spawn(const struct membank_program *program);

/// posix_spawn(3) actions that the Swift overlay leaves out: a working directory, and no descriptor from 3 on.
int membank_spawn_alone_in(posix_spawn_file_actions_t *actions, const char *directory);
