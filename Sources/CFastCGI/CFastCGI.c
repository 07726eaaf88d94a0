#define _GNU_SOURCE
#include "shim.h"
#include <pthread.h>
#include <sys/socket.h>

int countersign_accept(int listener) { return accept4(listener, NULL, NULL, SOCK_CLOEXEC); }

int countersign_memory(void) { return memfd_create("request", MFD_CLOEXEC); }

void countersign_name_thread(const void *name) { pthread_setname_np(pthread_self(), name); }
