// The claim: a small text that says who runs the attempt. It appears under its name complete and
// exclusively, so that a reader never sees a claim without an owner.
#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// By these the processes of an attempt are known when no cgroup holds them.
static const char *const marker_names[] = {
    "BATON_RUN_ID=", "BATON_NODE=", "BATON_ATTEMPT=", "BATON_ITEM_INDEX=", "BATON_ITEM_ATTEMPT=",
    "BATON_HOOK="};

static const char last_line[] = "end\n";

static bool has_room(const struct text *text, const char *variable) {
  return text->length + strlen(variable) + sizeof "marker \n" + sizeof last_line < text->size;
}

static void add_markers(struct text *text, char **env) {
  for (; *env; env++) {
    for (size_t i = 0; i < sizeof marker_names / sizeof *marker_names; i++) {
      if (strncmp(*env, marker_names[i], strlen(marker_names[i])) != 0) continue;
      if (!has_room(text, *env)) continue;
      text_add(text, "marker ");
      text_add_line_safe(text, *env);
      text_add(text, "\n");
    }
  }
}

static bool put_name(int directory, const char *temporary) {
  if (renameat2(directory, temporary, directory, "claim", RENAME_NOREPLACE) == 0) return true;
  if (errno != EINVAL && errno != ENOSYS) return false;
  // A file system without RENAME_NOREPLACE: a hard link is as exclusive.
  if (linkat(directory, temporary, directory, "claim", 0) != 0) return false;
  unlinkat(directory, temporary, 0);
  return true;
}

bool claim_take(int directory, const struct launch *launch, const char *cgroup) {
  struct process self;
  if (!process_read(getpid(), &self)) return false;
  char buffer[CLAIM_SIZE];
  struct text text = text_make(buffer, sizeof buffer);
  text_add(&text, "baton-claim 1\nowner shim\npid ");
  text_add_i64(&text, self.pid);
  text_add(&text, "\nstart ");
  text_add_u64(&text, self.start);
  text_add(&text, "\nboot ");
  text_add(&text, boot_id());
  text_add(&text, "\n");
  if (cgroup[0]) {
    text_add(&text, "cgroup ");
    text_add(&text, cgroup);
    text_add(&text, "\n");
  }
  add_markers(&text, launch->env);
  text_add(&text, last_line);

  char temporary[40];
  struct text name = text_make(temporary, sizeof temporary);
  text_add(&name, "claim.");
  text_add_i64(&name, self.pid);
  int fd = openat(directory, temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return false;
  bool written = write_all(fd, buffer, text.length);
  close(fd);
  if (written && put_name(directory, temporary)) return true;
  int reason = errno;
  unlinkat(directory, temporary, 0);
  errno = reason;
  return false;
}

static void keep_marker(struct claim *claim, const char *value) {
  size_t at = 0;
  while (claim->markers[at]) at += strlen(claim->markers + at) + 1;
  size_t length = strlen(value);
  if (at + length + 2 > sizeof claim->markers) return;
  memcpy(claim->markers + at, value, length + 1);
  claim->markers[at + length + 1] = 0;
}

bool claim_owner_lives(const struct claim *claim) {
  struct process owner;
  if (!claim->by_shim || strcmp(claim->boot, boot_id()) != 0) return false;
  if (process_read(claim->pid, &owner)) return owner.start == claim->start && owner.alive;
  // What cannot be looked at for want of descriptors may live.
  return errno == ENFILE || errno == EMFILE || errno == ENOMEM;
}

// ".../<run>/<node>/<attempt>[.<item>.<attempt of the item>]"
void claim_marks_of_path(struct claim *claim, const char *path) {
  static const char *const names[] = {"BATON_ATTEMPT=", "BATON_NODE=", "BATON_RUN_ID="};
  if (claim->markers[0]) return;
  const char *end = path + strlen(path);
  for (size_t i = 0; i < 3 && end > path; i++) {
    const char *start = end;
    while (start > path && start[-1] != '/') start--;
    size_t length = i == 0 ? strcspn(start, "./") : (size_t)(end - start);
    char marker[300];
    snprintf(marker, sizeof marker, "%s%.*s", names[i], (int)length, start);
    keep_marker(claim, marker);
    end = start > path ? start - 1 : path;
  }
}

static const char *after(const char *line, const char *word) {
  size_t length = strlen(word);
  return strncmp(line, word, length) == 0 ? line + length : NULL;
}

bool claim_read(int directory, struct claim *claim) {
  char buffer[CLAIM_SIZE];
  if (read_small(directory, "claim", buffer, sizeof buffer) <= 0) return false;
  memset(claim, 0, sizeof *claim);
  char *rest = buffer;
  for (char *line; (line = strsep(&rest, "\n"));) {
    const char *value;
    if ((value = after(line, "owner "))) claim->by_shim = strcmp(value, "shim") == 0;
    if ((value = after(line, "pid "))) claim->pid = (pid_t)strtol(value, NULL, 10);
    if ((value = after(line, "start "))) claim->start = strtoull(value, NULL, 10);
    if ((value = after(line, "boot "))) snprintf(claim->boot, sizeof claim->boot, "%s", value);
    if ((value = after(line, "cgroup ")))
      snprintf(claim->cgroup, sizeof claim->cgroup, "%s", value);
    if ((value = after(line, "marker "))) keep_marker(claim, value);
  }
  return true;
}
