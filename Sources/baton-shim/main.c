// baton-shim: owns the processes of one attempt. See shim.h.
#include "shim.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static const char usage[] =
    "usage: baton-shim --serve FD CGROUP PID  fork a shim for each request on a socket of PID\n"
    "       baton-shim --run DIR [CGROUP]     run the attempt of one directory\n"
    "       baton-shim --sweep DIR            end what a lost shim left behind, print the report\n"
    "       baton-shim --list DIR...          print who of these attempts is alive\n"
    "CGROUP: auto (default), none, or the directory under which groups are made\n";

// Standard descriptors open, dispositions default: the program inherits both from here.
static void prepare(void) {
  int null = open("/dev/null", O_RDWR);
  while (null >= 0 && null < 2) null = open("/dev/null", O_RDWR);
  if (null > 2) {
    dup2(null, 0);
    close(null);
  }
  // Not through libc, which hides the two signals it uses itself; those are inherited too.
  static const char by_default[64];
  for (int number = 1; number <= 64; number++)
    syscall(SYS_rt_sigaction, number, by_default, NULL, (size_t)8);
  umask(077);
}

// The server holds a descriptor for every attempt that runs.
static void raise_open_files(void) {
  if (getrlimit(RLIMIT_NOFILE, &inherited_open_files) != 0) return;
  struct rlimit raised = inherited_open_files;
  raised.rlim_cur = raised.rlim_max;
  setrlimit(RLIMIT_NOFILE, &raised);
}

int main(int argc, char **argv, char **env) {
  if (argc == 5 && strcmp(argv[1], "--serve") == 0) {
    int socket = (int)strtol(argv[2], NULL, 10);
    prepare();
    setsid();
    sys_close_from(socket + 1);
    title_prepare(argv, env);
    raise_open_files();
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    cgroup_prepare(argv[3]);
    return serve_run(socket, (pid_t)strtol(argv[4], NULL, 10));
  }
  if ((argc == 3 || argc == 4) && strcmp(argv[1], "--run") == 0) {
    prepare();
    cgroup_prepare(argc == 4 ? argv[3] : "auto");
    int status = attempt_run(argv[2]);
    cgroup_leave();
    return status;
  }
  if (argc == 3 && strcmp(argv[1], "--sweep") == 0) {
    prepare();
    return sweep_run(argv[2], true);
  }
  if (argc >= 3 && strcmp(argv[1], "--list") == 0) return list_run(argv + 2);
  fputs(usage, stderr);
  return 64;
}
