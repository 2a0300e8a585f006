// Output is kept in segments named after the offset of their first byte: "stdout.0",
// "stdout.8388608" … So an offset counts every byte ever written, a gap between two segments is
// what was dropped, and nothing else has to be remembered. A program never waits for a full disk.
#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { RETRY_MS = 1000, STAMP_MS = 100, STAMPS_BEFORE_COARSER = 4096 };

// A pipe or a link that the program has put in the place of a file is not written to.
static const int write_flags = O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;

void log_open(struct log *log, const char *name, int pipe, int directory,
              const struct launch *launch, struct log_times *times) {
  // Field by field: clearing the whole would touch pages a silent program never needs.
  log->name = name;
  log->pipe = pipe;
  log->file = -1;
  log->directory = directory;
  log->segment_bytes = launch->segment_bytes;
  log->keep = launch->keep_newest;
  log->total = log->dropped = log->segment_start = log->segment_length = 0;
  log->kept = 0;
  log->has_first = log->failed = false;
  log->retry_at_ms = log->stamped_at_ms = 0;
  log->times = times;
}

static void segment_name(const struct log *log, uint64_t start, char *name, size_t size) {
  struct text text = text_make(name, size);
  text_add(&text, log->name);
  text_add(&text, ".");
  text_add_u64(&text, start);
}

struct stamp {
  uint64_t place;  // the highest bit: standard error; the rest: offset
  int64_t wall_ms;
};

// Says when the bytes from here on came. The longer a program talks, the coarser: each 4096 stamps
// double the step, so the file stays small and the error below a thousandth of the duration.
static void stamp(struct log *log, bool always) {
  int64_t now = now_ms();
  struct log_times *times = log->times;
  int64_t step = (int64_t)STAMP_MS << (times->count / STAMPS_BEFORE_COARSER);
  if (!always && now - log->stamped_at_ms < step) return;
  if (times->fd < 0)
    times->fd = openat(log->directory, "log.times", O_APPEND | write_flags, 0600);
  struct stamp stamp = {
      log->total | (strcmp(log->name, "stderr") == 0 ? 1ull << 63 : 0), now_wall_ms()};
  if (times->fd < 0 || write(times->fd, &stamp, sizeof stamp) != sizeof stamp) return;
  log->stamped_at_ms = now;
  times->count++;
}

static void remember_segment(struct log *log) {
  if (!log->has_first) {
    log->has_first = true;
    return;
  }
  if (log->kept == log->keep) {
    char name[40];
    segment_name(log, log->starts[0], name, sizeof name);
    unlinkat(log->directory, name, 0);
    log->dropped += log->lengths[0];
    log->kept--;
    memmove(log->starts, log->starts + 1, log->kept * sizeof *log->starts);
    memmove(log->lengths, log->lengths + 1, log->kept * sizeof *log->lengths);
  }
  log->starts[log->kept] = log->segment_start;
  log->lengths[log->kept] = 0;
  log->kept++;
}

static bool open_segment(struct log *log) {
  if (log->failed && now_ms() < log->retry_at_ms) return false;
  char name[40];
  segment_name(log, log->total, name, sizeof name);
  log->file = openat(log->directory, name, O_TRUNC | write_flags, 0600);
  if (log->file < 0) return false;
  log->segment_start = log->total;
  log->segment_length = 0;
  return true;
}

static void close_segment(struct log *log) {
  if (log->file < 0) return;
  close(log->file);
  log->file = -1;
  if (log->segment_length > 0) return;
  char name[40];
  segment_name(log, log->segment_start, name, sizeof name);
  unlinkat(log->directory, name, 0);
}

static void lose(struct log *log, size_t length) {
  close_segment(log);
  if (!log->failed || now_ms() >= log->retry_at_ms) log->retry_at_ms = now_ms() + RETRY_MS;
  log->failed = true;
  log->total += length;
  log->dropped += length;
}

static void keep(struct log *log, const char *data, size_t length) {
  while (length > 0) {
    if (log->file < 0 && !open_segment(log)) return lose(log, length);
    uint64_t room = log->segment_bytes - log->segment_length;
    ssize_t put = write(log->file, data, length < room ? length : (size_t)room);
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return lose(log, length);
    log->failed = false;
    // Only a segment that holds something counts, or a full disk would push good ones out.
    bool first_bytes = log->segment_length == 0;
    if (first_bytes) remember_segment(log);
    stamp(log, first_bytes);
    log->segment_length += (uint64_t)put;
    if (log->kept) log->lengths[log->kept - 1] = log->segment_length;
    log->total += (uint64_t)put;
    data += put;
    length -= (size_t)put;
    if (log->segment_length == log->segment_bytes) close_segment(log);
  }
}

bool log_pump(struct log *log) {
  static char buffer[64 * 1024];
  ssize_t got = read(log->pipe, buffer, sizeof buffer);
  if (got < 0) return errno == EINTR || errno == EAGAIN;
  if (got == 0) return false;
  keep(log, buffer, (size_t)got);
  return true;
}

void log_finish(struct log *log) {
  close_segment(log);
  if (log->pipe >= 0) close(log->pipe);
  log->pipe = -1;
}
