#include "CLinux.h"

#include <linux/fs.h>
#include <linux/openat2.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

int membank_open_beneath(int directory, const char *path, int flags, unsigned mode) {
  struct open_how how = {
      .flags = (uint64_t)(unsigned)flags | O_CLOEXEC,
      .mode = (flags & O_CREAT) ? mode : 0,
      .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
  };
  return (int)syscall(SYS_openat2, directory, path, &how, sizeof how);
}

int membank_open(const char *path, int flags, unsigned mode) { return open(path, flags | O_CLOEXEC, mode); }

int membank_openat(int directory, const char *path, int flags, unsigned mode) {
  return openat(directory, path, flags | O_CLOEXEC, mode);
}

int membank_rename(int from_directory, const char *from, int to_directory, const char *to, unsigned flags) {
  return renameat2(from_directory, from, to_directory, to, flags);
}

int membank_syncfs(int descriptor) { return syncfs(descriptor); }

int membank_lease(int descriptor, int type) {
  // Whoever opens the file for writing meanwhile breaks the lease; SIGIO, the default, would end the process.
  if (type != F_UNLCK && fcntl(descriptor, F_SETSIG, SIGURG) < 0) return -1;
  return fcntl(descriptor, F_SETLEASE, type);
}

int membank_folds_case(int directory) {
  int flags = 0;
  if (ioctl(directory, FS_IOC_GETFLAGS, &flags) < 0) return -1;
  return (flags & FS_CASEFOLD_FL) != 0;
}

int membank_copy_attributes(int from, int to) {
  ssize_t length = flistxattr(from, NULL, 0);
  if (length <= 0) return 0;
  char *names = malloc((size_t)length);
  if (!names) return 0;
  // The list may have grown since; then it is left, as a list that can't be read.
  length = flistxattr(from, names, (size_t)length);
  int count = 0;
  for (ssize_t at = 0; at < length; at += (ssize_t)strlen(names + at) + 1) {
    ssize_t size = fgetxattr(from, names + at, NULL, 0);
    if (size < 0) continue;
    char *value = malloc(size > 0 ? (size_t)size : 1);
    if (!value) break;
    size = fgetxattr(from, names + at, value, (size_t)size);
    if (size >= 0 && fsetxattr(to, names + at, value, (size_t)size, 0) == 0) count++;
    free(value);
  }
  free(names);
  return count;
}

int membank_readable_bytes(int descriptor) {
  int count = 0;
  return ioctl(descriptor, FIONREAD, &count) == 0 ? count : -1;
}

void membank_ignore_sigpipe(void) { signal(SIGPIPE, SIG_IGN); }

int membank_no_core_dumps(void) { return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); }

int membank_die_with_parent(int signal) { return prctl(PR_SET_PDEATHSIG, signal, 0, 0, 0); }

int membank_memory_file(const char *name) { return memfd_create(name, MFD_CLOEXEC); }

void membank_name_thread(const char *name) { prctl(PR_SET_NAME, name, 0, 0, 0); }
int membank_pidfd_open(int process) { return (int)syscall(SYS_pidfd_open, process, 0); }

int membank_pidfd_signal(int descriptor, int signal) {
  return (int)syscall(SYS_pidfd_send_signal, descriptor, signal, NULL, 0);
}

// What the child does between fork and exec: async-signal-safe calls only. Returns only when it failed.
static void membank_become(const struct membank_program *program, pid_t parent) {
  enum { keep_at = 3 };
  // Out of the way of 0 to 3 first, in case one of them stands there.
  int input = fcntl(program->input, F_DUPFD_CLOEXEC, 10);
  int output = fcntl(program->output, F_DUPFD_CLOEXEC, 10);
  int keep = fcntl(program->keep, F_DUPFD_CLOEXEC, 10);
  int directory = fcntl(program->directory, F_DUPFD_CLOEXEC, 10);
  if (input < 0 || output < 0 || keep < 0 || directory < 0) return;

  // The parent ignores SIGPIPE and blocks what it reads from a signalfd; both would be inherited.
  struct sigaction standard = {.sa_handler = SIG_DFL};
  for (int number = 1; number < NSIG; number++) sigaction(number, &standard, NULL);

  if (setsid() < 0 || fchdir(directory) < 0) return;
  if (program->death_signal) {
    if (prctl(PR_SET_PDEATHSIG, program->death_signal, 0, 0, 0) < 0) return;
    // It may have died before the call, and then nothing would ever come.
    if (getppid() != parent) _exit(127);
  }
  umask(077);
  if (dup2(input, 0) < 0 || dup2(output, 1) < 0 || dup2(output, 2) < 0 || dup2(keep, keep_at) < 0) return;
  // Other descriptors are opened close-on-exec; this is for those of libraries that forgot. Older kernels lack it.
  syscall(SYS_close_range, keep_at + 1, ~0U, 1U << 2 /* CLOSE_RANGE_CLOEXEC */);

  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  execve(program->path, program->arguments, program->environment);
}

int membank_spawn(const struct membank_program *program) {
  int report[2];
  if (pipe2(report, O_CLOEXEC) < 0) return -1;
  // No handler of the parent may run in the child before it is another program.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  pid_t parent = getpid();
  pid_t child = fork();
  if (child == 0) {
    int up = fcntl(report[1], F_DUPFD_CLOEXEC, 10);
    membank_become(program, parent);
    int code = errno;
    ssize_t written = write(up < 0 ? report[1] : up, &code, sizeof code);
    _exit(written == sizeof code ? 127 : 126);
  }
  int code = errno;
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  close(report[1]);
  if (child > 0) {
    ssize_t count;
    do count = read(report[0], &code, sizeof code);
    while (count < 0 && errno == EINTR);
    if (count == sizeof code) {
      while (waitpid(child, NULL, 0) < 0 && errno == EINTR) {
      }
      child = -1;
    }
  }
  close(report[0]);
  if (child < 0) errno = code;
  return child;
}

int membank_spawn_alone_in(posix_spawn_file_actions_t *actions, const char *directory) {
  int code = posix_spawn_file_actions_addchdir_np(actions, directory);
  return code != 0 ? code : posix_spawn_file_actions_addclosefrom_np(actions, 3);
}
