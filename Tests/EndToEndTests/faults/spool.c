/* Kills the program at one of the system calls that it makes on files below FAULTS_SPOOL: FAULTS_DIE is "3-" for before
   the third of them, "3+" for after it. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static atomic_int calls;

static int is_below(const char *path) {
    const char *spool = getenv("FAULTS_SPOOL");
    return spool && path && strncmp(path, spool, strlen(spool)) == 0;
}

static int is_open_below(int file) {
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t count = readlink(link, path, sizeof path - 1);
    if (count <= 0) return 0;
    path[count] = 0;
    return is_below(path);
}

/* The number of this call; dies where it is before one that is not to happen. */
static int begin(void) {
    int number = atomic_fetch_add(&calls, 1) + 1;
    const char *die = getenv("FAULTS_DIE");
    if (die && atoi(die) == number && strchr(die, '-')) kill(getpid(), SIGKILL);
    return number;
}

static void end(int number) {
    const char *die = getenv("FAULTS_DIE");
    if (die && atoi(die) == number && strchr(die, '+')) kill(getpid(), SIGKILL);
}

#define REAL(name, type, ...) \
    static type (*real)(__VA_ARGS__); \
    if (!real) real = (type (*)(__VA_ARGS__))dlsym(RTLD_NEXT, name)

#define AROUND(condition, type, call) \
    if (!(condition)) return call; \
    int number = begin(); \
    type result = call; \
    end(number); \
    return result

int open(const char *path, int flags, ...) {
    REAL("open", int, const char *, int, ...);
    va_list more;
    va_start(more, flags);
    int mode = flags & O_CREAT ? va_arg(more, int) : 0;
    va_end(more);
    AROUND(is_below(path) && flags & O_CREAT, int, real(path, flags, mode));
}

int open64(const char *path, int flags, ...) {
    REAL("open64", int, const char *, int, ...);
    va_list more;
    va_start(more, flags);
    int mode = flags & O_CREAT ? va_arg(more, int) : 0;
    va_end(more);
    AROUND(is_below(path) && flags & O_CREAT, int, real(path, flags, mode));
}

ssize_t write(int file, const void *bytes, size_t count) {
    REAL("write", ssize_t, int, const void *, size_t);
    AROUND(is_open_below(file), ssize_t, real(file, bytes, count));
}

int futimens(int file, const struct timespec times[2]) {
    REAL("futimens", int, int, const struct timespec *);
    AROUND(is_open_below(file), int, real(file, times));
}

int fsync(int file) {
    REAL("fsync", int, int);
    AROUND(is_open_below(file), int, real(file));
}

int rename(const char *from, const char *to) {
    REAL("rename", int, const char *, const char *);
    AROUND(is_below(to), int, real(from, to));
}

int unlink(const char *path) {
    REAL("unlink", int, const char *);
    AROUND(is_below(path), int, real(path));
}
