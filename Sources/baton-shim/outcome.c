// The outcome: a text of lines "word values", whole only if its last line is "end".
#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

enum { RETRY_MS = 1000 };

static void add_exit(struct text *text, const struct outcome *outcome) {
  text_add(text, "exit ");
  switch (outcome->kind) {
    case ENDED_EXIT: text_add(text, "code "); break;
    case ENDED_SIGNAL: text_add(text, "signal "); break;
    case ENDED_EXEC_FAILED: text_add(text, "exec_failed "); break;
    case ENDED_LOST: text_add(text, "lost\n"); return;
  }
  text_add_i64(text, outcome->value);
  if (outcome->kind == ENDED_EXEC_FAILED) {
    text_add(text, " ");
    text_add(text, outcome->stage ? outcome->stage : "exec");
  }
  text_add(text, "\n");
}

static void add_times(struct text *text, const struct outcome *outcome) {
  text_add(text, "started ");
  text_add_i64(text, outcome->started_ms);
  text_add(text, "\nended ");
  text_add_i64(text, outcome->ended_ms);
  text_add(text, "\ncpu_us ");
  text_add_u64(text, outcome->cpu_us);
  text_add(text, "\nmax_rss_kb ");
  text_add_u64(text, outcome->max_rss_kb);
  text_add(text, "\n");
}

static void add_log(struct text *text, const struct log *log) {
  if (!log) return;
  text_add(text, log->name);
  text_add(text, " ");
  text_add_u64(text, log->total);
  text_add(text, " ");
  text_add_u64(text, log->dropped);
  text_add(text, "\n");
}

static void add_limits(struct text *text, const struct outcome *outcome) {
  if (outcome->limit) {
    text_add(text, "limit_exceeded ");
    text_add(text, outcome->limit);
    text_add(text, "\n");
  }
  for (size_t i = 0; i < 4 && outcome->unenforced[i]; i++) {
    text_add(text, "limit_unenforced ");
    text_add(text, outcome->unenforced[i]);
    text_add(text, "\n");
  }
}

static void add_survivors(struct text *text, const struct ending *ending) {
  for (size_t i = 0; i < ending->table.count; i++) {
    const struct process *row = &ending->table.rows[i];
    if (!row->alive || text->size - text->length < 512) continue;
    char command[200];
    process_command(row->pid, command, sizeof command);
    text_add(text, "survivor ");
    text_add_i64(text, row->pid);
    text_add(text, " ");
    text_add_u64(text, row->start);
    text_add(text, " ");
    text_add_line_safe(text, command);
    text_add(text, "\n");
  }
}

static void add_ending(struct text *text, const struct ending *ending) {
  if (!ending || (!ending->active && !ending->requested)) return;
  size_t ended = ending->table.count - process_alive(&ending->table);
  text_add(text, "kill_requested ");
  text_add_i64(text, ending->requested);
  text_add(text, "\nkill_ended ");
  text_add_u64(text, ended);
  text_add(text, "\nkill_ms ");
  text_add_i64(text, ending->ended_ms - ending->began_ms);
  text_add(text, ending->by_cgroup ? "\nkill_proof CGROUP\n" : "\nkill_proof PROCESS_SCAN\n");
  if (ending->reason[0]) {
    text_add(text, "kill_reason ");
    text_add_line_safe(text, ending->reason);
    text_add(text, "\n");
  }
  add_survivors(text, ending);
}

size_t outcome_text(const struct outcome *outcome, char *buffer, size_t size) {
  struct text text = text_make(buffer, size);
  text_add(&text, "baton-outcome 1\n");
  add_exit(&text, outcome);
  add_times(&text, outcome);
  add_log(&text, outcome->out);
  add_log(&text, outcome->err);
  text_add(&text, "leftover_killed ");
  text_add_u64(&text, outcome->leftover);
  text_add(&text, "\n");
  add_limits(&text, outcome);
  add_ending(&text, outcome->ending);
  text_add(&text, "end\n");
  return text.length;
}

static bool write_once(int directory, const char *buffer, size_t length, bool sync) {
  // Whatever is there now is the program's doing, or of an attempt to write this.
  unlinkat(directory, "outcome.tmp", 0);
  int fd = openat(directory, "outcome.tmp", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) return false;
  bool good = write_all(fd, buffer, length) && (!sync || fdatasync(fd) == 0);
  int reason = errno;
  close(fd);
  errno = reason;
  if (!good) return false;
  // No sync of the directory: a crash of the host leaves the old name or the new one, and readers
  // take a whole outcome under either (the sync of a new file brings its name to the disk too).
  return renameat(directory, "outcome.tmp", directory, "outcome") == 0;
}

bool outcome_write(int directory, const struct outcome *outcome, bool sync) {
  char buffer[8192];
  size_t length = outcome_text(outcome, buffer, sizeof buffer);
  while (!write_once(directory, buffer, length, sync)) {
    // How the attempt ended must not get lost because nothing can be written for a moment.
    if (errno != ENOSPC && errno != EDQUOT && errno != EROFS) return false;
    poll(NULL, 0, RETRY_MS);
  }
  return true;
}
