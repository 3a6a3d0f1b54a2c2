// Linux calls that the Glibc module lacks, and what Swift cannot call because it is variadic.
#pragma once
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
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
int membank_lease(int descriptor, int type);
/// ioctl(FIONREAD).
int membank_readable_bytes(int descriptor);
/// Ignores SIGPIPE for the whole process.
void membank_ignore_sigpipe(void);
/// prctl(PR_SET_DUMPABLE, 0): no core dump with secrets in it.
int membank_no_core_dumps(void);
/// prctl(PR_SET_PDEATHSIG): the calling child gets `signal` when its parent thread ends.
int membank_die_with_parent(int signal);
