// Who of some attempts is alive: a line "<place in the list> <pid> <start> <command>" for each.
#include "shim.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static void list(size_t place, const char *path) {
  static struct claim claim;
  int directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (directory < 0) return;
  bool claimed = claim_read(directory, &claim);
  close(directory);
  if (!claimed || (claim.boot[0] && strcmp(claim.boot, boot_id()) != 0)) return;
  claim_marks_of_path(&claim, path);
  struct cgroup group = {.fd = -1, .events = -1};
  struct process_scope scope = {.markers = claim.markers};
  if (claim.cgroup[0] && cgroup_open(&group, claim.cgroup)) scope.group = &group;
  if (claim_owner_lives(&claim)) scope.ancestor = claim.pid;
  static struct process_table table;
  table.count = 0;
  process_survey(&table, &scope);
  for (size_t i = 0; i < table.count; i++) {
    char buffer[512], command[256];
    process_command(table.rows[i].pid, command, sizeof command);
    struct text text = text_make(buffer, sizeof buffer);
    text_add_u64(&text, place);
    text_add(&text, " ");
    text_add_i64(&text, table.rows[i].pid);
    text_add(&text, " ");
    text_add_u64(&text, table.rows[i].start);
    text_add(&text, " ");
    text_add_line_safe(&text, command);
    text_add(&text, "\n");
    if (!write_all(1, buffer, text.length)) _exit(SHIM_NO_OUTCOME);
  }
  if (group.fd >= 0) close(group.fd);
}

int list_run(char **paths) {
  for (size_t place = 0; paths[place]; place++) list(place, paths[place]);
  return SHIM_DONE;
}
