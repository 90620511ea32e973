/* SPDX-License-Identifier: Apache-2.0 */
#include "compare_run.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/exit.h"
#include "base/log.h"
#include "proc/fault_cost.h"
#include "stat/judge.h"
#include "stat_run.h"

/* Between two runs; during one the workload takes the signals. */
static volatile sig_atomic_t asked;

static void on_signal(int number)
{
	asked = number;
}

/* What the caller has ignored stays ignored. The commands get the default back by execve(2). */
static void catch_signals(void)
{
	static const int numbers[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
	struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_RESTART }, old;

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		if (sigaction(numbers[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN)
			sigaction(numbers[i], &action, NULL);
}

struct session {
	const struct compare_args *args;
	struct hw_comparison *comparison;
	int fds[3];	     /* of the commands */
	double page_fault_s; /* the same for all runs, or it would make a difference itself */
	bool progress, shown;
};

/* The runs of a pair, with their verdicts. */
struct pair {
	struct hw_stat runs[HW_SIDES];
	struct hw_verdict verdicts[HW_SIDES];
	bool judged[HW_SIDES];
};

static void pair_done(struct pair *pair)
{
	for (int side = 0; side < HW_SIDES; side++) {
		hw_stat_done(&pair->runs[side]);
		hw_verdict_done(&pair->verdicts[side]);
	}
}
HW_DEFINE_AUTO_DONE(struct pair, pair_done)

static void clear_progress(struct session *s)
{
	if (s->shown)
		fputs("\r\033[K", stderr);
	s->shown = false;
}

static void show_progress(struct session *s, const char *what, size_t i, size_t n)
{
	clear_progress(s);
	if (!s->progress)
		return;
	fprintf(stderr, "%s %zu of %zu", what, i + 1, n);
	s->shown = true;
}

static int was_asked(struct session *s, int number)
{
	clear_progress(s);
	log_warn("stopped by signal %d after %zu of %zu pairs", number, s->comparison->n_pairs,
		 s->args->pairs);
	return 128 + number;
}

static int has_failed(struct session *s, enum hw_side side, int status)
{
	const char *hint = s->args->show_output ? "" : "; --show-output shows what it says";

	clear_progress(s);
	log_error("command %c, '%s', ended with exit status %d after %zu of %zu pairs%s; -i goes "
		  "on all the same",
		  'A' + (char)side, s->args->commands[side].text, status, s->comparison->n_pairs,
		  s->args->pairs, hint);
	return status;
}

/* Returns 0, or the exit status with which to end. */
static int run_one(struct session *s, enum hw_side side, struct pair *pair)
{
	struct hw_stat *stat = &pair->runs[side];
	const struct stat_args args = {
		.events = s->args->events,
		.argv = s->args->commands[side].argv,
		.fds = s->fds,
		.runs = 1,
	};
	int r = hw_stat_init(stat, &s->args->events);

	if (r < 0) {
		log_error_errno(r, "cannot measure");
		return HW_EXIT_OURS;
	}
	r = stat_run(&args, stderr, stat, &stat->exit_status);
	if (r)
		return r;
	if (stat->asked || asked)
		return was_asked(s, stat->asked ? stat->asked : asked);
	if (stat->exit_status && !s->args->ignore_failures)
		return has_failed(s, side, stat->exit_status);
	r = hw_stat_judge(stat, s->page_fault_s, &pair->verdicts[side]);
	if (r == -ENOMEM) {
		log_error_errno(r, "cannot judge what was measured");
		return HW_EXIT_OURS;
	}
	pair->judged[side] = r == 0;
	return 0;
}

/* Runs both commands in an order that is drawn anew each time: an alternating one could march in
 * step with something else on the machine, and the test rests on the draw. */
static int run_pair(struct session *s, struct pair *pair, bool *ret_b_first)
{
	unsigned char drawn;
	int r;

	if (getrandom(&drawn, 1, 0) != 1) {
		log_error("cannot draw the order of the runs: %s", strerror(errno));
		return HW_EXIT_OURS;
	}
	*ret_b_first = drawn & 1;
	r = run_one(s, *ret_b_first ? HW_SIDE_B : HW_SIDE_A, pair);
	if (r)
		return r;
	return run_one(s, *ret_b_first ? HW_SIDE_A : HW_SIDE_B, pair);
}

static int run_warmup(struct session *s)
{
	hw_auto(pair_done) struct pair pair = { 0 };
	bool b_first;

	return run_pair(s, &pair, &b_first);
}

static int add_pair(struct session *s)
{
	hw_auto(pair_done) struct pair pair = { 0 };
	struct hw_compare_run runs[HW_SIDES];
	bool b_first;
	int r = run_pair(s, &pair, &b_first);

	if (r)
		return r;
	for (int side = 0; side < HW_SIDES; side++)
		runs[side] = (struct hw_compare_run){
			.stat = &pair.runs[side],
			.verdict = pair.judged[side] ? &pair.verdicts[side] : NULL,
		};
	r = hw_comparison_add_pair(s->comparison, runs, b_first);
	if (r == 0)
		return 0;
	log_error_errno(r, "cannot keep the figures of a run");
	return HW_EXIT_OURS;
}

int compare_run(const struct compare_args *args, struct hw_comparison *c)
{
	hw_autoclose int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	struct session s = { .args = args, .comparison = c };
	int r = 0;

	if (null_fd < 0) {
		log_error("cannot open /dev/null: %s", strerror(errno));
		return HW_EXIT_OURS;
	}
	s.fds[0] = null_fd;
	s.fds[1] = s.fds[2] = args->show_output ? -1 : null_fd;
	s.progress = !args->show_output && isatty(STDERR_FILENO);
	s.page_fault_s = hw_fault_cost_s();
	catch_signals();
	for (size_t i = 0; i < args->warmups && !r; i++) {
		show_progress(&s, "warm-up pair", i, args->warmups);
		r = run_warmup(&s);
	}
	for (size_t i = 0; i < args->pairs && !r; i++) {
		show_progress(&s, "pair", i, args->pairs);
		r = add_pair(&s);
	}
	clear_progress(&s);
	return r;
}
