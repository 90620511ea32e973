/* SPDX-License-Identifier: Apache-2.0
 * The model of a recording: strings, modules, frames, stacks and tasks stored once, samples that
 * refer to them by number, and the session they were taken in. The recorder fills it and
 * profile/file.h writes it piece by piece; the reports read it. */
#ifndef HW_PROFILE_PROFILE_H
#define HW_PROFILE_PROFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/intern.h"
#include "proc/usage.h"
#include "profile/wall.h"

/* What a profile holds at the most; the reader refuses more. */
#define HW_PROFILE_STRING_MAX (1u << 20) /* bytes of one string */
#define HW_PROFILE_STACK_MAX  4096u	 /* frames of one stack */

enum hw_frame_kind {
	HW_FRAME_NATIVE = 1,
	HW_FRAME_PYTHON = 2,
	HW_FRAME_KERNEL = 3,
	HW_FRAME_MARKER = 4, /* says why frames are missing here, in its name: "[stack too deep]" */
};

enum hw_frame_flags {
	HW_FRAME_INTERPRETER = 1, /* native code of CPython itself: reports fold it by default */
	HW_FRAME_INLINED = 2,	  /* the compiler put the function into its caller, the next frame */
	/* Of the innermost native frame of a sample on a CPU: its code was decoded, and the instruction
	 * before the one that was interrupted reads memory, or writes some; its address came out of
	 * memory itself, as that of the next node of a list does (bound/stall.h). */
	HW_FRAME_DECODED = 4,
	HW_FRAME_AFTER_LOAD = 8,
	HW_FRAME_AFTER_STORE = 16,
	HW_FRAME_ADDR_LOADED = 32,
	HW_FRAME_FLAGS = 63, /* all of them */
};

/* Records below are compared and stored byte by byte: every field counts, no padding.
 * Strings are numbers from hw_profile_string(); 0 is "". */
struct hw_module_info {
	uint32_t path;	   /* "/usr/bin/python3.11", "[kernel]", "[vdso]", "" unknown */
	uint32_t build_id; /* lower-case hexadecimal */
};

struct hw_frame {
	uint32_t kind;	    /* enum hw_frame_kind */
	uint32_t flags;	    /* enum hw_frame_flags */
	uint32_t module;    /* number from hw_profile_module(); 0: none */
	uint32_t name;	    /* function; for Python its qualified name */
	uint32_t file;	    /* source file */
	uint32_t func_line; /* first line of the function, 0 unknown */
	uint32_t line;	    /* the line itself, 0 unknown */
	/* The expression of a Python frame: from @column of @line to before @end_column of @end_line,
	 * columns in bytes of UTF-8 from 1. All 0: unknown, as before CPython 3.11. */
	uint32_t end_line, column, end_column;
	uint64_t addr;	    /* native: vaddr in the module; kernel: address; Python: 0 */
};
_Static_assert(sizeof(struct hw_frame) == 48, "struct hw_frame is stored as it is");

struct hw_task {
	int32_t pid, tid;
	uint32_t comm; /* string */
};

enum hw_sample_flags {
	HW_SAMPLE_TRUNCATED = 1,  /* the walk ended before the root of the stack */
	HW_SAMPLE_GIL_WANTED = 2, /* another thread of the process waited for the GIL */
	/* Of blocked time: enum hw_wall_class, the cause of the wait. */
	HW_SAMPLE_WAIT_SHIFT = 8,
	/* Of page faults: enum hw_fault_kind, two bits. */
	HW_SAMPLE_FAULT_SHIFT = 16,
};

/* The event whose samples are blocked time: their period is in nanoseconds, their stack is where
 * the thread was blocked, their time when it ran again. */
#define HW_EVENT_OFF_CPU "off-cpu"

struct hw_sample {
	uint64_t time_ns; /* CLOCK_MONOTONIC */
	uint64_t period;  /* how much of the event it stands for, in the event's unit */
	uint64_t addr;	  /* of the data: of page faults; behind a load or store (HW_FRAME_AFTER_LOAD)
			   * what that used; else 0 */
	uint32_t stack;	  /* number from hw_profile_stack() */
	uint32_t task;	  /* number from hw_profile_task() */
	uint16_t event;	  /* index in session.events */
	uint16_t cpu;
	uint32_t flags; /* enum hw_sample_flags */
};
_Static_assert(sizeof(struct hw_sample) == 40, "struct hw_sample is stored as it is");

