/* SPDX-License-Identifier: Apache-2.0
 * The clocks of one run: CPU time, blocked time, and both together. All of it is thread time: what
 * every thread spent, added up.
 *
 * A view rewrites the samples of a profile, so that tables and trees need not know of clocks: a
 * wait becomes a sample with a marker at its leaf that names its cause. The kernel's way to sleep
 * and those who only pass it on, the C library and CPython with the extension modules of its
 * standard library, go, unless all native code is to be seen:
 *
 *	leaf  schedule  futex_wait  __futex_abstimed_wait  take_lock (/bin/x)  main (/bin/x)
 *	becomes                     [waits: lock]          take_lock           main */
#ifndef HW_VIEW_CLOCK_H
#define HW_VIEW_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "profile/profile.h"

enum hw_clock { HW_CLOCK_CPU, HW_CLOCK_BLOCKED, HW_CLOCK_WALL };

/* Threads that only wait for work, at one place. */
struct hw_idle {
	uint32_t stack; /* the place, without a marker */
	size_t threads;
	uint64_t ns[HW_WALL_CLASSES]; /* blocked, by cause */
};

struct hw_clock_view {
	enum hw_clock clock;		 /* BLOCKED or WALL */
	uint16_t event;			 /* whose samples are the view, in ns */
	uint32_t waits[HW_WALL_CLASSES]; /* the markers, frame numbers; UINT32_MAX for busy */
	uint64_t ns[HW_WALL_CLASSES];	 /* sums of the view; busy: on CPUs */
	uint64_t samples_cpu, samples_blocked;
	struct hw_idle *idle; /* not in the view; longest first */
	size_t n_idle, cap_idle;
};

struct hw_clock_opts {
	enum hw_clock clock; /* BLOCKED or WALL */
	int cpu_event;	     /* on-CPU samples, by number in the session; negative: none */
	bool native_all;     /* keep all frames of waits */
	bool keep_idle;	     /* leave idle threads in the view */
};

/* "cpu", "blocked", "wall". */
const char *hw_clock_name(enum hw_clock clock);

/* Whether the event @name is @base, perhaps with modifiers: "cycles:u". */
bool hw_clock_is_event(const char *name, const char *base);

/* The number of the first event of @p whose samples are spread over CPU time: cpu-clock, task-clock
 * or cycles; of the one with its blocked time. -ENOENT when there is none. */
int hw_clock_cpu_event(const struct hw_profile *p);
int hw_clock_off_cpu_event(const struct hw_profile *p);

/* Adds an event to @p and makes the samples of the clock its own.
 *
 * A thread is idle, and its wait left out, when it spent at least 95 % of the time seen of it, and
 * half of what the recording spans, blocked at one place, for other threads or processes to give it
 * work or for a timer (lock, pipe, sleep, other): a pool's worker without a task. The main thread
 * of the first process never is.
 *
 * Returns 0 and fills *ret (release with hw_clock_view_done()), or, with @p fit for freeing only,
 *   -ENODATA    no blocked time was recorded
 *   -ENOENT     a wall clock needs an event on CPUs
 *   -EDOM       as hw_charge_worth()
 *   -EOVERFLOW  too many stacks or events, or times that no run can have
 *   -ENOMEM */
int hw_clock_view(struct hw_profile *p, const struct hw_clock_opts *opts,
		  struct hw_clock_view *ret);
void hw_clock_view_done(struct hw_clock_view *v); /* may be all zeros */
HW_DEFINE_AUTO_DONE(struct hw_clock_view, hw_clock_view_done)

/* The blocked part of @ns, the sum of all classes but busy. */
uint64_t hw_clock_blocked(const uint64_t ns[static HW_WALL_CLASSES]);

/* The class of a sample of blocked time: its cause. */
enum hw_wall_class hw_clock_cause(const struct hw_sample *s);

#endif
