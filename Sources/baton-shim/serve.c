// The server: one small process per engine that forks a shim for every attempt and tells the engine
// when one has ended. A fork of it costs a fraction of loading a program, and the engine, large and
// with many threads, never forks. It ends with the engine (the socket closes); the shims go on.
#include "shim.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

struct request {
  uint64_t id;
  uint64_t start;  // WATCH, KILL: with the pid, who is meant
  int32_t pid;
  uint32_t kind;
  char path[4096];
};

// What the engine asks for.
enum {
  LAUNCH = 'L',    // run the attempt in `path`
  SWEEP = 'S',     // clean up `path` after a lost shim
  WATCH = 'W',     // tell when a shim that an earlier server forked has ended
  KILL = 'K',      // tell a shim to look at its kill request
  FOLLOW = 'F',    // tell once when something in the directory `path` changes
  UNFOLLOW = 'U'   // take that back
};

// What the engine is told.
enum { ENDED = 'E', REFUSED = 'R', ARMED = 'A', CHANGED = 'C' };

struct event {
  uint64_t id;
  uint32_t kind;
  int32_t error;
};

struct follower {
  uint64_t id;
  int watch;
};

static struct {
  int socket, epoll, inotify, engine;
  uint64_t *ids;  // by pidfd; 0: none
  size_t ids_size;
  struct follower *followers;
  size_t follower_count, follower_capacity;
} server;

static bool tell(uint64_t id, uint32_t kind, int error) {
  struct event event = {id, kind, error};
  ssize_t sent;
  do sent = send(server.socket, &event, sizeof event, MSG_NOSIGNAL);
  while (sent < 0 && errno == EINTR);
  return sent >= 0;
}

static bool listen_to(int fd) {
  struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
  return epoll_ctl(server.epoll, EPOLL_CTL_ADD, fd, &event) == 0;
}

static bool remember(int pidfd, uint64_t id) {
  if ((size_t)pidfd >= server.ids_size) {
    size_t size = ((size_t)pidfd + 1) * 2;
    uint64_t *ids = realloc(server.ids, size * sizeof *ids);
    if (!ids) return false;
    memset(ids + server.ids_size, 0, (size - server.ids_size) * sizeof *ids);
    server.ids = ids;
    server.ids_size = size;
  }
  server.ids[pidfd] = id;
  return listen_to(pidfd);
}

static int open_shim(const struct request *request) {
  int pidfd = sys_pidfd_open(request->pid);
  if (pidfd < 0) return -1;
  struct process process;
  if (process_read(request->pid, &process) && process.start == request->start) return pidfd;
  close(pidfd);
  errno = ESRCH;
  return -1;
}

static int fork_shim(const struct request *request) {
  int pidfd = -1;
  pid_t pid = sys_fork_pidfd(&pidfd);
  if (pid != 0) return pid < 0 ? -1 : pidfd;
  // What belongs to the server would keep its engine from seeing the server's end.
  sys_close_from(3);
  bool sweeps = request->kind == SWEEP;
  // It outlives the server, and an operator shall see what it is.
  title_set(sweeps ? "--sweep" : "--run", request->path);
  _exit(sweeps ? sweep_run(request->path, false) : attempt_run(request->path));
}

static bool start_watching(const struct request *request) {
  int pidfd = request->kind == WATCH ? open_shim(request) : fork_shim(request);
  if (pidfd < 0) return tell(request->id, REFUSED, errno);
  if (remember(pidfd, request->id)) return true;
  // Nobody would hear of its end. The engine finds out by looking at the claim.
  int error = errno;
  close(pidfd);
  return tell(request->id, REFUSED, error);
}

// Not before somebody follows, and again for each who does: there are few of these per user.
static bool open_inotify(void) {
  if (server.inotify >= 0) return true;
  server.inotify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
  if (server.inotify < 0) return false;
  if (listen_to(server.inotify)) return true;
  int error = errno;
  close(server.inotify);
  server.inotify = -1;
  errno = error;
  return false;
}

static bool follow(const struct request *request) {
  if (!open_inotify()) return tell(request->id, REFUSED, errno);
  if (server.follower_count == server.follower_capacity) {
    size_t capacity = server.follower_capacity ? server.follower_capacity * 2 : 16;
    struct follower *grown = realloc(server.followers, capacity * sizeof *grown);
    if (!grown) return tell(request->id, REFUSED, ENOMEM);
    server.followers = grown;
    server.follower_capacity = capacity;
  }
  uint32_t mask = IN_MODIFY | IN_CREATE | IN_MOVED_TO | IN_DELETE_SELF | IN_ONESHOT;
  int watch = inotify_add_watch(server.inotify, request->path, mask);
  if (watch < 0) return tell(request->id, REFUSED, errno);
  server.followers[server.follower_count++] = (struct follower){request->id, watch};
  return tell(request->id, ARMED, 0);
}

