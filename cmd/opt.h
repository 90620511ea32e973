/* SPDX-License-Identifier: Apache-2.0
 * Option values: bounded, whole, with one clear line when they are not. Each returns 0, or prints
 * the error with argp_error(3), which exits with HW_EXIT_OURS. */
#ifndef HW_CMD_OPT_H
#define HW_CMD_OPT_H

#include <argp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

/* A whole decimal number in [@min, @max]; @what names the option in the error: "-F". */
error_t opt_unsigned(struct argp_state *st, const char *what, const char *arg, uint64_t min,
		     uint64_t max, uint64_t *ret);

/* A process id that exists now. */
error_t opt_pid(struct argp_state *st, const char *what, const char *arg, pid_t *ret);

/* Adds the processes of the comma-separated @arg, all of which exist now, to the array *pids of *n
 * (free(3) it). */
error_t opt_pids(struct argp_state *st, const char *what, const char *arg, pid_t **pids, size_t *n);

/* A time in seconds from a millisecond to a year, "1.5", in nanoseconds. */
error_t opt_seconds(struct argp_state *st, const char *what, const char *arg, uint64_t *ret_ns);

/* The common refusal of what a parser does not know: for ARGP_KEY_ARG and the like. */
error_t opt_usage(struct argp_state *st, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Adds the events of @spec to the list; an unknown one ends in an error that offers the nearest
 * names. */
struct hw_events;
error_t opt_events(struct argp_state *st, const char *spec, struct hw_events *events);

/* Opens @path for writing with O_CLOEXEC, or returns stderr when @path is NULL; on failure prints
 * the error and returns NULL. */
FILE *opt_output(const char *path);

#endif
