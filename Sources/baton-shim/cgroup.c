// An attempt's own cgroup (v2): its processes cannot leave it by forking, and "empty" is a proof.
#include "shim.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char parent[384];  // empty: no cgroup can be used

// The mount point of cgroup2, from /proc/self/mountinfo; also on hybrid hosts.
static bool find_mount(char *path, size_t size) {
  FILE *file = fopen("/proc/self/mountinfo", "re");
  if (!file) return false;
  char line[4096], root[1024], point[1024];
  bool found = false;
  while (!found && fgets(line, sizeof line, file)) {
    if (!strstr(line, " - cgroup2 ")) continue;
    if (sscanf(line, "%*s %*s %*s %1023s %1023s", root, point) != 2) continue;
    found = (size_t)snprintf(path, size, "%s", point) < size;
  }
  fclose(file);
  return found;
}

static bool find_own(char *path, size_t size) {
  char buffer[4096];
  if (read_small(AT_FDCWD, "/proc/self/cgroup", buffer, sizeof buffer) <= 0) return false;
  char *line = strncmp(buffer, "0::", 3) == 0 ? buffer : strstr(buffer, "\n0::");
  if (!line) return false;
  if (*line == '\n') line++;
  line[strcspn(line, "\n")] = 0;
  return (size_t)snprintf(path, size, "%s", strcmp(line + 3, "/") == 0 ? "" : line + 3) < size;
}

static void remove_inner(int directory);

// "baton-<pid>-<start>" of a server that is gone.
static bool is_stale(const char *name) {
  int pid = 0;
  unsigned long long start = 0;
  struct process owner;
  if (sscanf(name, "baton-%d-%llu", &pid, &start) != 2) return false;
  return !process_read(pid, &owner) || owner.start != start || !owner.alive;
}

