#include "shim.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>

static struct {
    CURLcode (*global_init)(long);
    CURL *(*easy_init)(void);
    void (*easy_reset)(CURL *);
    void (*easy_cleanup)(CURL *);
    CURLcode (*easy_perform)(CURL *);
    CURLcode (*easy_setopt)(CURL *, CURLoption, ...);
    CURLcode (*easy_getinfo)(CURL *, CURLINFO, ...);
    const char *(*easy_strerror)(CURLcode);
    struct curl_slist *(*slist_append)(struct curl_slist *, const char *);
    void (*slist_free_all)(struct curl_slist *);
} curl;

static pthread_mutex_t loading = PTHREAD_MUTEX_INITIALIZER;
static char problem[256] = "libcurl was not loaded";
static const char *failure = problem;

static const char *const names[] = {"libcurl.so.4", "libcurl-gnutls.so.4"};

static void *library_symbol(void *library, const char *name) {
    void *symbol = dlsym(library, name);
    if (symbol == NULL) snprintf(problem, sizeof problem, "libcurl has no %s", name);
    return symbol;
}

static void load(void) {
    void *library = NULL;
    for (size_t i = 0; library == NULL && i < sizeof names / sizeof *names; i++) {
        library = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
        if (library == NULL && i == 0) {
            const char *reason = dlerror();
            snprintf(problem, sizeof problem, "%s", reason != NULL ? reason : "libcurl.so.4 cannot be loaded");
        }
    }
    if (library == NULL) return;
// `*(void **)&` is POSIX's own way to make a function of a symbol.
#define COUNTERSIGN_SYMBOL(NAME)                                                                                       \
    if ((*(void **)&curl.NAME = library_symbol(library, "curl_" #NAME)) == NULL) return;
    COUNTERSIGN_SYMBOL(global_init)
    COUNTERSIGN_SYMBOL(easy_init)
    COUNTERSIGN_SYMBOL(easy_reset)
    COUNTERSIGN_SYMBOL(easy_cleanup)
    COUNTERSIGN_SYMBOL(easy_perform)
    COUNTERSIGN_SYMBOL(easy_setopt)
    COUNTERSIGN_SYMBOL(easy_getinfo)
    COUNTERSIGN_SYMBOL(easy_strerror)
    COUNTERSIGN_SYMBOL(slist_append)
    COUNTERSIGN_SYMBOL(slist_free_all)
#undef COUNTERSIGN_SYMBOL
    CURLcode code = curl.global_init(CURL_GLOBAL_DEFAULT);
    if (code != CURLE_OK) {
        snprintf(problem, sizeof problem, "libcurl cannot start: %s", curl.easy_strerror(code));
        return;
    }
    failure = NULL;
}

const char *countersign_curl_load(void) {
    // A failure may be of the moment, for want of a descriptor: the next call tries again.
    pthread_mutex_lock(&loading);
    if (failure != NULL) load();
    const char *result = failure;
    pthread_mutex_unlock(&loading);
    return result;
}

void *countersign_curl_init(void) {
    return curl.easy_init();
}

void countersign_curl_reset(void *handle) {
    curl.easy_reset(handle);
}

void countersign_curl_cleanup(void *handle) {
    curl.easy_cleanup(handle);
}

CURLcode countersign_curl_perform(void *handle) {
    return curl.easy_perform(handle);
}

const char *countersign_curl_strerror(CURLcode code) {
    return curl.easy_strerror(code);
}

long countersign_curl_response_code(void *handle) {
    long code = 0;
    return curl.easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &code) == CURLE_OK ? code : 0;
}

CURLcode countersign_curl_set_long(void *handle, CURLoption option, long value) {
    return curl.easy_setopt(handle, option, value);
}

CURLcode countersign_curl_set_offset(void *handle, CURLoption option, curl_off_t value) {
    return curl.easy_setopt(handle, option, value);
}

CURLcode countersign_curl_set_pointer(void *handle, CURLoption option, const void *value) {
    return curl.easy_setopt(handle, option, value);
}

CURLcode countersign_curl_set_write(void *handle, curl_write_callback function, void *context) {
    CURLcode code = curl.easy_setopt(handle, CURLOPT_WRITEFUNCTION, function);
    return code != CURLE_OK ? code : curl.easy_setopt(handle, CURLOPT_WRITEDATA, context);
}

CURLcode countersign_curl_set_header(void *handle, curl_write_callback function, void *context) {
    CURLcode code = curl.easy_setopt(handle, CURLOPT_HEADERFUNCTION, function);
    return code != CURLE_OK ? code : curl.easy_setopt(handle, CURLOPT_HEADERDATA, context);
}

CURLcode countersign_curl_set_progress(void *handle, curl_xferinfo_callback function, void *context) {
    CURLcode code = curl.easy_setopt(handle, CURLOPT_XFERINFOFUNCTION, function);
    if (code == CURLE_OK) code = curl.easy_setopt(handle, CURLOPT_XFERINFODATA, context);
    return code != CURLE_OK ? code : curl.easy_setopt(handle, CURLOPT_NOPROGRESS, 0L);
}

static int close_on_exec(void *context, curl_socket_t socket, curlsocktype purpose) {
    (void)context;
    (void)purpose;
    int flags = fcntl(socket, F_GETFD);
    if (flags >= 0) fcntl(socket, F_SETFD, flags | FD_CLOEXEC);
    return CURL_SOCKOPT_OK;
}

CURLcode countersign_curl_restrict(void *handle) {
    CURLcode code = curl.easy_setopt(handle, CURLOPT_SOCKOPTFUNCTION, close_on_exec);
    if (code != CURLE_OK) return code;
#if LIBCURL_VERSION_NUM >= 0x075500
    if (curl.easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK) return CURLE_OK;
#endif
    // CURLOPT_PROTOCOLS, deprecated since 7.85 and all that is known before.
    return curl.easy_setopt(handle, (CURLoption)(CURLOPTTYPE_LONG + 181), (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
}

struct curl_slist *countersign_curl_append(struct curl_slist *list, const char *line) {
    return curl.slist_append(list, line);
}

void countersign_curl_free_list(struct curl_slist *list) {
    curl.slist_free_all(list);
}
