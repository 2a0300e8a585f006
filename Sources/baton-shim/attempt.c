// One attempt from its claim to its outcome.
#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CPU_RETRY_MS = 100, CPU_PAUSE_MS = 10, CPU_SCAN_PAUSE_MS = 100 };

struct attempt {
  int directory, signals;
  pid_t parent;
  struct launch launch;
  struct cgroup group;
  struct stdio stdio;
  struct log out, err;
  struct log_times times;
  struct started started;
  struct ending ending;
  struct outcome outcome;
  bool main_ended, children, leftover_phase;
  bool watches_cpu, cpu_by_group;
  int64_t cpu_check_ms;
};

// The handling of signals before anything starts, so that a kill sent at once is not lost.
static bool prepare_process(struct attempt *attempt) {
  setsid();
  signal(SIGCHLD, SIG_DFL);
  sigset_t set;
  sigfillset(&set);
  sigprocmask(SIG_SETMASK, &set, NULL);
  sigemptyset(&set);
  sigaddset(&set, SIGCHLD);
  sigaddset(&set, SIGUSR1);
  attempt->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
  return attempt->signals >= 0 && prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0;
}

static void unenforced(struct attempt *attempt, const char *limit) {
  size_t i = 0;
  while (i < 3 && attempt->outcome.unenforced[i]) i++;
  attempt->outcome.unenforced[i] = limit;
}

static struct by_rlimit apply_limits(struct attempt *attempt) {
  const struct limits *limits = &attempt->launch.limits;
  struct by_rlimit by_rlimit = {false, false};
  uint64_t used;
  if (limits->cpu_ms) {
    attempt->cpu_by_group = cgroup_cpu_ms(&attempt->group, &used);
    by_rlimit.cpu = !attempt->cpu_by_group;
    attempt->watches_cpu = true;
    attempt->cpu_check_ms = now_ms();
  }
  if (limits->memory) by_rlimit.memory = !cgroup_limit_memory(&attempt->group, limits->memory);
  if (limits->open_files) {
    struct rlimit now;
    bool raises = getrlimit(RLIMIT_NOFILE, &now) == 0 && limits->open_files > now.rlim_max;
    if (raises && geteuid() != 0) {
      attempt->launch.limits.open_files = 0;
      unenforced(attempt, "open_files");
    }
  }
  return by_rlimit;
}

static bool claim(struct attempt *attempt) {
  char path[512];
  path[0] = 0;
  attempt->group.fd = attempt->group.events = -1;
  if (!(attempt->launch.flags & LAUNCH_NO_CGROUP)) cgroup_name(path, sizeof path);
  if (!cgroup_make(&attempt->group, path)) path[0] = 0;
  if (claim_take(attempt->directory, &attempt->launch, path)) return true;
  int reason = errno;
  if (path[0]) cgroup_remove(&attempt->group);
  errno = reason;
  return false;
}

// The group went away or the kernel cannot start into it: goes on without.
static void leave_group(struct attempt *attempt) {
  cgroup_remove(&attempt->group);
  close(attempt->group.fd);
  attempt->group.fd = -1;
  attempt->cpu_by_group = false;
}

static void start(struct attempt *attempt) {
  struct by_rlimit by_rlimit = apply_limits(attempt);
  attempt->outcome.started_ms = now_wall_ms();
  // First, so that the end finds them as they are without a program.
  attempt->times = (struct log_times){.fd = -1};
  log_open(&attempt->out, "stdout", -1, attempt->directory, &attempt->launch, &attempt->times);
  log_open(&attempt->err, "stderr", -1, attempt->directory, &attempt->launch, &attempt->times);
  if (!stdio_open(&attempt->stdio)) {
    attempt->started = (struct started){.failed_errno = errno, .failed_stage = "output"};
    attempt->main_ended = true;
    return;
  }
  bool good = spawn(&attempt->launch, attempt->directory, &attempt->group, &attempt->stdio,
                    by_rlimit, &attempt->started);
  if (!good && attempt->started.pid == 0 && attempt->group.fd >= 0) {
    leave_group(attempt);
    by_rlimit = apply_limits(attempt);
    spawn(&attempt->launch, attempt->directory, &attempt->group, &attempt->stdio, by_rlimit,
          &attempt->started);
  }
  stdio_close_writers(&attempt->stdio);
  attempt->out.pipe = attempt->stdio.out_read;
  attempt->err.pipe = attempt->stdio.err_read;
  attempt->children = attempt->started.pid > 0;
  attempt->main_ended = attempt->started.pid <= 0;
  attempt->ending.scope = (struct process_scope){
      .group = attempt->group.fd >= 0 ? &attempt->group : NULL, .ancestor = getpid()};
}

