#include "shim.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>

// From libmagic's <magic.h>, whose values are part of its ABI.
#define MAGIC_MIME_TYPE 0x0000010
#define MAGIC_ERROR 0x0000200

static struct {
    void *(*open)(int);
    void (*close)(void *);
    int (*load)(void *, const char *);
    const char *(*buffer)(void *, const void *, size_t);
    const char *(*error)(void *);
} magic;

static pthread_once_t once = PTHREAD_ONCE_INIT;
static char problem[256] = "libmagic was not loaded";
static const char *failure = problem;

static void *library_symbol(void *library, const char *name) {
    void *symbol = dlsym(library, name);
    if (symbol == NULL) snprintf(problem, sizeof problem, "libmagic has no %s", name);
    return symbol;
}

static void load(void) {
    void *library = dlopen("libmagic.so.1", RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) {
        const char *reason = dlerror();
        snprintf(problem, sizeof problem, "%s", reason != NULL ? reason : "libmagic.so.1 cannot be loaded");
        return;
    }
// `*(void **)&` is POSIX's own way to make a function of a symbol.
#define COUNTERSIGN_SYMBOL(NAME)                                                                                       \
    if ((*(void **)&magic.NAME = library_symbol(library, "magic_" #NAME)) == NULL) return;
    COUNTERSIGN_SYMBOL(open)
    COUNTERSIGN_SYMBOL(close)
    COUNTERSIGN_SYMBOL(load)
    COUNTERSIGN_SYMBOL(buffer)
    COUNTERSIGN_SYMBOL(error)
#undef COUNTERSIGN_SYMBOL
    failure = NULL;
}

const char *countersign_magic_load(void) {
    pthread_once(&once, load);
    return failure;
}

void *countersign_magic_open(char *text, size_t count) {
    void *cookie = magic.open(MAGIC_MIME_TYPE | MAGIC_ERROR);
    if (cookie == NULL) {
        snprintf(text, count, "libmagic has no memory");
        return NULL;
    }
    if (magic.load(cookie, NULL) != 0) {
        const char *reason = magic.error(cookie);
        snprintf(text, count, "libmagic has no database: %s", reason != NULL ? reason : "unknown error");
        magic.close(cookie);
        return NULL;
    }
    return cookie;
}

void countersign_magic_close(void *cookie) {
    magic.close(cookie);
}

const char *countersign_magic_buffer(void *cookie, const void *bytes, size_t count) {
    return magic.buffer(cookie, bytes, count);
}

const char *countersign_magic_error(void *cookie) {
    return magic.error(cookie);
}
