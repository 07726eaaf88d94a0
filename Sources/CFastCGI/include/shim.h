#pragma once
#include <fcgiapp.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/un.h>

/* accept4, memfd_create and pthread_setname_np hide behind _GNU_SOURCE, which the importer of the system's headers does not set. */
int countersign_accept(int listener);
int countersign_memory(void);
void countersign_name_thread(const void *name);