static void unfollow(uint64_t id) {
  for (size_t i = 0; i < server.follower_count; i++) {
    if (server.followers[i].id != id) continue;
    server.followers[i--] = server.followers[--server.follower_count];
  }
}

static bool tell_changed(int watch) {
  for (size_t i = 0; i < server.follower_count; i++) {
    if (server.followers[i].watch != watch) continue;
    uint64_t id = server.followers[i].id;
    server.followers[i--] = server.followers[--server.follower_count];
    if (!tell(id, CHANGED, 0)) return false;
  }
  return true;
}

static bool take_changes(void) {
  char buffer[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
  ssize_t got = read(server.inotify, buffer, sizeof buffer);
  for (ssize_t at = 0; at < got;) {
    const struct inotify_event *event = (const void *)(buffer + at);
    // IN_IGNORED follows the one event; by then the watch may have been armed anew.
    if (!(event->mask & IN_IGNORED) && !tell_changed(event->wd)) return false;
    at += (ssize_t)(sizeof *event + event->len);
  }
  return true;
}

// The exit status of a shim that we have forked, or 128 and the signal that ended it; else -1.
static int reap(int pidfd) {
  siginfo_t info = {0};
  if (waitid(P_PIDFD, (id_t)pidfd, &info, WEXITED | WNOHANG) != 0 || info.si_pid == 0) return -1;
  return info.si_code == CLD_EXITED ? info.si_status : 128 + info.si_status;
}

static bool take_end(int pidfd) {
  uint64_t id = server.ids[pidfd];
  int status = reap(pidfd);
  server.ids[pidfd] = 0;
  // Closing is not enough: a shim that has just been forked still has a copy, and epoll would go on
  // telling of this end, under a number that soon means another shim.
  epoll_ctl(server.epoll, EPOLL_CTL_DEL, pidfd, NULL);
  close(pidfd);
  return tell(id, ENDED, status);
}

static void tell_of_kill(const struct request *request) {
  for (size_t fd = 0; request->id && fd < server.ids_size; fd++) {
    if (server.ids[fd] == request->id) sys_pidfd_signal((int)fd, SIGUSR1);
  }
  struct process shim = {.pid = request->pid, .start = request->start};
  if (shim.pid > 0) process_signal(&shim, SIGUSR1);
}

static bool obey(const struct request *request) {
  switch (request->kind) {
    case LAUNCH:
    case SWEEP:
    case WATCH: return start_watching(request);
    case FOLLOW: return follow(request);
    case UNFOLLOW: unfollow(request->id); return true;
    case KILL: tell_of_kill(request); return true;
    default: return false;
  }
}

static bool take_request(void) {
  static struct request request;
  ssize_t got = recv(server.socket, &request, sizeof request - 1, MSG_DONTWAIT);
  if (got < 0) return errno == EINTR || errno == EAGAIN;
  if (got < (ssize_t)offsetof(struct request, path)) return false;
  ((char *)&request)[got] = 0;
  return obey(&request);
}

static bool take(int fd) {
  if (fd == server.socket) return take_request();
  if (fd == server.inotify) return take_changes();
  if (fd == server.engine) return false;
  return take_end(fd);
}

static void serve(void) {
  for (;;) {
    struct epoll_event events[16];
    int count = epoll_wait(server.epoll, events, 16, -1);
    if (count < 0 && errno != EINTR) return;
    for (int i = 0; i < count; i++) {
      if (!take(events[i].data.fd)) return;
    }
  }
}

// The end of the engine closes the socket, unless somebody else holds its other end by accident.
static bool watch_engine(pid_t engine) {
  server.engine = sys_pidfd_open(engine);
  return server.engine >= 0 && listen_to(server.engine) && getppid() == engine;
}

int serve_run(int socket, pid_t engine) {
  boot_id();
  server.socket = socket;
  server.epoll = epoll_create1(EPOLL_CLOEXEC);
  server.inotify = -1;
  if (server.epoll < 0 || !listen_to(socket) || !watch_engine(engine)) return SHIM_UNUSABLE;
  serve();
  cgroup_leave();
  return SHIM_DONE;
}
