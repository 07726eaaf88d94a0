#define _GNU_SOURCE
#include "shim.h"
#include <fcgios.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

int countersign_accept(int listener) { return accept4(listener, NULL, NULL, SOCK_CLOEXEC); }

static _Thread_local struct {
    const char *next;
    size_t left;
} lent;

void countersign_lend(const void *bytes, size_t count) {
    lent.next = bytes;
    lent.left = count;
}

/* What libfcgi reads with. It calls its own exported function as any other, so that the program's definition comes first. */
int OS_Read(int descriptor, char *buffer, size_t count) {
    if (descriptor != countersign_lent) return (int)read(descriptor, buffer, count);
    if (count > lent.left) count = lent.left;
    if (count == 0) return 0;
    memcpy(buffer, lent.next, count);
    lent.next += count;
    lent.left -= count;
    return (int)count;
}

void countersign_name_thread(const void *name) { pthread_setname_np(pthread_self(), name); }

int countersign_timer(void) { return timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK); }

void countersign_tick(int timer, long nanoseconds) {
    struct itimerspec once = {.it_value = {.tv_sec = nanoseconds / 1000000000, .tv_nsec = nanoseconds % 1000000000}};
    timerfd_settime(timer, 0, &once, NULL);
}

static _Thread_local const void *employer;

void countersign_set_employer(const void *now) { employer = now; }

const void *countersign_employer(void) { return employer; }
