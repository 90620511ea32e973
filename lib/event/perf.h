/* SPDX-License-Identifier: Apache-2.0
 * perf_event_open(2): opens, reads and scales counters. */
#ifndef HW_EVENT_PERF_H
#define HW_EVENT_PERF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "event/event.h"

enum hw_counter_status {
	HW_COUNTER_OK,
	HW_COUNTER_NOT_SUPPORTED, /* this machine or kernel cannot count it */
	HW_COUNTER_NOT_PERMITTED, /* it could, but not for this user */
	HW_COUNTER_NOT_BELIEVED,  /* it gave a count that cannot be, see stat/plausible.h; never
				   * from here */
};

struct hw_count {
	enum hw_counter_status status;
	double value;	    /* in the event's unit, scaled by running_pct; 0 unless status is OK */
	double running_pct; /* share of the time it was enabled that it was on a counter, 0 to 100;
			     * below 100 the value is an estimate; 0: it never ran, value unknown;
			     * 100 when it was never enabled, so that nothing was missed; above 100
			     * the kernel contradicts itself */
	double enabled_s;    /* time enabled, added up over threads (while they ran) or CPUs */
	int error;	    /* negative errno of the refusal, 0 when OK */
	bool user_only;	    /* it counts in user mode alone: the kernel part was refused */
};

/* perf_event_open(2) with PERF_FLAG_FD_CLOEXEC, for thread @tid (0: this one, -1: any) on @cpu (-1:
 * any), behind @group_fd (-1: alone). When there are no more descriptors the soft limit of open files
 * is raised. Returns the descriptor or the negative errno. */
int hw_perf_event_open(struct perf_event_attr *attr, pid_t tid, int cpu, int group_fd);

struct hw_counters; /* opaque: a set of open counters */

/* What to count. */
struct hw_counters_opts {
	pid_t pid;	     /* > 0: this process, its threads, all they create; 0 with all_cpus */
	bool all_cpus;	     /* the whole machine */
	bool enable_on_exec; /* counting starts when @pid calls execve(2), else at once */
};

/* Opens a counter per event (per thread or CPU where that is needed), groups as asked. An event
 * that is refused is kept with its status; a kernel-side refusal (EACCES under
 * perf_event_paranoid >= 2) is retried with exclude_kernel and noted in struct hw_count, unless the event happens only in the kernel (context-switches): a
 * user-mode count of it would always be 0. The soft limit of open files is raised at need.
 * Threads that another thread of @pid starts during the call may be missed. @events is borrowed
 * and must outlive the set.
 * Returns 0 and sets *ret (free with hw_counters_free()), or -ESRCH (no such process),
 * -EMFILE, -ENOMEM. */
int hw_counters_open(const struct hw_events *events, const struct hw_counters_opts *opts,
		     struct hw_counters **ret);
struct hw_counters *hw_counters_free(struct hw_counters *c);
HW_DEFINE_AUTO(struct hw_counters *, hw_counters_free)

/* Reads event @i: total since it was enabled, over threads, children and CPUs.
 * Returns 0 and sets *ret (whatever its status), or -EIO. */
int hw_counters_read(const struct hw_counters *c, size_t i, struct hw_count *ret);

/* Opens @event on the calling process for a moment, or on a CPU when it is one of a whole socket.
 * Returns 0 when this machine counts it for this user, be it in user mode only, else the negative
 * errno of perf_event_open(2). */
int hw_event_probe(const struct hw_event *event);

/* The status that the errno of perf_event_open(2) amounts to. */
enum hw_counter_status hw_counter_status_of(int error);

/* Its word in JSON and in separated values: "ok", "not-supported" ... */
const char *hw_counter_status_name(enum hw_counter_status status);

/* Whether this machine has a hardware PMU: cycles can be opened, or is refused only for
 * permission. */
bool hw_perf_has_pmu(void);

#endif
