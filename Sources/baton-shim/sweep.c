// The clean-up of an attempt whose shim is gone: its processes are no longer our descendants, so
// they are known by their cgroup and by their environment.
#include "shim.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { SWEEP_GRACE_MS = 2000 };

// What is there instead of an outcome, when a shim or a faster sweep has written one.
enum written { NOTHING, OUTCOME, OUTCOME_WITH_SURVIVORS };

static enum written look_at_outcome(int directory) {
  char buffer[8192 + 1];
  ssize_t length = read_small(directory, "outcome", buffer, sizeof buffer);
  if (length <= 4 || strncmp(buffer, "baton-outcome 1\n", 16) != 0) return NOTHING;
  if (strcmp(buffer + length - 4, "end\n") != 0) return NOTHING;
  return strstr(buffer, "\nsurvivor ") ? OUTCOME_WITH_SURVIVORS : OUTCOME;
}

int sweep_run(const char *path, bool print) {
  static struct claim claim;
  static struct ending ending;
  int directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (directory < 0 || !claim_read(directory, &claim)) return SHIM_UNUSABLE;
  if (claim_owner_lives(&claim)) return SHIM_CLAIMED_ELSEWHERE;
  enum written written = look_at_outcome(directory);

  struct cgroup group = {.fd = -1, .events = -1};
  bool other_boot = claim.boot[0] && strcmp(claim.boot, boot_id()) != 0;
  if (!other_boot) {
    claim_marks_of_path(&claim, path);
    if (claim.cgroup[0] && cgroup_open(&group, claim.cgroup)) ending.scope.group = &group;
    if (claim.markers[0]) ending.scope.markers = claim.markers;
    ending_begin(&ending, SWEEP_GRACE_MS);
    ending_run(&ending, directory);
    if (ending.scope.group) {
      cgroup_remove(&group);
      cgroup_remove_parent(&group);
    }
  }
  // An outcome is written when nothing is left, or with the names of those who are. Any other that
  // comes with processes is the program's own doing.
  bool believed = written == OUTCOME_WITH_SURVIVORS ||
                  (written == OUTCOME && ending.table.count == 0);
  bool good = true;
  if (!believed || print) {
    struct outcome outcome = {.kind = ENDED_LOST, .ended_ms = now_wall_ms(), .ending = &ending};
    outcome.leftover = ending.table.count - process_alive(&ending.table);
    if (print) {
      char buffer[8192];
      size_t length = outcome_text(&outcome, buffer, sizeof buffer);
      if (!write_all(1, buffer, length)) return SHIM_NO_OUTCOME;
    }
    if (!believed) good = outcome_write(directory, &outcome, true);
  }
  if (ending.gave_up) ending_go_on(&ending, directory);
  return good ? SHIM_DONE : SHIM_NO_OUTCOME;
}
