// The clean-up of an attempt whose shim is gone: its processes are no longer our descendants, so
// they are known by their cgroup and by their environment.
#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { SWEEP_GRACE_MS = 2000 };

static bool owner_lives(const struct claim *claim) {
  struct process owner;
  if (!claim->by_shim || strcmp(claim->boot, boot_id()) != 0) return false;
  if (process_read(claim->pid, &owner)) return owner.start == claim->start && owner.alive;
  // What cannot be looked at for want of descriptors may live.
  return errno == ENFILE || errno == EMFILE || errno == ENOMEM;
}

// A whole outcome: by the shim, or by a sweep that was faster.
static bool has_outcome(int directory) {
  char buffer[8192 + 1];
  ssize_t length = read_small(directory, "outcome", buffer, sizeof buffer);
  return length > 4 && strncmp(buffer, "baton-outcome 1\n", 16) == 0 &&
         strcmp(buffer + length - 4, "end\n") == 0;
}

int sweep_run(const char *path, bool print) {
  static struct claim claim;
  static struct ending ending;
  int directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (directory < 0 || !claim_read(directory, &claim)) return SHIM_UNUSABLE;
  if (owner_lives(&claim)) return SHIM_CLAIMED_ELSEWHERE;
  if (has_outcome(directory)) return SHIM_DONE;

  struct cgroup group = {.fd = -1, .events = -1};
  bool this_boot = strcmp(claim.boot, boot_id()) == 0;
  if (this_boot) {
    if (claim.cgroup[0] && cgroup_open(&group, claim.cgroup)) ending.scope.group = &group;
    if (claim.markers[0]) ending.scope.markers = claim.markers;
    ending_begin(&ending, SWEEP_GRACE_MS);
    ending_run(&ending);
    if (ending.scope.group) {
      cgroup_remove(&group);
      cgroup_remove_parent(&group);
    }
  }
  struct outcome outcome = {.kind = ENDED_LOST, .ended_ms = now_wall_ms(), .ending = &ending};
  outcome.leftover = ending.table.count - process_alive(&ending.table);
  if (print) {
    char buffer[8192];
    size_t length = outcome_text(&outcome, buffer, sizeof buffer);
    if (!write_all(1, buffer, length)) return SHIM_NO_OUTCOME;
  }
  bool written = outcome_write(directory, &outcome, true);
  if (ending.gave_up) ending_go_on(&ending, directory);
  return written ? SHIM_DONE : SHIM_NO_OUTCOME;
}
