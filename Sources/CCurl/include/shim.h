#pragma once
#define CURL_NO_OLDIES
#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>
#include <stddef.h>

// libcurl, loaded at the first call: linked in it would cost every start the thirty libraries it needs.

// NULL when the library is there, else why not; the first call loads it, the others cost nothing.
const char *countersign_curl_load(void);

// The rest may be called only after countersign_curl_load() has returned NULL.

void *countersign_curl_init(void);
void countersign_curl_reset(void *handle);
void countersign_curl_cleanup(void *handle);
CURLcode countersign_curl_perform(void *handle);
const char *countersign_curl_strerror(CURLcode code);
long countersign_curl_response_code(void *handle);

CURLcode countersign_curl_set_long(void *handle, CURLoption option, long value);
CURLcode countersign_curl_set_offset(void *handle, CURLoption option, curl_off_t value);
CURLcode countersign_curl_set_pointer(void *handle, CURLoption option, const void *value);
CURLcode countersign_curl_set_write(void *handle, curl_write_callback function, void *context);
CURLcode countersign_curl_set_header(void *handle, curl_write_callback function, void *context);
CURLcode countersign_curl_set_progress(void *handle, curl_xferinfo_callback function, void *context);

// http and https and nothing else, under the name that the library knows; sockets are closed on exec.
CURLcode countersign_curl_restrict(void *handle);

// NULL where there is no memory; `list` is as it was then.
struct curl_slist *countersign_curl_append(struct curl_slist *list, const char *line);
void countersign_curl_free_list(struct curl_slist *list);
