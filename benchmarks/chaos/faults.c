/* Faults of a disk: kills this process at one of its file operations, or makes them fail from one on.
 *
 * Loaded with LD_PRELOAD, it stands before the calls of libc that change files, whoever makes them: Python, SQLite,
 * Arrow or safetensors. `chaos_arm` says below which folder operations count, at which one the fault strikes (from 1),
 * and which fault: an error number from there on, or 0 to be killed. A write that strikes is half done before.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

static char folder[PATH_MAX];
static size_t folder_length;
static long strike = -1, count;
static int fault, trace = -1;

/* Below "" and at -1: disarmed; the count stays. */
void chaos_arm(const char *below, long at, int error, int log) {
  snprintf(folder, sizeof folder, "%s", below);
  folder_length = strlen(folder);
  if (at >= 0) count = 0;
  strike = at, fault = error, trace = log;
}

long chaos_count(void) { return count; }

#define REAL(name, type, ...)                                                  \
  static type (*real)(__VA_ARGS__);                                            \
  if (!real) real = (type (*)(__VA_ARGS__))dlsym(RTLD_NEXT, #name)

static int is_below(const char *path) {
  return !strncmp(path, folder, folder_length) && (path[folder_length] == '/' || !path[folder_length]);
}

static int fd_below(int fd, char *path) {
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, PATH_MAX - 1);
  if (length <= 0) return 0;
  path[length] = 0;
  return is_below(path);
}

static int path_below(int at, const char *path, char *whole) {
  if (!path) return 0;
  if (path[0] == '/') {
    snprintf(whole, PATH_MAX, "%s", path);
    return is_below(path);
  }
  char above[PATH_MAX];
  if (at == AT_FDCWD) {
    if (!getcwd(above, sizeof above)) return 0;
  } else {
    fd_below(at, above);
  }
  if (snprintf(whole, PATH_MAX, "%s/%s", above, path) < 0) return 0;
  return is_below(whole);
}

static void kill_now(void) { kill(getpid(), SIGKILL); }

/* 1 where this operation fails, with errno set; a kill does not return but for a write, which is torn first (2). */
static int struck(const char *call, const char *path, int needs_room, int torn) {
  if (strike < 0) return 0;
  int before = errno;
  count++;
  if (trace >= 0) dprintf(trace, "%ld %s %s\n", count, call, path);
  errno = before;
  if (!strike || count < strike) return 0;
  if (fault) {
    if (fault == ENOSPC && !needs_room) return 0;
    errno = fault;
    return 1;
  }
  if (torn) return 2;
  kill_now();
  return 0;
}

static int opening(int at, const char *path, int flags) {
  char whole[PATH_MAX];
  if (strike < 0 || !(flags & (O_WRONLY | O_RDWR | O_CREAT | O_TRUNC)) || !path_below(at, path, whole)) return 0;
  /* Opening to read and write is no change by itself: SQLite falls back to reading. */
  int makes = (flags & O_CREAT) && faccessat(at, path, F_OK, AT_SYMLINK_NOFOLLOW);
  if (!makes && !(flags & O_TRUNC) && fault != EROFS) return 0;
  return struck("open", whole, makes, 0);
}

#define OPEN(name)                                                             \
  int name(const char *path, int flags, ...) {                                 \
    REAL(name, int, const char *, int, ...);                                   \
    va_list rest;                                                              \
    va_start(rest, flags);                                                     \
    mode_t mode = flags & (O_CREAT | __O_TMPFILE) ? va_arg(rest, mode_t) : 0;  \
    va_end(rest);                                                              \
    return opening(AT_FDCWD, path, flags) ? -1 : real(path, flags, mode);      \
  }
#define OPENAT(name)                                                           \
  int name(int at, const char *path, int flags, ...) {                         \
    REAL(name, int, int, const char *, int, ...);                              \
    va_list rest;                                                              \
    va_start(rest, flags);                                                     \
    mode_t mode = flags & (O_CREAT | __O_TMPFILE) ? va_arg(rest, mode_t) : 0;  \
    va_end(rest);                                                              \
    return opening(at, path, flags) ? -1 : real(at, path, flags, mode);        \
  }
#define FOPEN(name)                                                            \
  FILE *name(const char *path, const char *mode) {                             \
    REAL(name, FILE *, const char *, const char *);                            \
    int flags = strpbrk(mode, "wa") ? O_WRONLY | O_CREAT : strchr(mode, '+') ? O_RDWR : O_RDONLY; \
    return opening(AT_FDCWD, path, flags | (strchr(mode, 'w') ? O_TRUNC : 0)) ? NULL : real(path, mode); \
  }
OPEN(open)
OPEN(open64)
OPENAT(openat)
OPENAT(openat64)
FOPEN(fopen)
FOPEN(fopen64)

#define WRITING(call, half)                                                    \
  char path[PATH_MAX];                                                         \
  if (strike >= 0 && fd_below(fd, path)) switch (struck(call, path, 1, 1)) {   \
    case 1: return -1;                                                         \
    case 2: half; kill_now();                                                  \
  }
