/* SPDX-License-Identifier: Apache-2.0
 * Which core this machine has, and the metrics that its maker publishes for it: one table for each
 * microarchitecture in lib/event/cores, with the manual as source. */
#ifndef HW_EVENT_CORE_H
#define HW_EVENT_CORE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* What a CPU says of itself. */
struct hw_core_id {
	char vendor[16];   /* "GenuineIntel", "AuthenticAMD"; Arm: the implementer, "0x41" */
	uint32_t family;   /* x86; 0 on Arm */
	uint32_t model;	   /* x86: model; Arm: part number */
	uint32_t revision; /* x86: stepping; Arm: variant and revision, r1p2 is 0x12 */
	bool mixed;	   /* the CPUs of this machine differ in any of these but the revision */
};

/* The code of an event that the table takes from perf's generic ones, by name. */
#define HW_METRIC_GENERIC UINT64_MAX

struct hw_metric_event {
	const char *name; /* as the manual writes it; that of the formulas */
	uint64_t code;	  /* config of PERF_TYPE_RAW, by the manual; or HW_METRIC_GENERIC */
	/* libpfm4's name of it; NULL where libpfm4 4.13 has none, or a wrong code (see the table) */
	const char *pfm;
	int group; /* events of one group are counted at the same time */
};

/* The group of events that matter only while the second threads of cores are in use. */
#define HW_METRIC_SMT_GROUP 16

/* What else a metric is good for: the verdict looks for these. */
enum hw_metric_role {
	HW_METRIC_PLAIN,
	HW_METRIC_MEMORY_STALL, /* % of cycles that waited for memory beyond the first cache */
	HW_METRIC_STALL_BOUND,	/* % of cycles, of which memory can be the cause of all or of few */
	HW_METRIC_LLC_MPKI,	/* fetched from memory, per 1,000 instructions */
};

struct hw_metric {
	const char *name;
	const char *formula; /* event/formula.h; also of seconds: the time counted, SMT: 1 when the
			      * core's other threads are in use, else 0 */
	const char *unit;    /* "% of slots", "per 1,000 instructions", "" */
	enum hw_metric_role role;
	int group;	     /* a name stands for the event of this group, else for that of any */
	const char *meaning; /* of a high value, for people */
};

/* Metrics that are asked for by one name. */
struct hw_metric_set {
	const char *name; /* "topdown", "memory", "cache", "branch" */
	const struct hw_metric_event *events; /* the last has no name */
	const struct hw_metric *metrics;      /* likewise */
};

#define HW_CORE_SETS_MAX 4

/* The CPUs of a table: vendor, family, and ranges that include both ends. */
struct hw_core_match {
	const char *vendor;
	uint32_t family, model_first, model_last, revision_first, revision_last;
};

struct hw_core {
	const char *name;  /* "skylake" */
	const char *title; /* "Intel Skylake, Cascade Lake": what has this core */
	const char *source; /* the manuals */
	const struct hw_core_match *matches; /* the last has no vendor */
	const char *const *pmus;	     /* libpfm4's names of its PMU; NULL-terminated */
	const struct hw_metric_set sets[HW_CORE_SETS_MAX + 1]; /* the last has no name */
};

/* All tables; the last is NULL. The first is the generic one: perf's own events, for every CPU that
 * has no table. */
extern const struct hw_core *const hw_cores[];

/* Reads what /proc/cpuinfo says from @f. Returns 0 and sets *ret, or -ENOENT when it names no CPU
 * in a form of x86 or Arm. */
int hw_core_identify(FILE *f, struct hw_core_id *ret);

/* The table for a CPU that says @id; the generic one where there is none, or when its cores
 * differ. */
const struct hw_core *hw_core_of(const struct hw_core_id *id);

/* The table for this machine; *ret_id is all zeros when it does not say what it is. */
const struct hw_core *hw_core_here(struct hw_core_id *ret_id);

/* The table @name; NULL. */
const struct hw_core *hw_core_find(const char *name);

/* Whether the table is that for CPUs that have none. */
bool hw_core_is_generic(const struct hw_core *core);

/* The set @name of @core; NULL. */
const struct hw_metric_set *hw_core_set(const struct hw_core *core, const char *name);

/* Whether the second thread of a core is in use on this machine. */
bool hw_core_smt(void);

/* Room for what hw_core_describe() writes, with its end. */
#define HW_CORE_TEXT_SIZE 96

/* "GenuineIntel family 6 model 85", "implementer 0x41 part 0xd0c", "cores of several kinds", "a CPU
 * that does not say what it is". */
const char *hw_core_describe(char buf[static HW_CORE_TEXT_SIZE], const struct hw_core_id *id);

#endif
