/* SPDX-License-Identifier: Apache-2.0
 * The files that a command will map before its first own instruction: its program, the program of a
 * script's first line, and their shared libraries. */
#ifndef HW_UNWIND_STARTUP_FILES_H
#define HW_UNWIND_STARTUP_FILES_H

typedef void hw_startup_files_fn(void *ctx, const char *path);

/* Calls @fn with each file that @argv needs. The libraries are those that the dynamic linker lists
 * (ld.so(8), --list), so they are the right ones also with LD_LIBRARY_PATH or a RUNPATH; it runs
 * none of their code. What cannot be found is left out: it is a forecast. */
void hw_startup_files_visit(char *const *argv, hw_startup_files_fn *fn, void *ctx);

/* The path of the program that @argv[0] names, as execvp(3) finds it. Returns 0 and sets *ret
 * (free(3) it), or -ENOENT, -ENOMEM. */
int hw_startup_files_program(char *const *argv, char **ret);

#endif
