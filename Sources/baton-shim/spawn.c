// Starting the program: one clone3 that shares memory until exec (nothing is copied, and the child
// can say directly what failed) and puts the child into its cgroup before its first instruction.
#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef CLONE_INTO_CGROUP
#define CLONE_INTO_CGROUP 0x200000000ULL
#endif

struct child {
  const struct launch *launch;
  int directory;
  const struct stdio *stdio;
  struct by_rlimit by_rlimit;
  struct started *started;
};

bool stdio_open(struct stdio *stdio) {
  int out[2], err[2];
  if (pipe2(out, O_CLOEXEC) != 0) return false;
  if (pipe2(err, O_CLOEXEC) != 0) {
    close(out[0]);
    close(out[1]);
    return false;
  }
  *stdio = (struct stdio){
      .out_read = out[0], .out_write = out[1], .err_read = err[0], .err_write = err[1]};
  return true;
}

void stdio_close_writers(struct stdio *stdio) {
  close(stdio->out_write);
  close(stdio->err_write);
  stdio->out_write = stdio->err_write = -1;
}

// Never above what this process may have itself, which is as good a limit.
static bool set_limit_within(int resource, uint64_t soft, uint64_t hard) {
  struct rlimit now;
  if (getrlimit((__rlimit_resource_t)resource, &now) != 0) return false;
  struct rlimit limit = {.rlim_cur = soft < now.rlim_max ? soft : now.rlim_max,
                         .rlim_max = hard < now.rlim_max ? hard : now.rlim_max};
  return setrlimit((__rlimit_resource_t)resource, &limit) == 0;
}

static bool set_limit(int resource, uint64_t soft, uint64_t hard) {
  struct rlimit limit = {.rlim_cur = soft, .rlim_max = hard};
  return setrlimit((__rlimit_resource_t)resource, &limit) == 0;
}

struct rlimit inherited_open_files;

static bool set_limits(const struct child *child) {
  const struct limits *limits = &child->launch->limits;
  if (limits->open_files) {
    if (!set_limit(RLIMIT_NOFILE, limits->open_files, limits->open_files)) return false;
  } else if (inherited_open_files.rlim_max) {
    setrlimit(RLIMIT_NOFILE, &inherited_open_files);
  }
  // Per process, not per attempt: the best there is without a cgroup.
  if (limits->memory && child->by_rlimit.memory &&
      !set_limit_within(RLIMIT_DATA, limits->memory, limits->memory))
    return false;
  if (limits->cpu_ms && child->by_rlimit.cpu) {
    uint64_t seconds = (limits->cpu_ms + 999) / 1000;
    if (!set_limit_within(RLIMIT_CPU, seconds, seconds + 1)) return false;
  }
  return true;
}

static const char *path_of(char **env) {
  for (; *env; env++) {
    if (strncmp(*env, "PATH=", 5) == 0) return *env + 5;
  }
  return "/bin:/usr/bin";
}

// execvpe looks at the caller's PATH and gives unknown formats to a shell; both are wrong here.
static int exec_in_path(char **argv, char **env) {
  const char *name = argv[0];
  size_t name_length = strlen(name);
  if (name_length == 0) return ENOENT;
  if (strchr(name, '/')) {
    execve(name, argv, env);
    return errno;
  }
  int reason = ENOENT;
  for (const char *at = path_of(env);; at++) {
    size_t length = strcspn(at, ":");
    char path[4096];
    if (length + name_length + 2 <= sizeof path) {
      memcpy(path, at, length);
      if (length) path[length++] = '/';
      memcpy(path + length, name, name_length + 1);
      execve(path, argv, env);
      if (errno == EACCES) reason = EACCES;
      else if (errno != ENOENT && errno != ENOTDIR) return errno;
    }
    at += strcspn(at, ":");
    if (!*at) return reason;
  }
}

static void give_up(const struct child *child, const char *stage, int reason) {
  child->started->failed_stage = stage;
  child->started->failed_errno = reason;
  _exit(127);
}

static int run_child(void *argument) {
  const struct child *child = argument;
  const struct launch *launch = child->launch;
  setsid();
  umask(022);
  if (dup2(child->stdio->out_write, 1) < 0 || dup2(child->stdio->err_write, 2) < 0)
    give_up(child, "output", errno);
  if (launch->cwd[0] != '/' && fchdir(child->directory) != 0)
    give_up(child, "working directory", errno);
  if (launch->cwd[0] && chdir(launch->cwd) != 0) give_up(child, "working directory", errno);
  if (!set_limits(child)) give_up(child, "limits", errno);
  sys_close_from(3);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  give_up(child, "exec", exec_in_path(launch->argv, launch->env));
  return 0;
}

static char child_stack[48 * 1024] __attribute__((aligned(64)));

// clone3 leaves the child on a stack of its own; the way back into C has to be written by hand.
static long clone3_call(struct clone_args *args, int (*function)(void *), void *argument) {
#if defined(__x86_64__)
  long result;
  __asm__ volatile(
      "syscall\n\t"
      "test %%rax, %%rax\n\t"
      "jnz 1f\n\t"
      "xor %%ebp, %%ebp\n\t"
      "mov %[argument], %%rdi\n\t"
      "call *%[function]\n\t"
      "hlt\n"
      "1:"
      : "=a"(result)
      : "0"((long)SYS_clone3), "D"(args), "S"(sizeof *args), [function] "r"(function),
        [argument] "r"(argument)
      : "rcx", "r11", "cc", "memory");
  return result;
#elif defined(__aarch64__)
  register long number __asm__("x8") = SYS_clone3;
  register long first __asm__("x0") = (long)args;
  register long second __asm__("x1") = (long)sizeof *args;
  __asm__ volatile(
      "svc #0\n\t"
      "cbnz x0, 1f\n\t"
      "mov x29, xzr\n\t"
      "mov x0, %[argument]\n\t"
      "blr %[function]\n\t"
      "brk #0\n"
      "1:"
      : "+r"(first)
      : "r"(number), "r"(second), [function] "r"(function), [argument] "r"(argument)
      : "x30", "cc", "memory");
  return first;
#else
  // A plain fork: what the child says about a failed exec is lost, its exit status is 127.
  args->flags &= ~(uint64_t)(CLONE_VM | CLONE_VFORK);
  args->stack = args->stack_size = 0;
  long result = syscall(SYS_clone3, args, sizeof *args);
  if (result == 0) function(argument);
  return result < 0 ? -errno : result;
#endif
}

static long start(struct child *child, const struct cgroup *group) {
  struct clone_args args = {.flags = CLONE_VM | CLONE_VFORK,
                            .exit_signal = SIGCHLD,
                            .stack = (uint64_t)(uintptr_t)child_stack,
                            .stack_size = sizeof child_stack};
  if (group->fd >= 0) {
    args.flags |= CLONE_INTO_CGROUP;
    args.cgroup = (uint64_t)group->fd;
  }
  return clone3_call(&args, run_child, child);
}

bool spawn(const struct launch *launch, int directory, const struct cgroup *group,
           const struct stdio *stdio, struct by_rlimit by_rlimit, struct started *started) {
  struct child child = {launch, directory, stdio, by_rlimit, started};
  *started = (struct started){0};
  long pid = start(&child, group);
  if (pid < 0) {
    started->failed_errno = (int)-pid;
    started->failed_stage = "fork";
    return false;
  }
  started->pid = (pid_t)pid;
  return started->failed_errno == 0;
}