// Takes away what earlier servers left behind; a group in use refuses to go.
static void remove_stale(const char *base) {
  DIR *directory = opendir(base);
  if (!directory) return;
  for (struct dirent *entry; (entry = readdir(directory));) {
    if (!is_stale(entry->d_name)) continue;
    int child = openat(dirfd(directory), entry->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (child < 0) continue;
    remove_inner(child);
    close(child);
    unlinkat(dirfd(directory), entry->d_name, AT_REMOVEDIR);
  }
  closedir(directory);
}

static bool write_file(int directory, const char *name, const char *value) {
  int fd = openat(directory, name, O_WRONLY | O_CLOEXEC);
  if (fd < 0) return false;
  bool good = write_all(fd, value, strlen(value));
  close(fd);
  return good;
}

static bool make_parent(void) {
  if (mkdir(parent, 0700) != 0 && errno != EEXIST) return false;
  int fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return false;
  // Only where the host delegates the controller to us; limits fall back otherwise.
  write_file(fd, "cgroup.subtree_control", "+memory");
  close(fd);
  return true;
}

void cgroup_prepare(const char *root) {
  parent[0] = 0;
  char mount[128], own[200], base[330];
  if (strcmp(root, "none") == 0) return;
  if (strcmp(root, "auto") == 0) {
    if (!find_mount(mount, sizeof mount) || !find_own(own, sizeof own)) return;
    snprintf(base, sizeof base, "%s%s", mount, own);
  } else if ((size_t)snprintf(base, sizeof base, "%s", root) >= sizeof base) {
    return;
  }
  remove_stale(base);
  struct process self;
  if (!process_read(getpid(), &self)) return;
  snprintf(parent, sizeof parent, "%s/baton-%d-%llu", base, (int)self.pid,
           (unsigned long long)self.start);
  if (!make_parent()) parent[0] = 0;
}

void cgroup_leave(void) {
  if (parent[0]) rmdir(parent);
}

void cgroup_name(char *path, size_t size) {
  path[0] = 0;
  struct text text = text_make(path, size);
  if (!parent[0]) return;
  // Unique for as long as this shim lives, and it outlives its group.
  text_add(&text, parent);
  text_add(&text, "/");
  text_add_i64(&text, getpid());
}

bool cgroup_open(struct cgroup *group, const char *path) {
  group->fd = group->events = -1;
  if ((size_t)snprintf(group->path, sizeof group->path, "%s", path) >= sizeof group->path)
    return false;
  group->fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  return group->fd >= 0;
}

bool cgroup_make(struct cgroup *group, const char *path) {
  group->fd = group->events = -1;
  if (!path[0]) return false;
  if (mkdir(path, 0700) != 0) {
    // Another server took our empty parent for a stale one, or an attempt of a lost shim that had
    // our pid has left its group. Its processes must not get mixed with ours.
    if (errno == EEXIST && rmdir(path) != 0) return false;
    if (errno == ENOENT && !make_parent()) return false;
    if (mkdir(path, 0700) != 0) return false;
  }
  return cgroup_open(group, path);
}

bool cgroup_is_empty(const struct cgroup *group) {
  char buffer[256];
  if (read_small(group->fd, "cgroup.events", buffer, sizeof buffer) < 0) {
    return errno == ENOENT || errno == ENODEV;
  }
  return strstr(buffer, "populated 0") != NULL;
}

bool cgroup_kill(const struct cgroup *group) { return write_file(group->fd, "cgroup.kill", "1"); }

// Programs with the right to do so may have made groups inside; those go first.
static void remove_inner(int directory) {
  int fd = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR *inner = fd < 0 ? NULL : fdopendir(fd);
  if (!inner) return;
  for (struct dirent *entry; (entry = readdir(inner));) {
    if (entry->d_type != DT_DIR || entry->d_name[0] == '.') continue;
    int child = openat(directory, entry->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (child >= 0) {
      remove_inner(child);
      close(child);
    }
    unlinkat(directory, entry->d_name, AT_REMOVEDIR);
  }
  closedir(inner);
}

bool cgroup_remove(struct cgroup *group) {
  if (rmdir(group->path) == 0 || errno == ENOENT) return true;
  if (!cgroup_is_empty(group)) return false;
  remove_inner(group->fd);
  return rmdir(group->path) == 0 || errno == ENOENT;
}

void cgroup_remove_parent(const struct cgroup *group) {
  char path[sizeof group->path];
  snprintf(path, sizeof path, "%s", group->path);
  char *slash = strrchr(path, '/');
  if (!slash) return;
  *slash = 0;
  const char *name = strrchr(path, '/');
  if (name && is_stale(name + 1)) rmdir(path);
}

int cgroup_watch(struct cgroup *group) {
  if (group->fd >= 0 && group->events < 0)
    group->events = openat(group->fd, "cgroup.events", O_RDONLY | O_CLOEXEC);
  return group->events;
}

bool cgroup_limit_memory(const struct cgroup *group, uint64_t bytes) {
  char value[32];
  struct text text = text_make(value, sizeof value);
  text_add_u64(&text, bytes);
  if (group->fd < 0 || !write_file(group->fd, "memory.max", value)) return false;
  write_file(group->fd, "memory.swap.max", "0");
  write_file(group->fd, "memory.oom.group", "1");
  return true;
}

static bool read_counter(const struct cgroup *group, const char *file, const char *key,
                         uint64_t *value) {
  char buffer[4096];
  if (group->fd < 0 || read_small(group->fd, file, buffer, sizeof buffer) <= 0) return false;
  const char *at = strstr(buffer, key);
  if (!at) return false;
  *value = strtoull(at + strlen(key), NULL, 10);
  return true;
}

bool cgroup_memory_exceeded(const struct cgroup *group) {
  uint64_t kills = 0;
  return read_counter(group, "memory.events", "\noom_kill ", &kills) && kills > 0;
}

bool cgroup_cpu_ms(const struct cgroup *group, uint64_t *ms) {
  uint64_t us = 0;
  if (!read_counter(group, "cpu.stat", "usage_usec ", &us)) return false;
  *ms = us / 1000;
  return true;
}
