// The clean-up of an attempt whose shim is gone: its processes are no longer our descendants, so
// they are known by their cgroup and by their environment.
#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

enum { SWEEP_GRACE_MS = 2000 };

static bool owner_lives(const struct claim *claim) {
  struct process owner;
  return claim->by_shim && strcmp(claim->boot, boot_id()) == 0 &&
         process_read(claim->pid, &owner) && owner.start == claim->start && owner.alive;
}

// Sleeps until one of those left has ended or the next step is due.
static void wait_for_one(const struct ending *ending) {
  struct pollfd fd = {.fd = -1, .events = POLLIN};
  for (size_t i = 0; i < ending->table.count && fd.fd < 0; i++) {
    if (ending->table.rows[i].alive) fd.fd = sys_pidfd_open(ending->table.rows[i].pid);
  }
  int timeout = ending_timeout(ending);
  poll(&fd, 1, timeout < 0 || timeout > 1000 ? 1000 : timeout);
  if (fd.fd >= 0) close(fd.fd);
}

static void end_all(struct ending *ending) {
  ending_begin(ending, SWEEP_GRACE_MS);
  for (;;) {
    process_survey(&ending->table, &ending->scope);
    ending_step(ending, false);
    if (ending->done) return;
    wait_for_one(ending);
  }
}

int sweep_run(const char *path, bool print) {
  static struct claim claim;
  static struct ending ending;
  int directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (directory < 0 || !claim_read(directory, &claim)) return SHIM_UNUSABLE;
  if (owner_lives(&claim)) return SHIM_CLAIMED_ELSEWHERE;
  if (faccessat(directory, "outcome", F_OK, 0) == 0) return SHIM_DONE;

  struct cgroup group = {.fd = -1, .events = -1};
  bool this_boot = strcmp(claim.boot, boot_id()) == 0;
  if (this_boot) {
    if (claim.cgroup[0] && cgroup_open(&group, claim.cgroup)) ending.scope.group = &group;
    if (claim.markers[0]) ending.scope.markers = claim.markers;
    end_all(&ending);
    if (ending.scope.group) cgroup_remove(&group);
  }
  struct outcome outcome = {.kind = ENDED_LOST, .ended_ms = now_wall_ms(), .ending = &ending};
  outcome.leftover = ending.table.count - process_alive(&ending.table);
  if (print) {
    char buffer[8192];
    size_t length = outcome_text(&outcome, buffer, sizeof buffer);
    if (!write_all(1, buffer, length)) return SHIM_NO_OUTCOME;
  }
  return outcome_write(directory, &outcome, true) ? SHIM_DONE : SHIM_NO_OUTCOME;
}
