// Ending an attempt: TERM to all, a grace, KILL to all until nobody is left. What is left is looked
// up again in every round, so that forking faster than we look only makes for more rounds.
#include "shim.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { GIVE_UP_MS = 10000, ROUNDS = 64, LOOK_AGAIN_FIRST_MS = 10, LOOK_AGAIN_MOST_MS = 500 };

static void signal_all(struct ending *ending, int signal) {
  struct process_table *table = &ending->table;
  if (signal == SIGKILL && ending->scope.group) {
    process_survey(table, &ending->scope);  // who is ended by the group's own kill, for the report
    cgroup_kill(ending->scope.group);
  }
  for (int round = 0; round < ROUNDS; round++) {
    process_survey(table, &ending->scope);
    size_t sent = 0;
    for (size_t i = 0; i < table->count; i++) {
      struct process *row = &table->rows[i];
      if (!row->alive || (signal == SIGKILL ? row->killed : row->signalled)) continue;
      // For want of a descriptor it is not sent; the next round tries again.
      if (!process_signal(row, signal)) continue;
      row->signalled = true;
      if (signal == SIGKILL) row->killed = true;
      sent++;
    }
    if (sent == 0) return;
  }
}

void ending_begin(struct ending *ending, int64_t grace_ms) {
  int64_t now = now_ms();
  if (ending->active) {
    if (!ending->killing && now + grace_ms < ending->deadline_ms)
      ending->deadline_ms = now + grace_ms;
    return;
  }
  ending->active = true;
  ending->by_cgroup = ending->scope.group != NULL;
  ending->began_ms = now;
  ending->deadline_ms = now + grace_ms;
  signal_all(ending, SIGTERM);
}

static bool anybody_left(struct ending *ending, bool children) {
  if (children) return true;
  if (ending->scope.group && !cgroup_is_empty(ending->scope.group)) return true;
  if (!ending->scope.markers) return false;
  process_survey(&ending->table, &ending->scope);
  return process_alive(&ending->table) > 0;
}

static void end(struct ending *ending, int64_t now) {
  ending->done = true;
  ending->ended_ms = now;
}

static void kill_round(struct ending *ending, int64_t now) {
  signal_all(ending, SIGKILL);
  // The end of a process wakes us; this is for those whose parent still lives.
  int64_t waited = now - ending->killing_ms;
  int64_t pause = waited < LOOK_AGAIN_FIRST_MS ? LOOK_AGAIN_FIRST_MS : waited;
  ending->look_again_ms = now + (pause < LOOK_AGAIN_MOST_MS ? pause : LOOK_AGAIN_MOST_MS);
}

void ending_step(struct ending *ending, bool children) {
  if (!ending->active || ending->done) return;
  int64_t now = now_ms();
  if (!anybody_left(ending, children)) {
    for (size_t i = 0; i < ending->table.count; i++) ending->table.rows[i].alive = false;
    return end(ending, now);
  }
  if (!ending->killing && now >= ending->deadline_ms) {
    ending->killing = true;
    ending->killing_ms = now;
    ending->give_up_ms = now + GIVE_UP_MS;
    ending->look_again_ms = now;
  }
  if (!ending->killing) return;
  if (!ending->until_gone && now >= ending->give_up_ms) {
    process_survey(&ending->table, &ending->scope);
    ending->gave_up = true;
    return end(ending, now);
  }
  if (now >= ending->look_again_ms) kill_round(ending, now);
}

int ending_timeout(const struct ending *ending) {
  if (!ending->active || ending->done) return -1;
  int64_t due = ending->deadline_ms;
  if (ending->killing) {
    due = ending->look_again_ms;
    if (!ending->until_gone && ending->give_up_ms < due) due = ending->give_up_ms;
  }
  int64_t left = due - now_ms();
  // One more: a poll that wakes in the last millisecond would spin through it.
  return left <= 0 ? 0 : left > 1000000 ? 1000000 : (int)left + 1;
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

void ending_run(struct ending *ending, int directory) {
  for (;;) {
    int64_t grace;
    if (ending_take_request(ending, directory, &grace)) ending_begin(ending, grace);
    process_survey(&ending->table, &ending->scope);
    ending_step(ending, false);
    if (ending->done) return;
    wait_for_one(ending);
  }
}

void ending_go_on(struct ending *ending, int directory) {
  static struct claim claim;
  if (fork() != 0) return;
  // Nobody descends from this process: they are known by their group and their environment.
  ending->scope.ancestor = 0;
  if (claim_read(directory, &claim) && claim.markers[0]) ending->scope.markers = claim.markers;
  ending->done = ending->gave_up = false;
  ending->until_gone = true;
  ending_run(ending, directory);
  if (ending->scope.group) {
    cgroup_remove(ending->scope.group);
    cgroup_remove_parent(ending->scope.group);
  }
  _exit(SHIM_DONE);
}

// "<grace in ms>\n<reason>\n", and "until gone\n" when no end but a whole one is wanted.
bool ending_take_request(struct ending *ending, int directory, int64_t *grace_ms) {
  char buffer[1024], *rest;
  if (read_small(directory, "kill", buffer, sizeof buffer) <= 0) return false;
  *grace_ms = strtoll(buffer, &rest, 10);
  if (*rest != '\n' || *grace_ms < 0) return false;
  if (*grace_ms > UINT32_MAX) *grace_ms = UINT32_MAX;
  rest++;
  size_t length = strcspn(rest, "\n");
  if (strncmp(rest + length, "\nuntil gone\n", 12) == 0) ending->until_gone = true;
  rest[length] = 0;
  snprintf(ending->reason, sizeof ending->reason, "%s", rest);
  ending->requested = true;
  return true;
}
