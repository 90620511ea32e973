/* SPDX-License-Identifier: Apache-2.0
 * A session of parts that are not real: each writes what is done to it into one line of words. */
#include "fixture.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "session/loop.h"

#define SECOND 1000000000ull

/* What was done, in order: "open:a open:b begin:b begin:a ..." */
static char said[4096];

static void say(const char *what, const char *who)
{
	size_t at = strlen(said);

	snprintf(said + at, sizeof(said) - at, "%s%s:%s", at ? " " : "", what, who);
}

/* Each step returns what is set for it. */
struct fake {
	const char *name;
	int open, begin, poll, tick, stop, end;
	int over_at; /* the tick that says that it is over; 0: none */
	int ticks;
	int fd;
	double last_s; /* when it ticked last, after the begin */
};

static int fail_as(struct hw_failure *why, const char *name, int r)
{
	if (r < 0)
		why->object = name;
	return r;
}

#define FAKE_STEP(step)                                                                          \
	static int fake_##step(void *self, struct hw_measured *m, struct hw_failure *why)        \
	{                                                                                        \
		struct fake *f = self;                                                           \
		(void)m;                                                                         \
		say(#step, f->name);                                                             \
		return fail_as(why, f->name, f->step);                                           \
	}
FAKE_STEP(open)
FAKE_STEP(begin)
FAKE_STEP(stop)
FAKE_STEP(end)

static int fake_poll(void *self, struct hw_measured *m, struct hw_failure *why)
{
	struct fake *f = self;

	(void)m;
	return fail_as(why, f->name, f->poll);
}

static int fake_tick(void *self, struct hw_measured *m, struct hw_failure *why)
{
	struct fake *f = self;

	say("tick", f->name);
	f->last_s = (double)(m->now_ns - m->begin_ns) / 1e9;
	if (f->over_at && ++f->ticks == f->over_at)
		return 1;
	return fail_as(why, f->name, f->tick);
}

static int fake_fd(const void *self)
{
	return ((const struct fake *)self)->fd;
}

static void fake_close(void *self)
{
	say("close", ((struct fake *)self)->name);
}

static const struct hw_session_part_ops fake_ops = {
	.open = fake_open,
	.begin = fake_begin,
	.fd = fake_fd,
	.poll = fake_poll,
	.tick = fake_tick,
	.stop = fake_stop,
	.end = fake_end,
	.close = fake_close,
};

/* A session of up to three fakes, and what came of it. */
struct scene {
	struct fake fakes[3];
	struct hw_session_part parts[3];
	struct hw_measured m;
	struct hw_failure why;
	struct hw_loop *loop;
};

static struct hw_failure told; /* by the callback */

static void note_opened(void *ctx, const struct hw_measured *m)
{
	(void)ctx;
	(void)m;
	say("all", "opened");
}

static void note_failed(void *ctx, const struct hw_failure *why)
{
	(void)ctx;
	told = *why;
	say("told", why->object);
}

static void set_scene(struct scene *s, size_t n)
{
	static const char *const names[] = { "a", "b", "c" };

	said[0] = 0;
	told = (struct hw_failure){ 0 };
	*s = (struct scene){ 0 };
	for (size_t i = 0; i < n; i++) {
		s->fakes[i] = (struct fake){ .name = names[i], .fd = -1 };
		s->parts[i] = (struct hw_session_part){ .ops = &fake_ops, .self = &s->fakes[i] };
	}
}

static void make_loop(struct scene *s, size_t n)
{
	struct hw_loop_opts opts = {
		.parts = s->parts,
		.n = n,
		.measured = &s->m,
		.opened = note_opened,
		.failed = note_failed,
	};

	ck_assert_int_eq(hw_loop_new(&opts, &s->loop), 0);
}

static int run_scene(struct scene *s, size_t n)
{
	int r;

	make_loop(s, n);
	r = hw_loop_run(s->loop, &s->why);
	s->loop = hw_loop_free(s->loop);
	return r;
}

START_TEST(parts_open_in_order_begin_backwards_and_end_in_order)
{
	struct scene s;

	set_scene(&s, 3);
	s.fakes[2].poll = 1;
	ck_assert_int_eq(run_scene(&s, 3), 0);
	ck_assert_str_eq(said, "open:a open:b open:c all:opened begin:c begin:b begin:a "
			       "stop:a stop:b stop:c end:a end:b end:c close:c close:b close:a");
	ck_assert_int_eq(s.m.exit_status, -1);
}
END_TEST

START_TEST(a_part_that_is_refused_ends_it_before_anything_runs)
{
	struct scene s;

	set_scene(&s, 3);
	s.fakes[1].open = -EPERM;
	ck_assert_int_eq(run_scene(&s, 3), -EPERM);
	ck_assert_str_eq(said, "open:a open:b close:b close:a");
	ck_assert_int_eq(s.why.error, -EPERM);
	ck_assert_str_eq(s.why.object, "b");
}
END_TEST

START_TEST(it_goes_on_without_an_optional_part_and_keeps_the_reason)
{
	struct hw_failure kept = { 0 };
	struct scene s;

	set_scene(&s, 3);
	s.parts[1].optional = &kept;
	s.fakes[1].open = -EACCES;
	s.fakes[0].poll = 1;
	ck_assert_int_eq(run_scene(&s, 3), 0);
	ck_assert_str_eq(said, "open:a open:b open:c all:opened begin:c begin:a "
			       "stop:a stop:c end:a end:c close:c close:b close:a");
	ck_assert_int_eq(kept.error, -EACCES);
	ck_assert_str_eq(kept.object, "b");
	ck_assert_int_eq(s.why.error, 0);
}
END_TEST

START_TEST(an_optional_part_may_also_fail_at_its_begin_or_later)
{
	struct hw_failure kept[2] = { 0 };
	struct scene s;

	set_scene(&s, 3);
	s.parts[1].optional = &kept[0];
	s.parts[2].optional = &kept[1];
	s.fakes[2].begin = -ENOMEM;
	s.fakes[1].poll = -EIO;
	s.fakes[0].poll = 1;
	ck_assert_int_eq(run_scene(&s, 3), 0);
	ck_assert_str_eq(said, "open:a open:b open:c all:opened begin:c begin:b begin:a "
			       "stop:a end:a close:c close:b close:a");
	ck_assert_int_eq(kept[0].error, -EIO);
	ck_assert_int_eq(kept[1].error, -ENOMEM);
	ck_assert_int_eq(told.error, 0); /* it is no reason to stop */
}
END_TEST

/* The command is the first part and begins last. */
START_TEST(a_command_that_cannot_run_closes_what_was_begun)
{
	struct scene s;

	set_scene(&s, 2);
	s.fakes[0].begin = -ENOENT;
	ck_assert_int_eq(run_scene(&s, 2), -ENOENT);
	ck_assert_str_eq(said, "open:a open:b all:opened begin:b begin:a close:b close:a");
	ck_assert_str_eq(s.why.object, "a");
}
END_TEST

START_TEST(one_that_fails_while_it_runs_is_told_at_once_and_the_others_end_well)
{
	struct scene s;

	set_scene(&s, 2);
	s.fakes[1].poll = -ENOSPC;
	ck_assert_int_eq(run_scene(&s, 2), -ENOSPC);
	ck_assert_str_eq(said, "open:a open:b all:opened begin:b begin:a told:b "
			       "stop:a end:a close:b close:a");
	ck_assert_int_eq(s.why.error, -ENOSPC);
	ck_assert_int_eq(told.error, -ENOSPC);
}
END_TEST

START_TEST(the_first_failure_is_the_one_that_counts)
{
	struct scene s;

	set_scene(&s, 3);
	s.fakes[2].poll = 1;
	s.fakes[1].stop = -EIO;
	s.fakes[0].end = -ECHILD;
	ck_assert_int_eq(run_scene(&s, 3), -EIO);
	ck_assert_str_eq(s.why.object, "b");
	ck_assert_ptr_nonnull(strstr(said, "end:a end:c")); /* and not of b */
}
END_TEST

/* The turns by a clock of our own: begin + @s seconds. */
static int turn_at(struct scene *s, double at_s, double *ret_next_s)
{
	uint64_t next;
	int r = hw_loop_turn(s->loop, s->m.begin_ns + (uint64_t)(at_s * SECOND), &next);

	if (next == UINT64_MAX)
		*ret_next_s = -1;
	else
		*ret_next_s = (double)(next - s->m.begin_ns) / 1e9;
	return r;
}

START_TEST(each_part_ticks_in_its_own_period)
{
	struct scene s;
	double next;

	set_scene(&s, 3);
	s.parts[0].period_ns = 2 * SECOND;
	s.parts[1].period_ns = 3 * SECOND;
	make_loop(&s, 3);
	ck_assert_int_eq(hw_loop_start(s.loop, &s.why), 0);
	said[0] = 0;
	ck_assert_int_eq(turn_at(&s, 0, &next), 0);
	ck_assert_double_eq_tol(next, 2, 1e-6);
	ck_assert_str_eq(said, "");
	ck_assert_int_eq(turn_at(&s, 2, &next), 0);
	ck_assert_double_eq_tol(next, 3, 1e-6);
	ck_assert_str_eq(said, "tick:a");
	ck_assert_int_eq(turn_at(&s, 3, &next), 0);
	ck_assert_double_eq_tol(next, 4, 1e-6);
	ck_assert_int_eq(turn_at(&s, 6, &next), 0);
	ck_assert_double_eq_tol(s.fakes[0].last_s, 6, 1e-6);
	ck_assert_str_eq(said, "tick:a tick:b tick:a tick:b");
	s.loop = hw_loop_free(s.loop);
}
END_TEST

START_TEST(who_was_stopped_skips_what_was_missed_and_keeps_its_step)
{
	struct scene s;
	double next;

	set_scene(&s, 1);
	s.parts[0].period_ns = SECOND;
	make_loop(&s, 1);
	ck_assert_int_eq(hw_loop_start(s.loop, &s.why), 0);
	said[0] = 0;
	turn_at(&s, 1.25, &next);
	ck_assert_double_eq_tol(next, 2, 1e-6); /* a late tick delays none */
	turn_at(&s, 7.5, &next);
	ck_assert_double_eq_tol(next, 8, 1e-6);
	ck_assert_str_eq(said, "tick:a tick:a");
	s.loop = hw_loop_free(s.loop);
}
END_TEST

START_TEST(without_periods_it_sleeps_until_something_happens)
{
	struct scene s;
	double next;

	set_scene(&s, 1);
	make_loop(&s, 1);
	ck_assert_int_eq(hw_loop_start(s.loop, &s.why), 0);
	ck_assert_int_eq(turn_at(&s, 1, &next), 0);
	ck_assert_double_eq(next, -1);
	s.loop = hw_loop_free(s.loop);
}
END_TEST

/* A duration is a part whose first tick says so. */
START_TEST(a_tick_can_end_it)
{
	struct scene s;

	set_scene(&s, 2);
	s.parts[1].period_ns = SECOND / 100;
	s.fakes[1].over_at = 3;
	ck_assert_int_eq(run_scene(&s, 2), 0);
	ck_assert_ptr_nonnull(strstr(said, "begin:a tick:b tick:b tick:b stop:a"));
	ck_assert_uint_ge(s.m.now_ns - s.m.begin_ns, 3 * SECOND / 100);
	ck_assert_uint_lt(s.m.now_ns - s.m.begin_ns, 20 * SECOND);
}
END_TEST

START_TEST(a_failed_part_ticks_no_more)
{
	struct hw_failure kept = { 0 };
	struct scene s;
	double next;

	set_scene(&s, 2);
	s.parts[0].period_ns = SECOND;
	s.parts[0].optional = &kept;
	s.fakes[0].tick = -EIO;
	make_loop(&s, 2);
	ck_assert_int_eq(hw_loop_start(s.loop, &s.why), 0);
	said[0] = 0;
	ck_assert_int_eq(turn_at(&s, 1, &next), 0);
	ck_assert_double_eq(next, -1);
	turn_at(&s, 2, &next);
	ck_assert_str_eq(said, "tick:a");
	ck_assert_int_eq(kept.error, -EIO);
	s.loop = hw_loop_free(s.loop);
}
END_TEST

/* --- a command, a user, and a process that is there already --- */

/* The user hits Ctrl-C each time that a byte comes; with a command the signal is its own. */
struct fake_user {
	int pipe_fds[2];
	bool goes_to_command;
	int signals;
};

static int user_fd(const void *self)
{
	return ((const struct fake_user *)self)->pipe_fds[0];
}

static int user_poll(void *self, struct hw_measured *m, struct hw_failure *why)
{
	struct fake_user *u = self;
	struct pollfd fd = { .fd = u->pipe_fds[0], .events = POLLIN };
	char byte;

	(void)m;
	(void)why;
	if (poll(&fd, 1, 0) < 1)
		return 0;
	ck_assert_int_eq(read(u->pipe_fds[0], &byte, 1), 1);
	u->signals++;
	return !u->goes_to_command;
}

static const struct hw_session_part_ops user_ops = { .fd = user_fd, .poll = user_poll };

/* The user is the last of three parts. */
static void set_user(struct scene *s, struct fake_user *u)
{
	set_scene(s, 2);
	ck_assert_int_eq(pipe(u->pipe_fds), 0);
	s->parts[2] = (struct hw_session_part){ .ops = &user_ops, .self = u };
}

START_TEST(attached_the_first_sigint_ends_it_and_the_second_changes_nothing)
{
	struct fake_user u = { 0 };
	struct scene s;

	set_user(&s, &u);
	ck_assert_int_eq(write(u.pipe_fds[1], "12", 2), 2);
	ck_assert_int_eq(run_scene(&s, 3), 0);
	ck_assert_int_eq(u.signals, 1);
	ck_assert_str_eq(said, "open:a open:b all:opened begin:b begin:a "
			       "stop:a stop:b end:a end:b close:b close:a");
}
END_TEST

START_TEST(with_a_command_two_sigints_are_its_own_and_it_ends_when_the_command_does)
{
	struct fake_user u = { .goes_to_command = true };
	struct scene s;

	set_user(&s, &u);
	s.parts[0].period_ns = SECOND / 20; /* the command: ends by itself at its second tick */
	s.fakes[0].over_at = 2;
	ck_assert_int_eq(write(u.pipe_fds[1], "12", 2), 2);
	ck_assert_int_eq(run_scene(&s, 3), 0);
	ck_assert_int_eq(u.signals, 2);
	ck_assert_ptr_nonnull(strstr(said, "tick:a tick:a stop:a stop:b"));
}
END_TEST

START_TEST(a_process_that_ends_while_attached_ends_it)
{
	struct fake_user process = { 0 }; /* readable once, as a pidfd is */
	struct scene s;
	double next;

	set_user(&s, &process);
	make_loop(&s, 3);
	ck_assert_int_eq(hw_loop_start(s.loop, &s.why), 0);
	ck_assert_int_eq(turn_at(&s, 1, &next), 0);
	ck_assert_int_eq(write(process.pipe_fds[1], "x", 1), 1);
	ck_assert_int_eq(turn_at(&s, 2, &next), 1);
	ck_assert_int_eq(hw_loop_finish(s.loop, &s.why), 0);
	s.loop = hw_loop_free(s.loop);
	ck_assert_ptr_nonnull(strstr(said, "begin:a stop:a stop:b end:a end:b"));
}
END_TEST

START_TEST(only_open_parts_with_a_descriptor_are_polled_for)
{
	struct hw_failure kept = { 0 };
	struct pollfd fds[HW_PARTS_MAX];
	struct scene s;

	set_scene(&s, 3);
	s.fakes[0].fd = 7;
	s.fakes[1].fd = 8;
	s.parts[1].optional = &kept;
	s.fakes[1].open = -EPERM;
	make_loop(&s, 3);
	ck_assert_int_eq(hw_loop_start(s.loop, &s.why), 0);
	ck_assert_uint_eq(hw_loop_fds(s.loop, fds), 1);
	ck_assert_int_eq(fds[0].fd, 7);
	s.loop = hw_loop_free(s.loop);
}
END_TEST

/* Two in one thread, turn by turn. */
START_TEST(two_sessions_at_once_know_nothing_of_each_other)
{
	struct scene one, two;
	double next;

	set_scene(&one, 1);
	set_scene(&two, 1);
	one.parts[0].period_ns = SECOND;
	one.fakes[0].over_at = 1;
	two.fakes[0].name = "other";
	make_loop(&one, 1);
	make_loop(&two, 1);
	ck_assert_int_eq(hw_loop_start(one.loop, &one.why), 0);
	ck_assert_int_eq(hw_loop_start(two.loop, &two.why), 0);
	ck_assert_int_eq(turn_at(&one, 1, &next), 1);
	ck_assert_int_eq(turn_at(&two, 1, &next), 0);
	ck_assert_int_eq(hw_loop_finish(one.loop, &one.why), 0);
	ck_assert_int_eq(turn_at(&two, 2, &next), 0);
	one.loop = hw_loop_free(one.loop);
	two.loop = hw_loop_free(two.loop);
}
END_TEST

START_TEST(there_is_room_for_so_many_parts)
{
	struct hw_loop_opts opts = { .n = HW_PARTS_MAX + 1 };
	struct hw_loop *loop;

	ck_assert_int_eq(hw_loop_new(&opts, &loop), -E2BIG);
	ck_assert_ptr_null(hw_loop_free(NULL));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("loop");
	TCase *t = tcase_create("loop");

	tcase_add_test(t, parts_open_in_order_begin_backwards_and_end_in_order);
	tcase_add_test(t, a_part_that_is_refused_ends_it_before_anything_runs);
	tcase_add_test(t, it_goes_on_without_an_optional_part_and_keeps_the_reason);
	tcase_add_test(t, an_optional_part_may_also_fail_at_its_begin_or_later);
	tcase_add_test(t, a_command_that_cannot_run_closes_what_was_begun);
	tcase_add_test(t, one_that_fails_while_it_runs_is_told_at_once_and_the_others_end_well);
	tcase_add_test(t, the_first_failure_is_the_one_that_counts);
	tcase_add_test(t, each_part_ticks_in_its_own_period);
	tcase_add_test(t, who_was_stopped_skips_what_was_missed_and_keeps_its_step);
	tcase_add_test(t, without_periods_it_sleeps_until_something_happens);
	tcase_add_test(t, a_tick_can_end_it);
	tcase_add_test(t, a_failed_part_ticks_no_more);
	tcase_add_test(t, attached_the_first_sigint_ends_it_and_the_second_changes_nothing);
	tcase_add_test(t, with_a_command_two_sigints_are_its_own_and_it_ends_when_the_command_does);
	tcase_add_test(t, a_process_that_ends_while_attached_ends_it);
	tcase_add_test(t, only_open_parts_with_a_descriptor_are_polled_for);
	tcase_add_test(t, two_sessions_at_once_know_nothing_of_each_other);
	tcase_add_test(t, there_is_room_for_so_many_parts);
	suite_add_tcase(s, t);
	return run_suite(s);
}
