#pragma once
#include <stddef.h>

// libmagic, loaded at the first call: only a site that inspects uploads needs it.

// NULL when the library is there, else why not; the first call loads it, the others cost nothing.
const char *countersign_magic_load(void);

// The rest may be called only after countersign_magic_load() has returned NULL.

// A cookie with the system's database, that tells media types; NULL where there is no memory or no database, and then
// up to `count` bytes of `problem` say why. One thread at a time may use it.
void *countersign_magic_open(char *problem, size_t count);
void countersign_magic_close(void *cookie);

// Valid until the cookie's next call; NULL on error.
const char *countersign_magic_buffer(void *cookie, const void *bytes, size_t count);

// Why the last call failed; NULL where it did not.
const char *countersign_magic_error(void *cookie);