static void main_ended(struct attempt *attempt, int status) {
  struct outcome *outcome = &attempt->outcome;
  attempt->main_ended = true;
  outcome->ended_ms = now_wall_ms();
  outcome->kind = WIFSIGNALED(status) ? ENDED_SIGNAL : ENDED_EXIT;
  outcome->value = WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
  bool rlimit_hit = outcome->kind == ENDED_SIGNAL && outcome->value == SIGXCPU;
  if (rlimit_hit && attempt->launch.limits.cpu_ms && !attempt->cpu_by_group)
    outcome->limit = "cpu_time";
}

static void reap(struct attempt *attempt) {
  for (;;) {
    int status;
    pid_t pid = waitpid(-1, &status, WNOHANG);
    if (pid > 0 && pid == attempt->started.pid) main_ended(attempt, status);
    if (pid > 0 || (pid < 0 && errno == EINTR)) continue;
    // As a subreaper we have no child left only when no descendant is left.
    attempt->children = pid == 0;
    return;
  }
}

static void limit_exceeded(struct attempt *attempt, const char *limit) {
  if (attempt->outcome.limit || attempt->main_ended) return;
  attempt->outcome.limit = limit;
  ending_begin(&attempt->ending, attempt->launch.limit_grace_ms);
}

static uint64_t waited_cpu_us(void) {
  struct rusage usage;
  getrusage(RUSAGE_CHILDREN, &usage);
  return (uint64_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000 +
         (uint64_t)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

// Of all processes of the attempt. A resource limit knows only each process for itself; where no
// cgroup adds them up, we do.
static bool used_cpu_ms(const struct attempt *attempt, uint64_t *ms) {
  if (attempt->cpu_by_group) return cgroup_cpu_ms(&attempt->group, ms);
  if (!process_cpu_ms(getpid(), ms)) return false;
  *ms += waited_cpu_us() / 1000;
  return true;
}

static void check_cpu(struct attempt *attempt) {
  const struct limits *limits = &attempt->launch.limits;
  if (!attempt->watches_cpu || now_ms() < attempt->cpu_check_ms) return;
  uint64_t used = 0;
  if (!used_cpu_ms(attempt, &used)) {
    attempt->cpu_check_ms = now_ms() + CPU_RETRY_MS;
    return;
  }
  if (used > limits->cpu_ms) {
    attempt->watches_cpu = false;
    return limit_exceeded(attempt, "cpu_time");
  }
  // Not even all processors together can use up the rest sooner.
  long processors = sysconf(_SC_NPROCESSORS_ONLN);
  uint64_t soonest = (limits->cpu_ms - used) / (uint64_t)(processors > 0 ? processors : 1);
  uint64_t pause = attempt->cpu_by_group ? CPU_PAUSE_MS : CPU_SCAN_PAUSE_MS;
  attempt->cpu_check_ms = now_ms() + (int64_t)(soonest > pause ? soonest : pause);
}

static void check_limits(struct attempt *attempt) {
  const struct limits *limits = &attempt->launch.limits;
  if (limits->cpu_ms) check_cpu(attempt);
  if (limits->output_bytes && attempt->out.total + attempt->err.total > limits->output_bytes)
    limit_exceeded(attempt, "output_bytes");
}

static void take_kill_request(struct attempt *attempt) {
  struct ending *ending = &attempt->ending;
  int64_t grace;
  if (!ending_take_request(ending, attempt->directory, &grace)) return;
  if (!attempt->main_ended || ending->active) ending_begin(ending, grace);
}

static void take_signals(struct attempt *attempt) {
  struct signalfd_siginfo info[8];
  bool child = false, request = false;
  ssize_t got = read(attempt->signals, info, sizeof info);
  for (size_t i = 0; got > 0 && i < (size_t)got / sizeof *info; i++) {
    child |= info[i].ssi_signo == SIGCHLD;
    request |= info[i].ssi_signo == SIGUSR1;
  }
  if (child) reap(attempt);
  if (request) take_kill_request(attempt);
}

static int next_timeout(const struct attempt *attempt) {
  int timeout = ending_timeout(&attempt->ending);
  if (!attempt->watches_cpu || attempt->main_ended) return timeout;
  int64_t left = attempt->cpu_check_ms - now_ms();
  int check = left <= 0 ? 0 : left > 1000000 ? 1000000 : (int)left;
  return timeout < 0 || check < timeout ? check : timeout;
}

static void wait_and_take(struct attempt *attempt) {
  // A negative descriptor is one poll does not look at.
  struct pollfd fds[4] = {{.fd = attempt->signals, .events = POLLIN},
                          {.fd = attempt->out.pipe, .events = POLLIN},
                          {.fd = attempt->err.pipe, .events = POLLIN},
                          {.fd = attempt->group.events, .events = POLLPRI}};
  if (poll(fds, 4, next_timeout(attempt)) < 0) return;
  struct log *logs[2] = {&attempt->out, &attempt->err};
  for (int i = 0; i < 2; i++) {
    if (!fds[i + 1].revents || log_pump(logs[i])) continue;
    close(logs[i]->pipe);
    logs[i]->pipe = -1;
  }
  if (fds[0].revents) take_signals(attempt);
  if (fds[3].revents) {
    char buffer[128];
    if (pread(attempt->group.events, buffer, sizeof buffer, 0) < 0) return;
  }
}

// Whether all is over; begins the end of what the program left behind.
static bool is_over(struct attempt *attempt) {
  struct ending *ending = &attempt->ending;
  check_limits(attempt);
  if (!ending->active) {
    if (!attempt->main_ended) return false;
    bool grouped = attempt->group.fd >= 0;
    if (!attempt->children && (!grouped || cgroup_remove(&attempt->group))) return true;
    cgroup_watch(&attempt->group);
    attempt->leftover_phase = true;
    ending_begin(ending, attempt->launch.leftover_grace_ms);
  }
  reap(attempt);
  ending_step(ending, attempt->children);
  if (ending->active && !attempt->children) cgroup_watch(&attempt->group);
  return ending->done;
}

static void finish_logs(struct attempt *attempt) {
  struct log *logs[2] = {&attempt->out, &attempt->err};
  for (int i = 0; i < 2; i++) {
    // What is in the pipe is the program's last words; a survivor's next ones are not waited for.
    struct pollfd fd = {.fd = logs[i]->pipe, .events = POLLIN};
    for (int turn = 0; turn < 64 && fd.fd >= 0 && poll(&fd, 1, 0) > 0; turn++) {
      if (!log_pump(logs[i])) break;
    }
    log_finish(logs[i]);
  }
}

// A program may be over before anybody looks, and resource limits count whole seconds of each
// process.
static const char *limit_passed(const struct attempt *attempt) {
  const struct limits *limits = &attempt->launch.limits;
  if (attempt->ending.requested) return NULL;
  if (limits->output_bytes && attempt->out.total + attempt->err.total > limits->output_bytes)
    return "output_bytes";
  if (limits->cpu_ms && attempt->outcome.cpu_us / 1000 > limits->cpu_ms) return "cpu_time";
  return NULL;
}

static int finish(struct attempt *attempt) {
  struct outcome *outcome = &attempt->outcome;
  if (attempt->group.fd >= 0 && attempt->launch.limits.memory &&
      cgroup_memory_exceeded(&attempt->group) && !outcome->limit)
    outcome->limit = "memory";
  if (attempt->ending.active && attempt->group.fd >= 0) cgroup_remove(&attempt->group);
  finish_logs(attempt);
  if (attempt->started.failed_errno) {
    outcome->kind = ENDED_EXEC_FAILED;
    outcome->value = attempt->started.failed_errno;
    outcome->stage = attempt->started.failed_stage;
  }
  if (attempt->ending.gave_up && !attempt->main_ended) {
    // Among the survivors: it has got its signal, and there is nothing better to say of its end.
    outcome->kind = ENDED_SIGNAL;
    outcome->value = SIGKILL;
  }
  if (!outcome->ended_ms) outcome->ended_ms = now_wall_ms();
  struct rusage usage;
  getrusage(RUSAGE_CHILDREN, &usage);
  outcome->cpu_us = waited_cpu_us();
  outcome->max_rss_kb = (uint64_t)usage.ru_maxrss;
  if (!outcome->limit) outcome->limit = limit_passed(attempt);
  outcome->out = &attempt->out;
  outcome->err = &attempt->err;
  outcome->ending = &attempt->ending;
  if (attempt->leftover_phase)
    outcome->leftover = attempt->ending.table.count - process_alive(&attempt->ending.table);
  bool sync = !(attempt->launch.flags & LAUNCH_NO_SYNC);
  bool written = outcome_write(attempt->directory, outcome, sync);
  if (attempt->group.fd >= 0 && getppid() != attempt->parent)
    cgroup_remove_parent(&attempt->group);
  if (attempt->ending.gave_up) ending_go_on(&attempt->ending, attempt->directory);
  return written ? SHIM_DONE : SHIM_NO_OUTCOME;
}

int attempt_run(const char *path) {
  static struct attempt attempt;
  attempt.parent = getppid();
  attempt.directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (attempt.directory < 0 || !prepare_process(&attempt)) return SHIM_UNUSABLE;
  if (!launch_read(attempt.directory, &attempt.launch)) return SHIM_UNUSABLE;
  if (!claim(&attempt)) return errno == EEXIST ? SHIM_CLAIMED_ELSEWHERE : SHIM_UNUSABLE;
  start(&attempt);
  // A kill that came before the claim found nobody to signal.
  take_kill_request(&attempt);
  while (!is_over(&attempt)) wait_and_take(&attempt);
  return finish(&attempt);
}
