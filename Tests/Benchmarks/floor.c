/*
 * The floor: the least that a program on libfcgi can do for the request that Countersign signs.
 *
 * It reads the body to its end and answers a constant JSON body of a given size. What a contestant costs beyond this
 * program is its own work; what it costs below is libfcgi and the kernel.
 *
 *   floor -l SOCKET -t THREADS -s SIZE     FastCGI on a unix socket of its own, until SIGTERM
 *   floor -s SIZE                          CGI
 */
#define _GNU_SOURCE
#include <fcgiapp.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MAX_ANSWER = 65536, MAX_THREADS = 256 };

static int listener = -1;
static char answer[MAX_ANSWER + 256];
static int answer_length;

/* Header and body as one block: {"pad":"xxx…"} of exactly `size` bytes. */
static void make_answer(int size)
{
    const char *before = "{\"pad\":\"", *after = "\"}";
    int pad = size - (int)(strlen(before) + strlen(after));
    int at = snprintf(answer, sizeof answer,
                      "Status: 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", size, before);

    memset(answer + at, 'x', (size_t)pad);
    at += pad;
    memcpy(answer + at, after, strlen(after));
    answer_length = at + (int)strlen(after);
}

static void *serve(void *unused)
{
    /* On the heap: libfcgi's streams keep its address. */
    FCGX_Request *request = malloc(sizeof *request);
    char body[8192];

    (void)unused;
    if (request == NULL || FCGX_InitRequest(request, listener, 0) != 0)
        exit(1);
    while (FCGX_Accept_r(request) >= 0) {
        while (FCGX_GetStr(body, sizeof body, request->in) == (int)sizeof body)
            ;
        FCGX_PutStr(answer, answer_length, request->out);
        FCGX_Finish_r(request);
    }
    return NULL;
}

static int serve_cgi(void)
{
    const char *declared = getenv("CONTENT_LENGTH");
    long left = declared != NULL ? strtol(declared, NULL, 10) : 0;
    char body[8192];
    int at = 0;

    while (left > 0) {
        ssize_t got = read(STDIN_FILENO, body, sizeof body);
        if (got <= 0)
            return 1;
        left -= got;
    }
    while (at < answer_length) {
        ssize_t put = write(STDOUT_FILENO, answer + at, (size_t)(answer_length - at));
        if (put <= 0)
            return 1;
        at += (int)put;
    }
    return 0;
}

int main(int argc, char **argv)
{
    const char *path = NULL;
    int threads = 32, size = 1600, option, got, index;
    sigset_t ends;

    while ((option = getopt(argc, argv, "l:t:s:")) != -1) {
        if (option == 'l')
            path = optarg;
        else if (option == 't')
            threads = atoi(optarg);
        else if (option == 's')
            size = atoi(optarg);
        else
            return 2;
    }
    if (size < 16 || size > MAX_ANSWER || threads < 1 || threads > MAX_THREADS)
        return 2;
    make_answer(size);

    if (FCGX_Init() != 0)
        return 1;
    if (path == NULL)
        return FCGX_IsCGI() ? serve_cgi() : 2;

    /* Blocked before any thread starts, waited for in one place. */
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    pthread_sigmask(SIG_BLOCK, &ends, NULL);

    listener = FCGX_OpenSocket(path, 128);
    if (listener < 0)
        return 1;
    for (index = 0; index < threads; index++) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, serve, NULL) != 0)
            return 1;
        pthread_detach(thread);
    }
    sigwait(&ends, &got);
    exit(0);
}
