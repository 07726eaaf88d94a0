#pragma once
#include <fcgiapp.h>
#include <limits.h>
#include <malloc.h>
#include <stddef.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/signalfd.h>
#include <sys/un.h>

/* accept4 and pthread_setname_np hide behind _GNU_SOURCE, which the importer of the system's headers does not set. */
int countersign_accept(int listener);
void countersign_name_thread(const void *name);

/* A timerfd, and one tick of it in so many nanoseconds. Its header would bring glibc's time.h into this module. */
int countersign_timer(void);
void countersign_tick(int timer, long nanoseconds);

/* A descriptor that no file has: libfcgi reads from it what the calling thread has been lent, to its end. */
enum { countersign_lent = INT_MAX };

/* The bytes stay the caller's, and must stay where they are until all is read that will be. */
void countersign_lend(const void *bytes, size_t count);

/* What the calling thread works for; NULL where it is no worker. */
void countersign_set_employer(const void *employer);
const void *countersign_employer(void);
