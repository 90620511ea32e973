/* SPDX-License-Identifier: Apache-2.0
 * What `hwprof compare` found: two commands, A and B, measured in pairs of runs. A row per figure,
 * with the values of all runs; whether and by how much they differ by stat/signed_rank.h.
 *
 *	hw_comparison_init(&c, pairs);
 *	... hw_comparison_add_pair(&c, runs, b_first) for each ...
 *	hw_comparison_finish(&c); */
#ifndef HW_STAT_COMPARISON_H
#define HW_STAT_COMPARISON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "bound/verdict.h"
#include "stat/signed_rank.h"
#include "stat/stat.h"

enum hw_side { HW_SIDE_A, HW_SIDE_B, HW_SIDES };

enum hw_compare_unit { HW_UNIT_SECONDS, HW_UNIT_BYTES, HW_UNIT_COUNT, HW_UNIT_CPUS };

struct hw_compare_side {
	double *values; /* one per pair, owned */
	double mean, deviation, median, min, max;
};

struct hw_compare_row {
	const char *name; /* "wall", "user" ..., an event, or a class of the budget; borrowed */
	enum hw_compare_unit unit;
	bool budget;	     /* a part of the wall time ... */
	enum hw_slice slice; /* ... this one; else HW_SLICES */
	bool unknown; /* it could not be measured in each run: not to be reported */
	struct hw_compare_side sides[HW_SIDES];
	double p;	       /* of the signed-rank test */
	bool has_ratio;	       /* each value of both sides is above zero */
	struct hw_shift ratio; /* B / A with its interval, from the logarithms */
};

struct hw_compare_command {
	const char *text;    /* as it was given; borrowed */
	bool shell;	     /* it ran through /bin/sh */
	uint64_t failures;   /* runs with an exit status other than 0 ... */
	int failure_status;  /* ... and the first such status */
	int *bounds;	     /* the enum hw_bound_class of each run, < 0 without a verdict; owned */
};

struct hw_comparison {
	struct hw_compare_command commands[HW_SIDES];
	struct hw_compare_row *rows; /* the first is wall, the budget comes last */
	size_t n_rows, cap_rows;
	bool *b_first; /* for each pair: which side ran first */
	size_t n_pairs, max_pairs;
	size_t wanted, warmups;	      /* pairs that were asked for; pairs before, not counted */
	enum hw_evidence_level level; /* the least of all verdicts */
	size_t n_estimated; /* runs without the scheduler's account, of all pairs */
	char *estimated_why; /* of the first of them, owned; NULL */
};

/* An empty comparison of at most @max_pairs pairs, 1 to HW_SIGNED_RANK_MAX. The texts of the
 * commands, wanted and warmups are the caller's to set. Returns 0 or -ENOMEM. */
int hw_comparison_init(struct hw_comparison *c, size_t max_pairs);
void hw_comparison_done(struct hw_comparison *c); /* may be all zeros */
HW_DEFINE_AUTO_DONE(struct hw_comparison, hw_comparison_done)

/* A run of a command: what was measured, and the verdict on it, NULL when there is none. */
struct hw_compare_run {
	const struct hw_stat *stat;
	const struct hw_verdict *verdict;
};

/* Adds a pair of single runs: usage, counters, exit status and verdict of each.
 * The events of @runs must outlive @c. Returns 0, or -ENOMEM, or -ENOSPC when @c is full; then the
 * comparison is as before, or can only be released. */
int hw_comparison_add_pair(struct hw_comparison *c, const struct hw_compare_run runs[HW_SIDES],
			   bool b_first);

/* Sums up and tests each row; there must be a pair. Returns 0 or -ENOMEM. */
int hw_comparison_finish(struct hw_comparison *c);

/* The rest is for a finished comparison. */

enum hw_conclusion {
	HW_CONCLUDE_TOO_FEW, /* pairs: nothing can be concluded */
	HW_CONCLUDE_NONE,    /* no difference of wall time could be shown */
	HW_CONCLUDE_A_FASTER,
	HW_CONCLUDE_B_FASTER,
};
enum hw_conclusion hw_comparison_conclusion(const struct hw_comparison *c);

/* The share of A's wall time that a difference needs to have most likely been seen, see
 * hw_signed_rank_detectable(): 0.03 for 3 %. NAN with too few pairs. */
double hw_comparison_detectable(const struct hw_comparison *c);

/* The conclusion as a sentence for people, owned by the caller; NULL without memory. */
char *hw_comparison_sentence(const struct hw_comparison *c);

/* What the reader must know about the runs: whether the machine was busy, whether they were too
 * short, why the budget of some is an estimate. Sets *ret to sentences (hw_sentences_free()), NULL when there is nothing to say. Returns 0
 * or -ENOMEM. */
int hw_comparison_notes(const struct hw_comparison *c, char ***ret);

/* How many runs of @side had the verdict that most had, set to *ret_class; 0 without any. */
size_t hw_comparison_bound(const struct hw_comparison *c, enum hw_side side,
			   enum hw_bound_class *ret_class);

#endif
