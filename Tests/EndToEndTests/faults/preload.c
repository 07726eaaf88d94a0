/* Makes the wall clock and the resolver go wrong under a test.
   FAULTS_CLOCK names a file with the seconds to add, read anew at every call; FAULTS_DNS one whose existence makes
   every look-up fail (s3.faults.test is this machine); FAULTS_CA is read instead of the system's list of authorities. The monotonic clock stays
   true. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static long long offset_ms(void) {
    const char *path = getenv("FAULTS_CLOCK");
    char text[32];
    int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (file < 0) return 0;
    ssize_t count = read(file, text, sizeof text - 1);
    close(file);
    if (count <= 0) return 0;
    text[count] = 0;
    return atoll(text);
}

int clock_gettime(clockid_t clock, struct timespec *now) {
    static int (*real)(clockid_t, struct timespec *);
    if (!real) real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
    int result = real(clock, now);
    if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) {
        long long ms = offset_ms(), ns = now->tv_nsec + ms % 1000 * 1000000;
        now->tv_sec += ms / 1000 + ns / 1000000000;
        now->tv_nsec = ns % 1000000000;
        if (now->tv_nsec < 0) {
            now->tv_nsec += 1000000000;
            now->tv_sec--;
        }
    }
    return result;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
    (void)zone;
    struct timespec precise;
    int result = clock_gettime(CLOCK_REALTIME, &precise);
    now->tv_sec = precise.tv_sec;
    now->tv_usec = precise.tv_nsec / 1000;
    return result;
}

time_t time(time_t *where) {
    struct timespec precise;
    clock_gettime(CLOCK_REALTIME, &precise);
    if (where) *where = precise.tv_sec;
    return precise.tv_sec;
}

int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **result) {
    static int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
    const char *path = getenv("FAULTS_DNS");
    if (path && access(path, F_OK) == 0) return EAI_NONAME;
    if (!real)
        real = (int (*)(const char *, const char *, const struct addrinfo *, struct addrinfo **))dlsym(RTLD_NEXT,
                                                                                                      "getaddrinfo");
    if (node && strcmp(node, "s3.faults.test") == 0) node = "127.0.0.1";
    return real(node, service, hints, result);
}

static FILE *open_stream(const char *name, const char *path, const char *mode) {
    FILE *(*real)(const char *, const char *) = (FILE * (*)(const char *, const char *)) dlsym(RTLD_NEXT, name);
    const char *ours = getenv("FAULTS_CA");
    return real(ours && strcmp(path, "/etc/ssl/certs/ca-certificates.crt") == 0 ? ours : path, mode);
}

FILE *fopen(const char *restrict path, const char *restrict mode) { return open_stream("fopen", path, mode); }
FILE *fopen64(const char *restrict path, const char *restrict mode) { return open_stream("fopen64", path, mode); }