struct hw_session_event {
	char *name;
	char *unit;	       /* of the period: "ns" for clocks, "" for counts */
	uint64_t frequency_hz; /* asked for with -F; 0 when a period was asked for */
	uint64_t period;       /* asked for with -c; 0 with -F */
	uint64_t samples;      /* taken, lost ones included, when known; else 0 */
	/* attr.precise_ip of perf_event_open(2) that the CPU honoured: 0 the place of a sample may
	 * be some instructions late (skid), 2 it was asked to be none late */
	uint32_t precise;
	bool addresses;	       /* the CPU was asked for data addresses, see hw_sample.addr */
	uint32_t group;	       /* scheduled together with the events of the same number; 0: alone */
	/* What the event counted in all, not scaled, 0 also for a whole machine, where that is not
	 * what was sampled; and for how long it was enabled and on a counter, added up over threads
	 * or CPUs; all 0 when not known. */
	uint64_t counted, enabled_ns, running_ns;
};

/* One row of the reasons for which stacks are incomplete. */
struct hw_session_loss {
	char *reason; /* "native stack ends: no frame pointer" */
	char *advice; /* what to do about it; "" */
	uint64_t count;
};

/* What an event counted in user mode over the whole session, beside the samples: one of the set
 * "memory" in the table of the core, see event/core.h. */
struct hw_session_count {
	char *name;
	double value;	    /* scaled by running_pct */
	double running_pct; /* struct hw_count; 0: the value is not known */
};

/* The session: written first and again at every flush; the last one read holds. */
struct hw_session {
	char **argv;		       /* of the command, NULL-terminated; NULL when attached */
	int exit_status;	       /* -1 unknown; 128 + N for signal N */
	char *host, *kernel, *machine; /* uname(2): nodename, release, machine */
	uint32_t cpus;
	int64_t start_unix_s;
	uint64_t start_ns;	       /* the same moment on CLOCK_MONOTONIC, as in samples; 0 unknown */
	uint32_t page_bytes;	       /* of memory; 0 unknown */
	/* When the processes together held most memory, as far as that was looked at, and which of
	 * them had grown most; all 0 when not known. Pages that several share count in each. */
	uint64_t peak_rss_bytes, peak_rss_ns;
	int peak_rss_pid;
	bool stacks;   /* recorded with -g */
	bool complete; /* the recorder came to its end */
	struct hw_usage usage;
	struct hw_session_event *events;
	size_t n_events;
	uint64_t lost; /* samples that found no room */
	struct hw_session_loss *losses;
	size_t n_losses;
	char *core; /* struct hw_core.name of the table of the counts; NULL or "" without any */
	struct hw_session_count *counts;
	size_t n_counts;
	char **doubts; /* sentences about the measurement, NULL-terminated; may be NULL */
	struct hw_wall wall;
};

struct hw_profile {
	struct hw_intern *strings, *modules, *frames, *stacks, *tasks;
	struct hw_sample *samples;
	size_t n_samples, cap_samples;
	struct hw_session session; /* all strings owned, by malloc(3) */
};

/* Returns an empty profile (free it with hw_profile_free()), or NULL without memory. */
struct hw_profile *hw_profile_new(void);
struct hw_profile *hw_profile_free(struct hw_profile *p);
HW_DEFINE_AUTO(struct hw_profile *, hw_profile_free)

/* Each returns 0 and the number of the thing, added if new; -ENOMEM, -EOVERFLOW as
 * hw_intern_add(), and past the two limits above. A frame refers to strings and modules already
 * there, a stack to frames; a stack is @n frame numbers from leaf to root (n may be 0). */
int hw_profile_string(struct hw_profile *p, const char *s, uint32_t *ret);
int hw_profile_module(struct hw_profile *p, const struct hw_module_info *m, uint32_t *ret);
int hw_profile_frame(struct hw_profile *p, const struct hw_frame *f, uint32_t *ret);
int hw_profile_stack(struct hw_profile *p, const uint32_t *frames, size_t n, uint32_t *ret);
int hw_profile_task(struct hw_profile *p, const struct hw_task *t, uint32_t *ret);
int hw_profile_sample(struct hw_profile *p, const struct hw_sample *s); /* appends a copy */

/* Readers; the numbers must be of this profile. Pointers are valid until it is freed. */
const char *hw_profile_str(const struct hw_profile *p, uint32_t string); /* "" if there is none */
const struct hw_module_info *hw_profile_get_module(const struct hw_profile *p, uint32_t module);
const struct hw_frame *hw_profile_get_frame(const struct hw_profile *p, uint32_t frame);
const uint32_t *hw_profile_get_stack(const struct hw_profile *p, uint32_t stack, size_t *ret_n);
const struct hw_task *hw_profile_get_task(const struct hw_profile *p, uint32_t task);

#endif
