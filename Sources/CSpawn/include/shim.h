#pragma once
#include <sys/types.h>

// What glibc has for starting programs, safely and as they were told, and Swift's module of it leaves out.

// What main was given, a null pointer at the end; Swift looks into /proc for it, which need not be there.
char *const *countersign_arguments(void);

// A pipe, both ends closed on exec and above the three standard descriptors; 0 or an errno.
int countersign_pipe(int ends[2]);

// Starts `path` in a process group of its own, in the root directory, with `input` and `output` as its standard ones,
// our standard error and no other descriptor, no signal blocked or ignored; 0 or an errno.
int countersign_spawn(pid_t *process, const char *path, char *const arguments[], char *const environment[], int input,
                      int output);
