/* SPDX-License-Identifier: Apache-2.0
 * The accounts that bpf/wait.bpf.c keeps at the scheduler: who ran, who could have, what was waited
 * for. Nothing of the processes is touched. A switch of a thread costs some 0.2 us more, one outside
 * the session some 0.1 us, nearly all of it the kernel's way to a program that does nothing.
 *
 *	hw_waits_open(&opts, &w);
 *	hw_waits_add(w, pid);		// the session begins
 *	... hw_waits_tick(w, 0) every now and then ...
 *	hw_waits_end(w, wall_s, &wall); */
#ifndef HW_SCHED_WAITS_H
#define HW_SCHED_WAITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/cleanup.h"
#include "profile/wall.h"

/* Maps that these programs fill and those of bpf/sample.bpf.c read: by descriptor, so that both can be
 * loaded at once. */
struct hw_waits_maps {
	int dues; /* struct hw_due, per CPU */
	int gils; /* struct hw_gil by tgid in the first pid namespace */
};

/* Creates both. Returns 0 and fills *ret (close with hw_waits_maps_done()), or the negative errno of
 * bpf(2). */
int hw_waits_maps_create(struct hw_waits_maps *ret);
void hw_waits_maps_done(struct hw_waits_maps *maps);
HW_DEFINE_AUTO_DONE(struct hw_waits_maps, hw_waits_maps_done)

struct hw_binaries;

struct hw_waits_opts {
	const struct hw_waits_maps *maps; /* NULL: maps of its own */
	uint32_t processes;	/* each process is a session, so many at the most; 0: all are one */
	uint64_t off_period_ns; /* blocked time per sample, see struct hw_due; 0: no samples */
	struct hw_binaries *binaries; /* where CPython is looked for, borrowed; NULL: a set of its own */
};

struct hw_waits; /* opaque */

/* Loads the programs. Returns 0 and sets *ret (free with hw_waits_free()), or the negative errno of
 * bpf(2), -ENOMEM. */
int hw_waits_open(const struct hw_waits_opts *opts, struct hw_waits **ret);
struct hw_waits *hw_waits_free(struct hw_waits *w);
HW_DEFINE_AUTO(struct hw_waits *, hw_waits_free)

/* Adds the threads of process @pid and all that they create from now on; 0: every process but this
 * one. The time of a session begins with its first thread. Those that are there stay as they are.
 * Returns 0, or the negative errno of bpf(2). */
int hw_waits_add(struct hw_waits *w, pid_t pid);

/* Closes a stretch of the timeline, if the last one is some 50 ms old, and follows the rate of
 * blocked samples; @rss_bytes as in struct hw_wall_point. Call it at least every 100 ms. 0,
 * -ENOMEM. */
int hw_waits_tick(struct hw_waits *w, uint64_t rss_bytes);

/* The account so far of session 0, without its timeline; *ret owns nothing. A wait that goes on is
 * HW_WALL_OTHER here, and in no thread's time. */
void hw_waits_read(struct hw_waits *w, struct hw_wall *ret);

/* Ends the account: the session has lasted @wall_s, or until now for a value <= 0. Moves the
 * timeline to *ret (release with hw_wall_done()). A wait that goes on has the class that
 * sched/thread_states.h tells. 0, -ENOMEM. */
int hw_waits_end(struct hw_waits *w, double wall_s, struct hw_wall *ret);

/* A process and its account, for sessions by process. */
struct hw_waits_process {
	pid_t pid;
	char comm[16];
	bool alive;	     /* has a thread */
	struct hw_wall wall; /* from its begin, or that of the recording, to its end */
};

/* The accounts of all processes until now, with the waits that go on as hw_waits_end() has them.
 * Returns how many and sets *ret (free(3) it; the walls own nothing), or -ENOMEM or the negative
 * errno of bpf(2). *ret_left_out: processes that found no room. */
ssize_t hw_waits_processes(struct hw_waits *w, struct hw_waits_process **ret,
			   uint64_t *ret_left_out);

/* The process with account @number, from 1 on in the order they came; 0: there is none (yet). */
pid_t hw_waits_pid(struct hw_waits *w, uint32_t number);

/* Whether @wall, as hw_waits_end() gave it, is to be believed: see hw_wall_doubt(), which @usage is for.
 * If not, *ret_why is a sentence that says why not, to be freed, or NULL without memory. */
bool hw_waits_believable(const struct hw_waits *w, const struct hw_wall *wall,
			 const struct hw_usage *usage, char **ret_why);

/* What the accounts miss: threads for which there was no memory, and events of the scheduler during
 * which the kernel would not run a program (a CPU ran it already). */
uint64_t hw_waits_missed(const struct hw_waits *w);

#endif
