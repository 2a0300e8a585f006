// The launch file: a fixed header in the machine's byte order, then NUL-terminated strings:
// cwd, the arguments, the environment. The strings are used where they are mapped.
#include "shim.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

struct header {
  char magic[8];
  uint32_t argc, envc;
  uint64_t segment_bytes;
  uint32_t keep_newest, leftover_grace_ms, limit_grace_ms, flags;
  struct limits limits;
};

static const char magic[8] = {'B', 'T', 'N', 'L', 'N', 'C', 'H', '1'};

// Steps over one string; NULL when it is not ended inside the file.
static char *next_string(char **at, const char *end) {
  char *start = *at;
  char *zero = memchr(start, 0, (size_t)(end - start));
  if (!zero) return NULL;
  *at = zero + 1;
  return start;
}

static char **strings(char **at, const char *end, uint32_t count) {
  // No string is shorter than its NUL, so the file's size bounds the table.
  if (count > (size_t)(end - *at)) return NULL;
  char **table = malloc(((size_t)count + 1) * sizeof *table);
  if (!table) return NULL;
  for (uint32_t i = 0; i < count; i++) {
    table[i] = next_string(at, end);
    if (!table[i]) return NULL;
  }
  table[count] = NULL;
  return table;
}

static bool parse(char *file, size_t size, struct launch *launch) {
  struct header header;
  if (size < sizeof header) return false;
  memcpy(&header, file, sizeof header);
  if (memcmp(header.magic, magic, sizeof magic) != 0 || header.argc == 0) return false;
  if (header.segment_bytes == 0 || header.keep_newest == 0) return false;
  char *at = file + sizeof header;
  const char *end = file + size;
  launch->cwd = next_string(&at, end);
  if (!launch->cwd) return false;
  launch->argv = strings(&at, end, header.argc);
  if (!launch->argv) return false;
  launch->env = strings(&at, end, header.envc);
  if (!launch->env || at != end) return false;
  launch->segment_bytes = header.segment_bytes;
  launch->keep_newest = header.keep_newest < LOG_KEEP_MAX ? header.keep_newest : LOG_KEEP_MAX - 1;
  launch->leftover_grace_ms = header.leftover_grace_ms;
  launch->limit_grace_ms = header.limit_grace_ms;
  launch->flags = header.flags;
  launch->limits = header.limits;
  return true;
}

bool launch_read(int directory, struct launch *launch) {
  int fd = openat(directory, "launch", O_RDONLY | O_CLOEXEC);
  if (fd < 0) return false;
  struct stat info;
  bool good = false;
  if (fstat(fd, &info) == 0 && info.st_size > 0) {
    // Private and writable: exec wants `char *`, and the file may go away under us.
    size_t size = (size_t)info.st_size;
    char *file = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
    if (file != MAP_FAILED) good = parse(file, size, launch);
  }
  close(fd);
  return good;
}
