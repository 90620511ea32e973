/* SPDX-License-Identifier: Apache-2.0
 * The page faults of a profile: which lines touch memory, how much, and how much of it again after
 * it had been given back.
 *
 * Every figure is a number of faults or of pages, each sample counting as often as its period says.
 * Where a sample was taken of every fault they are exact; where the recorder chose pages (more
 * faults than it samples, bpf/fault.bpf.h), they are unbiased estimates. */
#ifndef HW_BOUND_FAULTS_H
#define HW_BOUND_FAULTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "profile/profile.h"

struct hw_fault_sum {
	uint64_t samples;
	uint64_t faults;
	uint64_t kinds[HW_FAULT_KINDS]; /* of them; by enum hw_fault_kind */
	/* Distinct ones of each process. A fault may bring in more than its page: a huge page, or
	 * pages of a file around it. */
	uint64_t pages;
	/* Faults on pages that were not there, although the process had touched them before: given
	 * back by free(3), munmap(2), madvise(2), or reclaimed. */
	uint64_t again;
};

/* The strings belong to the profile. */
struct hw_fault_row {
	enum hw_frame_kind kind;
	const char *function; /* "[unknown]" without a name */
	const char *file;     /* "" unknown */
	const char *module;   /* of native and kernel code; else "" */
	uint32_t line;	      /* of a table of functions the first; 0 unknown */
	struct hw_fault_sum sum;
};

struct hw_faults_opts {
	bool functions;	 /* a row for each function, not for each line */
	bool native_all; /* charge the native code that touches, not the Python line it works for */
};

struct hw_faults {
	bool recorded;	  /* false: there is no event of page faults, and no row */
	bool each;	  /* a sample of every fault: figures are exact */
	bool pages_known; /* false: sampled by -F or -c; pages and again are 0 */
	bool kinds_known; /* false: only major faults are told from others, and what is counted as
			   * again may be a copy */
	uint32_t page_bytes;
	struct hw_fault_sum all;
	struct hw_fault_row *rows; /* owned; most faults first */
	size_t n_rows;
	/* What the session knows of memory: the peak of all its processes, pages that several share
	 * counted in each, 0 when not known; and in seconds after the begin when that was. */
	uint64_t peak_bytes;
	double peak_s;
	/* In the process that had grown most, the line that brought in most pages in the last 50 ms
	 * of its faults before the peak; without page faults, that of its last sample on a CPU before.
	 * Function NULL: there is none. */
	struct hw_fault_row at_peak;
	double at_peak_ms; /* how long before its last such sample was */
};

/* Adds up the page faults of @p, which must outlive the result. A fault is charged as view/charge.h
 * says: nobody can change memset(3). Of the events page-faults is taken, else minor-faults and
 * major-faults together.
 * Returns 0 and fills *ret (release with hw_faults_done()), or -ENOMEM. */
int hw_faults_find(const struct hw_profile *p, const struct hw_faults_opts *opts,
		   struct hw_faults *ret);
void hw_faults_done(struct hw_faults *f); /* may be all zeros */
HW_DEFINE_AUTO_DONE(struct hw_faults, hw_faults_done)

/* The part of all faults that @n is, 0 to 1. */
double hw_faults_share(const struct hw_faults *f, uint64_t n);

#endif
