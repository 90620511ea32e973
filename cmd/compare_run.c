/* SPDX-License-Identifier: Apache-2.0 */
#include "compare_run.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/exit.h"
#include "base/log.h"
#include "proc/fault_cost.h"
#include "run.h"
#include "session/plan.h"
#include "session/signals.h"
#include "stat/judge.h"

/* The runs of a pair, with their verdicts. */
struct compare_pair {
	struct hw_stat runs[HW_SIDES];
	struct hw_verdict verdicts[HW_SIDES];
	bool judged[HW_SIDES];
};

static void clear_pair(struct compare_pair *pair)
{
	for (int side = 0; side < HW_SIDES; side++) {
		hw_stat_done(&pair->runs[side]);
		hw_verdict_done(&pair->verdicts[side]);
	}
	*pair = (struct compare_pair){ 0 };
}
struct compare_session {
	const struct compare_args *args;
	struct hw_comparison *comparison;
	struct hw_signals *signals;
	int fds[3];	     /* of the commands */
	double page_fault_s; /* the same for all runs, or it would make a difference itself */
	bool progress, shown;
	struct compare_pair pair; /* of this round */
};

static void clear_progress(struct compare_session *s)
{
	if (s->shown)
		fputs("\r\033[K", stderr);
	s->shown = false;
}

static void show_progress(struct compare_session *s, const char *what, size_t i, size_t n)
{
	clear_progress(s);
	if (!s->progress)
		return;
	fprintf(stderr, "%s %zu of %zu", what, i + 1, n);
	s->shown = true;
}

static int was_asked(struct compare_session *s, int number)
{
	clear_progress(s);
	log_warn("stopped by signal %d after %zu of %zu pairs", number, s->comparison->n_pairs,
		 s->args->pairs);
	return 128 + number;
}

static int has_failed(struct compare_session *s, enum hw_side side, int status)
{
	const char *hint = s->args->show_output ? "" : "; --show-output shows what it says";

	clear_progress(s);
	log_error("command %c, '%s', ended with exit status %d after %zu of %zu pairs%s; -i goes "
		  "on all the same",
		  'A' + (char)side, s->args->commands[side].text, status, s->comparison->n_pairs,
		  s->args->pairs, hint);
	return status;
}

/* Measures and judges a run of @side. Returns 0, or the exit status with which to end. */
static int run_side(struct compare_session *s, enum hw_side side)
{
	struct hw_stat *stat = &s->pair.runs[side];
	const struct hw_measure_opts opts = {
		.subject = { .argv = s->args->commands[side].argv, .fds = s->fds },
		.signals = s->signals,
		.counted = &s->args->events,
		.account = true,
	};
	int r = hw_stat_init(stat, &s->args->events);

	if (r < 0) {
		log_error_errno(r, "cannot measure");
		return HW_EXIT_OURS;
	}
	r = run_stat(&opts, stat, &stat->exit_status);
	if (r)
		return r;
	r = hw_signals_last(s->signals);
	if (r)
		return was_asked(s, r);
	if (stat->exit_status && !s->args->ignore_failures)
		return has_failed(s, side, stat->exit_status);
	r = hw_stat_judge(stat, s->page_fault_s, &s->pair.verdicts[side]);
	if (r == -ENOMEM) {
		log_error_errno(r, "cannot judge what was measured");
		return HW_EXIT_OURS;
	}
	s->pair.judged[side] = r == 0;
	return 0;
}

static int add_pair(struct compare_session *s, bool b_first)
{
	struct hw_compare_run runs[HW_SIDES];
	int r;

	for (int side = 0; side < HW_SIDES; side++)
		runs[side] = (struct hw_compare_run){
			.stat = &s->pair.runs[side],
			.verdict = s->pair.judged[side] ? &s->pair.verdicts[side] : NULL,
		};
	r = hw_comparison_add_pair(s->comparison, runs, b_first);
	if (r == 0)
		return 0;
	log_error_errno(r, "cannot keep the figures of a run");
	return HW_EXIT_OURS;
}

static int compare_step(void *ctx, const struct hw_plan_step *step)
{
	struct compare_session *s = ctx;
	int r;

	if (step->side == step->first) {
		clear_pair(&s->pair);
		show_progress(s, step->warmup ? "warm-up pair" : "pair", step->round,
			      step->warmup ? s->args->warmups : s->args->pairs);
	}
	r = run_side(s, (enum hw_side)step->side);
	if (r || !step->round_ends || step->warmup)
		return r;
	return add_pair(s, step->first == HW_SIDE_B);
}

int compare_run(const struct compare_args *args, struct hw_comparison *c)
{
	hw_autoclose int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	hw_auto(hw_signals_free) struct hw_signals *signals = NULL;
	struct compare_session s = { .args = args, .comparison = c };
	const struct hw_plan plan = {
		.sides = HW_SIDES,
		.warmups = args->warmups,
		.rounds = args->pairs,
		.run = compare_step,
		.ctx = &s,
	};
	int r;

	if (null_fd < 0) {
		log_error("cannot open /dev/null: %s", strerror(errno));
		return HW_EXIT_OURS;
	}
	r = run_signals(false, &signals);
	if (r)
		return r;
	s.signals = signals;
	s.fds[0] = null_fd;
	s.fds[1] = s.fds[2] = args->show_output ? -1 : null_fd;
	s.progress = !args->show_output && isatty(STDERR_FILENO);
	s.page_fault_s = hw_fault_cost_s();
	r = hw_plan_run(&plan);
	clear_pair(&s.pair);
	clear_progress(&s);
	if (r < 0) {
		log_error("cannot draw the order of the runs: %s", strerror(-r));
		return HW_EXIT_OURS;
	}
	return r;
}
