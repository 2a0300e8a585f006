#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int sys_pidfd_open(pid_t pid) { return (int)syscall(SYS_pidfd_open, pid, 0); }

int sys_pidfd_signal(int pidfd, int signal) {
  return (int)syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0);
}

void sys_close_from(int first) { syscall(SYS_close_range, (unsigned)first, ~0u, 0u); }

pid_t sys_fork_pidfd(int *pidfd) {
  struct clone_args args = {
      .flags = CLONE_PIDFD, .pidfd = (uint64_t)(uintptr_t)pidfd, .exit_signal = SIGCHLD};
  return (pid_t)syscall(SYS_clone3, &args, sizeof args);
}

static int64_t clock_ms(clockid_t clock) {
  struct timespec time;
  clock_gettime(clock, &time);
  return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

int64_t now_wall_ms(void) { return clock_ms(CLOCK_REALTIME); }

int64_t now_ms(void) { return clock_ms(CLOCK_MONOTONIC); }

ssize_t read_small(int directory, const char *path, char *buffer, size_t size) {
  // A program may have put a pipe or a link in the place of a file of its attempt.
  int fd = openat(directory, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) return -1;
  size_t length = 0;
  while (length < size - 1) {
    ssize_t got = read(fd, buffer + length, size - 1 - length);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    length += (size_t)got;
  }
  close(fd);
  buffer[length] = 0;
  return (ssize_t)length;
}

bool write_all(int fd, const void *data, size_t length) {
  const char *next = data;
  while (length > 0) {
    ssize_t put = write(fd, next, length);
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return false;
    next += put;
    length -= (size_t)put;
  }
  return true;
}

const char *boot_id(void) {
  // Read once by the server process; every shim it forks inherits the answer.
  static char id[64];
  if (id[0]) return id;
  ssize_t length = read_small(AT_FDCWD, "/proc/sys/kernel/random/boot_id", id, sizeof id);
  while (length > 0 && id[length - 1] == '\n') id[--length] = 0;
  return id;
}

static struct {
  char *start;
  size_t size;
} title;

void title_prepare(char **argv, char **env) {
  char *end = argv[0];
  // Arguments and environment lie behind one another; the environment is there for its room.
  for (char **at = argv; *at && *at == end; at++) end += strlen(*at) + 1;
  for (char **at = env; *at && *at == end; at++) end += strlen(*at) + 1;
  title.start = argv[0];
  title.size = (size_t)(end - argv[0]);
}

void title_set(const char *role, const char *path) {
  if (title.size < 2) return;
  struct text text = text_make(title.start, title.size);
  text_add(&text, "baton-shim ");
  text_add(&text, role);
  text_add(&text, " ");
  text_add(&text, path);
  memset(title.start + text.length, 0, title.size - text.length);
}
