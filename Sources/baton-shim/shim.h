// What the parts of baton-shim share.
//
// One shim owns one attempt: it claims the attempt's directory, starts the program, keeps its
// output, ends whatever the program leaves behind and writes down how it ended. It uses libc alone
// and allocates almost nothing, because one is started for every attempt.
#ifndef BATON_SHIM_H
#define BATON_SHIM_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

// Exit statuses of a shim. The engine looks at the files, people look at these.
enum {
  SHIM_DONE = 0,
  SHIM_CLAIMED_ELSEWHERE = 3,
  SHIM_UNUSABLE = 4,  // nothing was claimed, nothing was started
  SHIM_NO_OUTCOME = 5  // the outcome could not be written
};

// ---- system calls and small things (system.c) ----

int sys_pidfd_open(pid_t pid);
int sys_pidfd_signal(int pidfd, int signal);
void sys_close_from(int first);
// A fork whose child is named by a pidfd from its first moment. Returns 0 in the child.
pid_t sys_fork_pidfd(int *pidfd);
int64_t now_wall_ms(void);
int64_t now_ms(void);
// Reads a whole small file into `buffer`, NUL-terminated. Returns the length or -1.
ssize_t read_small(int directory, const char *path, char *buffer, size_t size);
bool write_all(int fd, const void *data, size_t length);
const char *boot_id(void);
// The room of the command line that `ps` shows, and what it shall show from now on.
void title_prepare(char **argv, char **env);
void title_set(const char *role, const char *path);

// ---- text.c: small texts without allocation ----

struct text {
  char *start;
  size_t length, size;
};
struct text text_make(char *buffer, size_t size);
void text_add(struct text *text, const char *string);
// Adds a string on one line: control characters become '?'.
void text_add_line_safe(struct text *text, const char *string);
void text_add_u64(struct text *text, uint64_t value);
void text_add_i64(struct text *text, int64_t value);

// ---- launch.c: what to start ----

enum {
  LAUNCH_NO_CGROUP = 1u << 0,
  LAUNCH_NO_SYNC = 1u << 1  // benchmarks only: how much of the time is the disk's
};

struct limits {
  uint64_t cpu_ms, memory, open_files, output_bytes;  // 0: none
};

struct launch {
  uint64_t segment_bytes;
  uint32_t keep_newest, leftover_grace_ms, limit_grace_ms, flags;
  struct limits limits;
  const char *cwd;
  char **argv;
  char **env;
};
bool launch_read(int directory, struct launch *launch);

// ---- claim.c: who owns the attempt ----

struct claim {
  pid_t pid;
  uint64_t start;
  char boot[64];
  char cgroup[512];
  char markers[1024];  // NUL-separated "NAME=value", ended by an empty string
  bool by_shim;
};
// Room for the text of a claim.
enum { CLAIM_SIZE = 4096 };
// Takes the attempt; false if somebody else has it (errno EEXIST) or on an error.
bool claim_take(int directory, const struct launch *launch, const char *cgroup);
bool claim_read(int directory, struct claim *claim);
// The marks of an attempt by the path of its directory, where a claim says nothing of them.
void claim_marks_of_path(struct claim *claim, const char *path);
// Whether the shim that has the claim is alive; true also when that cannot be looked at now.
bool claim_owner_lives(const struct claim *claim);

// ---- cgroup.c ----

struct cgroup {
  char path[512];
  int fd;      // directory; -1: no cgroup
  int events;  // cgroup.events; -1: not open
};
// Finds or makes the directory under which attempts get theirs. `root`: "none", "auto" or a path.
void cgroup_prepare(const char *root);
// Removes that directory unless attempts are in it; then the next server does.
void cgroup_leave(void);
// The path the next attempt of this process will use; empty when there is none.
void cgroup_name(char *path, size_t size);
bool cgroup_make(struct cgroup *group, const char *path);
bool cgroup_open(struct cgroup *group, const char *path);
bool cgroup_is_empty(const struct cgroup *group);
bool cgroup_kill(const struct cgroup *group);
// Removes the group and those made inside it. True if it is gone: the proof that it was empty.
bool cgroup_remove(struct cgroup *group);
// Removes the directory the group was in if the server that made it is gone and no other is in it.
void cgroup_remove_parent(const struct cgroup *group);
int cgroup_watch(struct cgroup *group);
bool cgroup_limit_memory(const struct cgroup *group, uint64_t bytes);
bool cgroup_memory_exceeded(const struct cgroup *group);
bool cgroup_cpu_ms(const struct cgroup *group, uint64_t *ms);

// ---- processes.c: who belongs to the attempt ----

struct process {
  pid_t pid, parent, session;
  uint64_t start;
  uint64_t cpu_ticks;  // its own and that of children it has waited for
  char state;
  bool signalled, killed, alive;
};