#define HALF(expression) do { ssize_t done = expression; (void)done; } while (0)

ssize_t write(int fd, const void *bytes, size_t size) {
  REAL(write, ssize_t, int, const void *, size_t);
  WRITING("write", HALF(real(fd, bytes, size / 2)))
  return real(fd, bytes, size);
}
#define PWRITE(name, offset_type)                                              \
  ssize_t name(int fd, const void *bytes, size_t size, offset_type at) {       \
    REAL(name, ssize_t, int, const void *, size_t, offset_type);               \
    WRITING("write", HALF(real(fd, bytes, size / 2, at)))                      \
    return real(fd, bytes, size, at);                                          \
  }
PWRITE(pwrite, off_t)
PWRITE(pwrite64, off64_t)
ssize_t writev(int fd, const struct iovec *parts, int number) {
  REAL(writev, ssize_t, int, const struct iovec *, int);
  WRITING("write", HALF(real(fd, parts, number / 2)))
  return real(fd, parts, number);
}
ssize_t copy_file_range(int from, off64_t *start, int fd, off64_t *end, size_t size, unsigned flags) {
  REAL(copy_file_range, ssize_t, int, off64_t *, int, off64_t *, size_t, unsigned);
  WRITING("write", HALF(real(from, start, fd, end, size < 8192 ? 1 : 4096, flags)))
  return real(from, start, fd, end, size, flags);
}
#define SENDFILE(name, offset_type)                                            \
  ssize_t name(int fd, int from, offset_type *start, size_t size) {            \
    REAL(name, ssize_t, int, int, offset_type *, size_t);                      \
    WRITING("write", HALF(real(fd, from, start, 1)))                           \
    return real(fd, from, start, size);                                        \
  }
SENDFILE(sendfile, off_t)
SENDFILE(sendfile64, off64_t)

#define ON_FD(name, needs_room, parameters, types, ...)                        \
  int name parameters {                                                        \
    REAL(name, int, types);                                                    \
    char path[PATH_MAX];                                                       \
    if (strike >= 0 && fd_below(fd, path) && struck(#name, path, needs_room, 0)) return -1; \
    return real(__VA_ARGS__);                                                  \
  }
#define TYPES(...) __VA_ARGS__
ON_FD(fsync, 0, (int fd), TYPES(int), fd)
ON_FD(fdatasync, 0, (int fd), TYPES(int), fd)
ON_FD(ftruncate, 0, (int fd, off_t size), TYPES(int, off_t), fd, size)
ON_FD(ftruncate64, 0, (int fd, off64_t size), TYPES(int, off64_t), fd, size)
ON_FD(fchmod, 0, (int fd, mode_t mode), TYPES(int, mode_t), fd, mode)
ON_FD(posix_fallocate, 1, (int fd, off_t at, off_t size), TYPES(int, off_t, off_t), fd, at, size)

#define ON_PATH(name, at, path, needs_room, parameters, types, ...)            \
  int name parameters {                                                        \
    REAL(name, int, types);                                                    \
    char whole[PATH_MAX];                                                      \
    if (strike >= 0 && path_below(at, path, whole) && struck(#name, whole, needs_room, 0)) return -1; \
    return real(__VA_ARGS__);                                                  \
  }
ON_PATH(unlink, AT_FDCWD, path, 0, (const char *path), TYPES(const char *), path)
ON_PATH(unlinkat, at, path, 0, (int at, const char *path, int flags), TYPES(int, const char *, int), at, path, flags)
ON_PATH(rmdir, AT_FDCWD, path, 0, (const char *path), TYPES(const char *), path)
ON_PATH(mkdir, AT_FDCWD, path, 1, (const char *path, mode_t mode), TYPES(const char *, mode_t), path, mode)
ON_PATH(mkdirat, at, path, 1, (int at, const char *path, mode_t mode), TYPES(int, const char *, mode_t), at, path, mode)
ON_PATH(chmod, AT_FDCWD, path, 0, (const char *path, mode_t mode), TYPES(const char *, mode_t), path, mode)
ON_PATH(truncate, AT_FDCWD, path, 0, (const char *path, off_t size), TYPES(const char *, off_t), path, size)
ON_PATH(rename, AT_FDCWD, to, 0, (const char *from, const char *to), TYPES(const char *, const char *), from, to)
ON_PATH(renameat, at, to, 0, (int of, const char *from, int at, const char *to),
        TYPES(int, const char *, int, const char *), of, from, at, to)
ON_PATH(renameat2, at, to, 0, (int of, const char *from, int at, const char *to, unsigned flags),
        TYPES(int, const char *, int, const char *, unsigned), of, from, at, to, flags)
ON_PATH(link, AT_FDCWD, to, 1, (const char *from, const char *to), TYPES(const char *, const char *), from, to)
ON_PATH(linkat, at, to, 1, (int of, const char *from, int at, const char *to, int flags),
        TYPES(int, const char *, int, const char *, int), of, from, at, to, flags)
ON_PATH(symlink, AT_FDCWD, to, 1, (const char *from, const char *to), TYPES(const char *, const char *), from, to)
