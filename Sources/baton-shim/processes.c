// Who belongs to an attempt: the members of its cgroup, the descendants of its shim (a subreaper:
// daemons come back to it), or, once the shim is lost, whoever carries the attempt's environment.
#include "shim.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void proc_path(char *path, size_t size, pid_t pid, const char *file) {
  struct text text = text_make(path, size);
  text_add(&text, "/proc/");
  text_add_i64(&text, pid);
  text_add(&text, "/");
  text_add(&text, file);
}

bool process_read(pid_t pid, struct process *process) {
  char path[48], buffer[1024];
  proc_path(path, sizeof path, pid, "stat");
  if (read_small(AT_FDCWD, path, buffer, sizeof buffer) <= 0) return false;
  // The command (field 2) may hold anything, also ") "; what follows its last ')' is fixed.
  char *at = strrchr(buffer, ')');
  if (!at || at[1] != ' ') return false;
  memset(process, 0, sizeof *process);
  process->pid = pid;
  process->state = at[2];
  unsigned long threads = 0;
  at += 3;
  for (int field = 4; field <= 22; field++) {
    unsigned long long value = strtoull(at, &at, 10);
    if (field == 4) process->parent = (pid_t)value;
    if (field == 6) process->session = (pid_t)value;
    if (field >= 14 && field <= 17) process->cpu_ticks += value;
    if (field == 20) threads = (unsigned long)value;
    if (field == 22) process->start = value;
  }
  // A first thread that has ended looks like a zombie while others still run.
  process->alive = (process->state != 'Z' && process->state != 'X') || threads > 1;
  return true;
}

static size_t keep(struct process_table *table, const struct process *process) {
  for (size_t i = 0; i < table->count; i++) {
    struct process *row = &table->rows[i];
    if (row->pid != process->pid || row->start != process->start) continue;
    row->alive = true;
    return 0;
  }
  if (table->count == table->capacity) {
    size_t capacity = table->capacity ? table->capacity * 2 : 64;
    struct process *rows = realloc(table->rows, capacity * sizeof *rows);
    if (!rows) return 0;
    table->rows = rows;
    table->capacity = capacity;
  }
  table->rows[table->count] = *process;
  table->rows[table->count].signalled = table->rows[table->count].killed = false;
  table->count++;
  return 1;
}

static size_t keep_pid(struct process_table *table, pid_t pid) {
  struct process process;
  if (pid <= 0 || !process_read(pid, &process) || !process.alive) return 0;
  return keep(table, &process);
}

