/*
 * The floor of a completion: sends HTTP requests that are ready, signature and all, over one kept connection.
 *
 *   replay PORT
 *
 * Standard input: batches, each the number of its requests and then every request as its length and its bytes; numbers
 * have 32 bits in the machine's order. A batch is sent one request after the other, each when the answer to the one
 * before is there. Standard output, for each batch: nanoseconds of wall time of each request, each as 64 bits, then
 * all statuses as 32 bits each, then the nanoseconds of CPU of the whole batch as 64 bits. Exit status 1 when the
 * connection or an answer is broken.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MAX_BATCH = 64, MAX_REQUEST = 1 << 16, MAX_ANSWER = 1 << 20 };

static char answer[MAX_ANSWER + 1];

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

static int64_t nanoseconds(clockid_t clock)
{
    struct timespec time;
    clock_gettime(clock, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static int connect_to(int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    int on = 1, connection = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connection < 0 || connect(connection, (struct sockaddr *)&address, sizeof address) != 0)
        fail("connect");
    setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return connection;
}

static void send_all(int connection, const char *bytes, size_t count)
{
    while (count > 0) {
        ssize_t sent = send(connection, bytes, count, MSG_NOSIGNAL);
        if (sent <= 0)
            fail("send");
        bytes += sent;
        count -= (size_t)sent;
    }
}

/* Whether `length` bytes of an answer are all of it; `has_body` is false for HEAD. */
static int is_whole(size_t length, int has_body)
{
    char *end = strstr(answer, "\r\n\r\n"), *field;
    size_t head;

    if (end == NULL)
        return 0;
    head = (size_t)(end - answer) + 4;
    if (!has_body || strncmp(answer + 9, "204", 3) == 0 || strncmp(answer + 9, "304", 3) == 0)
        return 1;
    field = strcasestr(answer, "\r\ncontent-length:");
    if (field != NULL && field < end)
        return length >= head + (size_t)strtoul(field + 17, NULL, 10);
    return length >= head + 5 && memcmp(answer + length - 5, "0\r\n\r\n", 5) == 0;
}

static uint32_t receive(int connection, int has_body)
{
    size_t length = 0;

    do {
        ssize_t got = recv(connection, answer + length, MAX_ANSWER - length, 0);
        if (got <= 0)
            fail("recv");
        length += (size_t)got;
        answer[length] = 0;
    } while (!is_whole(length, has_body));
    return (uint32_t)strtoul(answer + 9, NULL, 10);
}

static void take(void *bytes, size_t count)
{
    if (fread(bytes, 1, count, stdin) != count)
        fail("standard input");
}

int main(int argc, char **argv)
{
    static char requests[MAX_BATCH][MAX_REQUEST];
    static uint32_t lengths[MAX_BATCH], statuses[MAX_BATCH];
    static int64_t walls[MAX_BATCH];
    int connection = connect_to(argc == 2 ? atoi(argv[1]) : 0);
    uint32_t count;

    while (fread(&count, sizeof count, 1, stdin) == 1) {
        int64_t cpu, start;
        if (count > MAX_BATCH)
            return 2;
        for (uint32_t index = 0; index < count; index++) {
            take(&lengths[index], sizeof *lengths);
            if (lengths[index] > MAX_REQUEST)
                return 2;
            take(requests[index], lengths[index]);
        }
        cpu = nanoseconds(CLOCK_PROCESS_CPUTIME_ID);
        for (uint32_t index = 0; index < count; index++) {
            start = nanoseconds(CLOCK_MONOTONIC);
            send_all(connection, requests[index], lengths[index]);
            statuses[index] = receive(connection, strncmp(requests[index], "HEAD ", 5) != 0);
            walls[index] = nanoseconds(CLOCK_MONOTONIC) - start;
        }
        cpu = nanoseconds(CLOCK_PROCESS_CPUTIME_ID) - cpu;
        fwrite(walls, sizeof *walls, count, stdout);
        fwrite(statuses, sizeof *statuses, count, stdout);
        fwrite(&cpu, sizeof cpu, 1, stdout);
        fflush(stdout);
    }
    close(connection);
    return 0;
}
