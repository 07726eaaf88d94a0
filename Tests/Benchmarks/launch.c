/*
 * Runs CGI programs many times, in turns, and says what each start costs.
 *
 *   launch ROUNDS BODY ENVIRONMENT PROGRAM [ARGUMENT…] [ -- PROGRAM [ARGUMENT…] ]…
 *
 * BODY is the file given as standard input; ENVIRONMENT a file of NAME=VALUE, each ended by a NUL byte, and the whole
 * environment of the program. In every round each program runs once, so that a noisy moment touches all of them.
 * One line a program on standard output: median CPU (user + system) and median wall time, in microseconds, then the
 * first quartile of both. Exit status 1 if a run fails or answers nothing.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MAX_PROGRAMS = 8, MAX_ROUNDS = 10000, MAX_ENVIRONMENT = 128 };

static char *environment[MAX_ENVIRONMENT + 1];

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

static void read_environment(const char *path)
{
    static char text[65536];
    int file = open(path, O_RDONLY | O_CLOEXEC), count = 0;
    ssize_t length = file < 0 ? -1 : read(file, text, sizeof text - 1);

    if (length < 0)
        fail(path);
    close(file);
    for (char *at = text; at < text + length && count < MAX_ENVIRONMENT; at += strlen(at) + 1)
        environment[count++] = at;
}

static double microseconds(struct timeval time)
{
    return (double)time.tv_sec * 1e6 + (double)time.tv_usec;
}

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e6 + (double)time.tv_nsec / 1e3;
}

static void run_once(char **command, const char *body, double *cpu, double *wall)
{
    posix_spawn_file_actions_t actions;
    struct rusage usage;
    char sink[65536];
    int out[2], status;
    ssize_t got, answered = 0;
    pid_t child;
    double start;

    if (pipe2(out, O_CLOEXEC) != 0)
        fail("pipe2");
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, body, O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    start = now();
    if (posix_spawn(&child, command[0], &actions, NULL, command, environment) != 0)
        fail(command[0]);
    close(out[1]);
    while ((got = read(out[0], sink, sizeof sink)) > 0)
        answered += got;
    if (wait4(child, &status, 0, &usage) != child)
        fail("wait4");
    *wall = now() - start;
    *cpu = microseconds(usage.ru_utime) + microseconds(usage.ru_stime);
    close(out[0]);
    posix_spawn_file_actions_destroy(&actions);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0 || answered == 0) {
        fprintf(stderr, "launch: %s: wait status %d, %zd bytes\n", command[0], status, answered);
        exit(1);
    }
}

static int ascending(const void *left, const void *right)
{
    double difference = *(const double *)left - *(const double *)right;
    return difference < 0 ? -1 : difference > 0;
}

int main(int argc, char **argv)
{
    static double cpu[MAX_PROGRAMS][MAX_ROUNDS], wall[MAX_PROGRAMS][MAX_ROUNDS];
    char **commands[MAX_PROGRAMS];
    int programs = 0, rounds = argc > 4 ? atoi(argv[1]) : 0;

    if (rounds < 1 || rounds > MAX_ROUNDS) {
        fputs("usage: launch ROUNDS BODY ENVIRONMENT PROGRAM [ARGUMENT…] [-- PROGRAM …]…\n", stderr);
        return 2;
    }
    read_environment(argv[3]);
    commands[programs++] = argv + 4;
    for (int index = 5; index < argc; index++) {
        if (strcmp(argv[index], "--") != 0)
            continue;
        if (programs == MAX_PROGRAMS || index + 1 == argc)
            return 2;
        argv[index] = NULL;
        commands[programs++] = argv + index + 1;
    }

    for (int program = 0; program < programs; program++) /* once for the page cache, not counted */
        run_once(commands[program], argv[2], &cpu[program][0], &wall[program][0]);
    for (int round = 0; round < rounds; round++)
        for (int program = 0; program < programs; program++)
            run_once(commands[program], argv[2], &cpu[program][round], &wall[program][round]);

    for (int program = 0; program < programs; program++) {
        qsort(cpu[program], (size_t)rounds, sizeof(double), ascending);
        qsort(wall[program], (size_t)rounds, sizeof(double), ascending);
        printf("%.0f %.0f %.0f %.0f\n", cpu[program][rounds / 2], wall[program][rounds / 2], cpu[program][rounds / 4],
               wall[program][rounds / 4]);
    }
    return 0;
}