struct process_table {
  struct process *rows;
  size_t count, capacity;
};

struct process_scope {
  struct cgroup *group;        // NULL: no cgroup
  pid_t ancestor;              // 0: descendants are not looked at
  const char *markers;         // NULL: the environment is not looked at
};
bool process_read(pid_t pid, struct process *process);
// Marks who of the scope is alive now and adds those not seen before; how many were added.
size_t process_survey(struct process_table *table, const struct process_scope *scope);
// Sends the signal to exactly the process in the row, never to one that reuses its pid. False if it
// could not be sent although the process may be there.
bool process_signal(const struct process *process, int signal);
void process_command(pid_t pid, char *buffer, size_t size);
size_t process_alive(const struct process_table *table);
// The processor time of a process's descendants that nobody has waited for yet. False if it cannot
// be found out now.
bool process_cpu_ms(pid_t ancestor, uint64_t *ms);

// ---- spawn.c: the program ----

struct started {
  pid_t pid;
  int failed_errno;          // 0: exec happened
  const char *failed_stage;  // "chdir", "limits", "exec" …
};
struct stdio {
  int out_read, err_read, out_write, err_write;
};
bool stdio_open(struct stdio *stdio);
void stdio_close_writers(struct stdio *stdio);
// `by_rlimit`: which limits no cgroup enforces and the program's own resource limits must.
struct by_rlimit {
  bool cpu, memory;
};
// Starts the program inside the group (fd -1: none). False if it did not come to exec; then
// `started` says why. Returns after exec.
bool spawn(const struct launch *launch, int directory, const struct cgroup *group,
           const struct stdio *stdio, struct by_rlimit by_rlimit, struct started *started);

// ---- logs.c ----

enum { LOG_KEEP_MAX = 64 };

struct log_times {
  int fd;
  uint64_t count;
};

struct log {
  const char *name;  // "stdout", "stderr"
  int pipe, file, directory;
  uint64_t segment_bytes;
  unsigned keep;
  uint64_t total, dropped;
  uint64_t segment_start, segment_length;
  uint64_t starts[LOG_KEEP_MAX], lengths[LOG_KEEP_MAX];  // newest segments, oldest first
  unsigned kept;
  bool has_first, failed;
  int64_t retry_at_ms, stamped_at_ms;
  struct log_times *times;
};
void log_open(struct log *log, const char *name, int pipe, int directory,
              const struct launch *launch, struct log_times *times);
// Takes what is in the pipe, as much as fits one turn. False at its end.
bool log_pump(struct log *log);
void log_finish(struct log *log);

// ---- kill.c: ending everything ----

struct ending {
  bool active, killing, done, gave_up;
  bool requested;   // by the engine, not only because of leftovers
  bool until_gone;  // never given up: somebody waits until nothing is left
  bool by_cgroup;
  int64_t began_ms, deadline_ms, killing_ms, give_up_ms, ended_ms, look_again_ms;
  char reason[256];
  struct process_table table;
  struct process_scope scope;
};
// Begins with TERM; called again, it only ever shortens the grace.
void ending_begin(struct ending *ending, int64_t grace_ms);
// One step. `children`: whether this process still has children.
void ending_step(struct ending *ending, bool children);
// Milliseconds until the next step is due; -1: none is.
int ending_timeout(const struct ending *ending);
// Takes a kill request from the attempt's directory. False if there is none.
bool ending_take_request(struct ending *ending, int directory, int64_t *grace_ms);
// Steps until all is over, when there is nothing to do beside but to look for requests.
void ending_run(struct ending *ending, int directory);
// Has a process of its own go on ending those who were given up, until nobody is left.
void ending_go_on(struct ending *ending, int directory);

// ---- outcome.c ----

struct outcome {
  enum { ENDED_EXIT, ENDED_SIGNAL, ENDED_EXEC_FAILED, ENDED_LOST } kind;
  int value;
  const char *stage;
  int64_t started_ms, ended_ms;
  uint64_t cpu_us, max_rss_kb;
  const struct log *out, *err;
  size_t leftover;
  const char *limit;
  const char *unenforced[4];
  const struct ending *ending;
};
bool outcome_write(int directory, const struct outcome *outcome, bool sync);
size_t outcome_text(const struct outcome *outcome, char *buffer, size_t size);

// ---- attempt.c, sweep.c, list.c, serve.c: what a shim can be ----

int attempt_run(const char *path);
int sweep_run(const char *path, bool print);
int list_run(char **paths);
int serve_run(int socket, pid_t engine);
// The limit of open files the program gets unless its own is given; the server raises its own.
extern struct rlimit inherited_open_files;

#endif
