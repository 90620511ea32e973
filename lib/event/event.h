/* SPDX-License-Identifier: Apache-2.0
 * Event names to perf_event_attr. Names come from perf's generic set, from libpfm4 (no other
 * module includes it), from tracefs and from the PMU folders of sysfs. */
#ifndef HW_EVENT_EVENT_H
#define HW_EVENT_EVENT_H

#include <linux/perf_event.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/cleanup.h"

#define HW_EVENTS_MAX 64 /* in one list */

struct hw_event {
	char *name; /* as the user wrote it, modifiers included: "cycles:u" */
	/* type, config*, exclude_*, precise_ip and size are set; read_format, sampling, inherit
	 * and enable_on_exec belong to the opener */
	struct perf_event_attr attr;
	int leader;	  /* index in the list of the first event of its {group}; -1: alone */
	double scale;	  /* what makes a raw count one of @unit; 1 but for PMUs of sysfs */
	char unit[16];	  /* "ns" for clocks, "Joules" for energy, "" for plain counts */
};

struct hw_events {
	struct hw_event *items;
	size_t count, cap;
};

void hw_events_done(struct hw_events *events); /* frees what it holds; may be all zeros */
HW_DEFINE_AUTO_DONE(struct hw_events, hw_events_done)

/* Whether @event is page faults: page-faults, minor-faults or major-faults. */
bool hw_event_is_fault(const struct hw_event *event);

/* Room for the longest name that the list and the suggestions hold, with its end. */
#define HW_EVENT_NAME_SIZE 256

/* Adds to @events what @spec names: a comma-separated list of
 *   cycles, page-faults, LLC-load-misses, cpu-clock ...	perf's generic names
 *   INST_RETIRED:ANY, skl::..., perf::...			libpfm4 names with its attributes
 *   r01c2							raw code of the core PMU, in hex
 *   sched:sched_switch						tracepoint
 *   cpu/event=0x3c,umask=1/, power/energy-pkg/			PMU of sysfs with its terms
 *   {a,b,c}							a group, scheduled together
 * each with perf's modifiers behind a colon: u k h p pp ppp.
 * Returns 0, or, with @events unchanged, and then *ret_bad (caller frees; the offending name; NULL
 * without memory):
 *   -ENOENT   no such event		-EINVAL  malformed list, group or modifier
 *   -EACCES   tracefs not readable	-E2BIG   more than HW_EVENTS_MAX	-ENOMEM
 *   -EOPNOTSUPP  a modifier (G H P S D I W e b R) or an attribute (period=, freq=, cpu=) that perf
 *             or libpfm4 has and hwprof has not
 *   -EBADMSG  a file of sysfs or tracefs is not in its documented form */
int hw_events_parse(struct hw_events *events, const char *spec, char **ret_bad);

/* Writes up to @max (at most HW_EVENT_SUGGESTIONS) known names near to @name to @ret_names, nearest
 * first (edit distance, substrings count as near). Returns how many. */
#define HW_EVENT_SUGGESTIONS 8
size_t hw_event_suggest(const char *name, char (*ret_names)[HW_EVENT_NAME_SIZE], size_t max);

/* One row of `hwprof list`. */
struct hw_event_info {
	const char *name;
	const char *group;	 /* "hardware", "software", "cache", "tracepoint", or a PMU */
	const char *description; /* "" when there is none */
};

/* Calls @visit for every known event whose name, group or description contains @pattern without
 * regard to case (NULL: all; a pattern with * or ? is matched by fnmatch(3) on the name); the
 * strings live during the call. Tracepoints come last, and only when tracefs can be read. Stops
 * at, and returns, the first non-zero result of @visit; else 0 or -ENOMEM. */
int hw_event_visit(const char *pattern, int (*visit)(void *ctx, const struct hw_event_info *info),
		   void *ctx);

#endif