// Members of one group and of those inside it. `directory` stays open.
static size_t survey_group(struct process_table *table, int directory) {
  size_t added = 0;
  int fd = openat(directory, "cgroup.procs", O_RDONLY | O_CLOEXEC);
  FILE *list = fd < 0 ? NULL : fdopen(fd, "re");
  if (list) {
    int pid;
    while (fscanf(list, "%d", &pid) == 1) added += keep_pid(table, pid);
    fclose(list);
  }
  int again = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR *inner = again < 0 ? NULL : fdopendir(again);
  if (!inner) return added;
  for (struct dirent *entry; (entry = readdir(inner));) {
    if (entry->d_type != DT_DIR || entry->d_name[0] == '.') continue;
    int child = openat(directory, entry->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (child < 0) continue;
    added += survey_group(table, child);
    close(child);
  }
  closedir(inner);
  return added;
}

static bool has_string(const char *strings, size_t length, const char *wanted) {
  const char *end = strings + length;
  while (strings < end) {
    if (strcmp(strings, wanted) == 0) return true;
    strings += strlen(strings) + 1;
  }
  return false;
}

static bool carries_markers(pid_t pid, const char *markers) {
  static char environment[1 << 20];
  char path[48];
  proc_path(path, sizeof path, pid, "environ");
  ssize_t length = read_small(AT_FDCWD, path, environment, sizeof environment);
  if (length <= 0 || !markers[0]) return false;
  for (; *markers; markers += strlen(markers) + 1) {
    if (!has_string(environment, (size_t)length, markers)) return false;
  }
  return true;
}

struct scan {
  struct process *rows;
  bool *belongs;
  size_t count, capacity;
};

static bool scan_grow(struct scan *scan) {
  size_t capacity = scan->capacity ? scan->capacity * 2 : 256;
  struct process *rows = realloc(scan->rows, capacity * sizeof *rows);
  if (!rows) return false;
  scan->rows = rows;
  scan->capacity = capacity;
  return true;
}

static bool scan_all(struct scan *scan) {
  DIR *directory = opendir("/proc");
  if (!directory) return false;
  bool good = true;
  for (struct dirent *entry; good && (entry = readdir(directory));) {
    if (!isdigit((unsigned char)entry->d_name[0])) continue;
    if (scan->count == scan->capacity) good = scan_grow(scan);
    if (good && process_read((pid_t)strtol(entry->d_name, NULL, 10), &scan->rows[scan->count]))
      scan->count++;
  }
  closedir(directory);
  if (good && scan->count) scan->belongs = calloc(scan->count, sizeof *scan->belongs);
  return scan->belongs != NULL;
}

static bool parent_belongs(const struct scan *scan, const struct process *process, pid_t ancestor) {
  if (ancestor && process->parent == ancestor) return true;
  for (size_t i = 0; i < scan->count; i++) {
    if (scan->rows[i].pid == process->parent) return scan->belongs[i];
  }
  return false;
}

static void scan_mark(struct scan *scan, const struct process_scope *scope) {
  pid_t self = getpid();
  if (scope->markers) {
    for (size_t i = 0; i < scan->count; i++)
      scan->belongs[i] = scan->rows[i].pid != self && carries_markers(scan->rows[i].pid,
                                                                      scope->markers);
  }
  for (bool changed = true; changed;) {
    changed = false;
    for (size_t i = 0; i < scan->count; i++) {
      if (scan->belongs[i] || scan->rows[i].pid == self) continue;
      if (!parent_belongs(scan, &scan->rows[i], scope->ancestor)) continue;
      scan->belongs[i] = changed = true;
    }
  }
}

static size_t survey_proc(struct process_table *table, const struct process_scope *scope) {
  struct scan scan = {0};
  size_t added = 0;
  if (scan_all(&scan)) {
    scan_mark(&scan, scope);
    for (size_t i = 0; i < scan.count; i++) {
      if (scan.belongs[i] && scan.rows[i].alive) added += keep(table, &scan.rows[i]);
    }
  }
  free(scan.rows);
  free(scan.belongs);
  return added;
}

size_t process_survey(struct process_table *table, const struct process_scope *scope) {
  for (size_t i = 0; i < table->count; i++) table->rows[i].alive = false;
  size_t added = 0;
  bool in_group = false;
  if (scope->group) {
    added = survey_group(table, scope->group->fd);
    in_group = process_alive(table) > 0;
  }
  // Reading all of /proc is dear. While the group has members they are the ones to end; who got
  // out of it is looked for when it is empty.
  if (!in_group && (scope->ancestor || scope->markers)) added += survey_proc(table, scope);
  return added;
}

bool process_cpu_ms(pid_t ancestor, uint64_t *ms) {
  struct scan scan = {0};
  struct process_scope scope = {.ancestor = ancestor};
  bool good = scan_all(&scan);
  uint64_t ticks = 0;
  if (good) scan_mark(&scan, &scope);
  for (size_t i = 0; good && i < scan.count; i++) {
    if (scan.belongs[i]) ticks += scan.rows[i].cpu_ticks;
  }
  free(scan.rows);
  free(scan.belongs);
  *ms = ticks * 1000 / (uint64_t)sysconf(_SC_CLK_TCK);
  return good;
}

bool process_signal(const struct process *process, int signal) {
  int pidfd = sys_pidfd_open(process->pid);
  if (pidfd < 0) return errno == ESRCH;
  // The descriptor pins whoever has the pid now; only then is it compared.
  struct process now;
  bool is_gone = false, sent = false;
  if (!process_read(process->pid, &now)) {
    is_gone = errno == ENOENT || errno == ESRCH;
  } else if (now.start != process->start) {
    is_gone = true;
  } else {
    sent = sys_pidfd_signal(pidfd, signal) == 0;
    is_gone = !sent && errno == ESRCH;
  }
  close(pidfd);
  return sent || is_gone;
}

void process_command(pid_t pid, char *buffer, size_t size) {
  char path[48];
  proc_path(path, sizeof path, pid, "cmdline");
  ssize_t length = read_small(AT_FDCWD, path, buffer, size);
  if (length <= 0) {
    proc_path(path, sizeof path, pid, "comm");
    length = read_small(AT_FDCWD, path, buffer, size);
    if (length > 0 && buffer[length - 1] == '\n') buffer[length - 1] = 0;
    if (length < 0) buffer[0] = 0;
    return;
  }
  for (ssize_t i = 0; i + 1 < length; i++) {
    if (!buffer[i]) buffer[i] = ' ';
  }
}

size_t process_alive(const struct process_table *table) {
  size_t alive = 0;
  for (size_t i = 0; i < table->count; i++) alive += table->rows[i].alive;
  return alive;
}
