/* SPDX-License-Identifier: Apache-2.0
 * Views of one profile: whatever others there are, each is as if it were alone, and the profile
 * stays as it was. */
#include "fixture.h"

#include <errno.h>
#include <stdio.h>

#include "profile_builder.h"
#include "report/clock_text.h"
#include "report/table_json.h"
#include "report/text.h"
#include "report/tree_text.h"
#include "view_builder.h"

#define LIBC "/usr/lib/libc.so.6"
#define S    UINT64_C(1000000000)

enum { CPU, OFF_CPU, FAULTS }; /* the events */

static struct hw_profile *profile;
static struct hw_view view;

static void build_wait(int tid, enum hw_wall_class cause, uint64_t end_ns, uint64_t ns,
		       const struct build_frame *frames)
{
	build_wait_of(profile, OFF_CPU, tid, cause, end_ns, ns, frames);
}

/* Of everything some: CPU time with and without the GIL wanted, waits of one stack for two causes,
 * an idle worker, faults, a stack that breaks off, none at all. */
static void make_profile(void)
{
	const struct build_frame *work =
		STACK(C("memset", LIBC), EVAL("call"), PY("work", "a.py", 1, 2), EVAL("_PyEval"),
		      PY("main", "a.py", 20, 21), EVAL("Py_RunMain"));
	const struct build_frame *lock =
		STACK(KERNEL("schedule"), C("sem_wait", LIBC), EVAL("acquire"),
		      PY("wait", "/usr/lib/python3.11/threading.py", 300, 320),
		      PY("main", "a.py", 20, 22));
	const struct hw_task task = { 100, 100, 0 };

	profile = build_profile("cpu-clock", "ns");
	build_event(profile, HW_EVENT_OFF_CPU, "ns");
	build_event(profile, "page-faults", "");
	profile->session.usage = (struct hw_usage){ .wall_s = 10, .user_s = 1.25 };
	build_samples(profile, 1000, work);
	for (size_t i = 0; i < 300; i++)
		profile->samples[i].flags = HW_SAMPLE_GIL_WANTED;
	build_samples(profile, 10, STACK({ 0 }));
	profile->samples[1003].flags = HW_SAMPLE_TRUNCATED;
	build_samples_of(profile, FAULTS, 20, work, &task);
	build_wait(100, HW_WALL_LOCK, 4 * S, 3 * S, lock);
	build_wait(100, HW_WALL_SLEEP, 6 * S, S, lock);
	build_wait(100, HW_WALL_GIL, 8 * S, S, work);
	build_wait(101, HW_WALL_LOCK, 10 * S, 9900000000, STACK(PY("get", "q.py", 1, 2)));
}

static void free_all(void)
{
	hw_view_done(&view);
	profile = hw_profile_free(profile);
}

static const struct hw_view_opts all_opts[] = {
	{ .clock = HW_CLOCK_CPU, .event = CPU },
	{ .clock = HW_CLOCK_BLOCKED, .event = CPU },
	{ .clock = HW_CLOCK_WALL, .event = CPU },
	{ .clock = HW_CLOCK_CPU, .event = FAULTS },
	{ .clock = HW_CLOCK_WALL, .event = CPU, .keep_idle = true },
	{ .clock = HW_CLOCK_BLOCKED, .event = -1, .native_all = true },
	{ .clock = HW_CLOCK_CPU, .event = CPU, .native_all = true },
};

#define VIEWS (sizeof(all_opts) / sizeof(all_opts[0]))

/* All that can be seen of @v: head, list, tree, notes and JSON; caller frees. */
static char *shown(const struct hw_view *v)
{
	hw_auto(hw_table_done) struct hw_table table = { 0 };
	hw_auto(hw_tree_done) struct hw_tree tree = { 0 };
	hw_auto(hw_gil_view_done) struct hw_gil_view gil = { 0 };
	struct hw_text t = { .view = v, .table = &table, .by = HW_BY_LINE, .gil = &gil };
	struct hw_tree_opts tree_opts = { .unit = v->unit };
	struct hw_table_json_opts json = { .table.by = HW_BY_THREAD, .gil = &gil };
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	if (hw_view_has_waits(v))
		ck_assert_int_eq(hw_gil_view(v, &gil), 0);
	ck_assert_int_eq(hw_table_build(v, &(struct hw_table_opts){ .by = t.by }, &table), 0);
	ck_assert_int_eq(hw_tree_build(v, &tree), 0);
	hw_text_head(f, &t);
	ck_assert_int_eq(hw_text_list(f, &t), 0);
	ck_assert_int_eq(hw_tree_print(f, &tree, &tree_opts), 0);
	if (hw_view_has_waits(v))
		hw_clock_text_below(f, &t);
	hw_text_notes(f, &t);
	ck_assert_int_eq(hw_table_json_print(f, v, &json), 0);
	fclose(f);
	return text;
}

static uint64_t mix(uint64_t sum, const void *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		sum = (sum ^ ((const unsigned char *)bytes)[i]) * UINT64_C(0x100000001b3);
	return sum;
}

static uint64_t mix_table(uint64_t sum, const struct hw_intern *table)
{
	size_t size;

	for (uint32_t i = 0; i < hw_intern_count(table); i++) {
		const void *bytes = hw_intern_get(table, i, &size);

		sum = mix(sum, bytes, size);
	}
	return sum;
}

/* A checksum of every byte of the profile. */
static uint64_t sum_of(const struct hw_profile *p)
{
	uint64_t sum = mix(UINT64_C(0xcbf29ce484222325), p, sizeof(*p));

	sum = mix_table(mix_table(mix_table(sum, p->strings), p->modules), p->frames);
	sum = mix_table(mix_table(sum, p->stacks), p->tasks);
	sum = mix(sum, p->samples, p->n_samples * sizeof(*p->samples));
	sum = mix(sum, p->session.events, p->session.n_events * sizeof(*p->session.events));
	for (size_t i = 0; i < p->session.n_events; i++)
		sum = mix(sum, p->session.events[i].name, strlen(p->session.events[i].name));
	return sum;
}

START_TEST(views_do_not_see_each_other)
{
	char *alone[VIEWS];
	struct hw_view views[VIEWS] = { 0 };
	uint64_t before = sum_of(profile);

	for (size_t i = 0; i < VIEWS; i++) {
		build_view(profile, &all_opts[i], &view);
		alone[i] = shown(&view);
		ck_assert_uint_eq(sum_of(profile), before);
	}
	/* made in another order, shown in a third, all at once */
	for (size_t i = 0; i < VIEWS; i++)
		build_view(profile, &all_opts[i * 3 % VIEWS], &views[i * 3 % VIEWS]);
	for (size_t i = VIEWS; i--;) {
		hw_autofree char *beside = shown(&views[i]);

		ck_assert_str_eq(beside, alone[i]);
		ck_assert_uint_eq(sum_of(profile), before);
	}
	for (size_t i = 0; i < VIEWS; i++) {
		hw_view_done(&views[i]);
		free(alone[i]);
	}
}
END_TEST

START_TEST(an_event_is_shown_as_it_was_sampled)
{
	build_view(profile, &all_opts[0], &view);
	ck_assert(!hw_view_has_waits(&view));
	ck_assert_str_eq(view.name, "cpu-clock");
	ck_assert_uint_eq(view.all.samples, 1010);
	ck_assert_uint_eq(view.all.period, 1010 * 1000000);
	ck_assert_uint_eq(view.truncated, 1);
	ck_assert_uint_eq(view.n_sums, 2); /* of two stacks, one without frames */
	build_view(profile, &all_opts[3], &view);
	ck_assert_str_eq(view.name, "page-faults");
	ck_assert_uint_eq(view.all.samples, 20);
}
END_TEST

START_TEST(a_clock_weighs_in_nanoseconds_of_cpu_time)
{
	build_view(profile, &all_opts[2], &view);
	ck_assert_str_eq(view.name, "wall");
	ck_assert_str_eq(view.unit, "ns");
	ck_assert_uint_le(view.ns[HW_WALL_BUSY], 1250000000); /* rounded down, each */
	ck_assert_uint_ge(view.ns[HW_WALL_BUSY], 1250000000 - 1010);
	ck_assert_uint_eq(view.ns[HW_WALL_LOCK], 3 * S);
	ck_assert_uint_eq(view.ns[HW_WALL_SLEEP], S);
	ck_assert_uint_eq(view.all.period, view.ns[HW_WALL_BUSY] + 5 * S);
	ck_assert_uint_eq(view.idle.n, 1);
}
END_TEST

/* The sums, and the samples one by one, are the same. */
START_TEST(the_sums_are_those_of_the_samples)
{
	uint64_t by_class[HW_WALL_CLASSES] = { 0 }, in_sums[HW_WALL_CLASSES] = { 0 }, n = 0, period;
	enum hw_wall_class class;

	build_view(profile, &all_opts[_i], &view);
	for (size_t i = 0; i < profile->n_samples; i++) {
		if (!hw_view_takes(&view, &profile->samples[i], &class, &period))
			continue;
		by_class[class] += period;
		n++;
	}
	ck_assert_uint_eq(n, view.all.samples);
	for (size_t i = 0; i < view.n_sums; i++) {
		const struct hw_view_sum *sum = &view.sums[i];

		ck_assert_uint_gt(sum->weight.samples, 0);
		ck_assert(!i || sum[-1].stack < sum->stack ||
			  (sum[-1].stack == sum->stack && sum[-1].class < sum->class));
		in_sums[sum->class] += sum->weight.period;
		n -= sum->weight.samples;
	}
	ck_assert_uint_eq(n, 0);
	ck_assert_mem_eq(by_class, in_sums, sizeof(by_class));
}
END_TEST

START_TEST(frames_end_where_a_wait_is_passed_on_and_self_is_who_is_charged)
{
	uint32_t frames[HW_PROFILE_STACK_MAX], stack = profile->samples[1030].stack;
	size_t self, n;

	build_view(profile, &all_opts[1], &view);
	n = hw_view_frames(&view, stack, HW_WALL_LOCK, frames, &self);
	ck_assert_uint_eq(n, 2); /* wait < main */
	ck_assert_uint_eq(self, 1);
	ck_assert_str_eq(hw_profile_str(profile, hw_profile_get_frame(profile, frames[0])->name),
			 "wait");
	build_view(profile, &all_opts[5], &view);
	n = hw_view_frames(&view, stack, HW_WALL_LOCK, frames, &self);
	ck_assert_uint_eq(n, 5);
	ck_assert_uint_eq(self, 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("view");
	TCase *t = tcase_create("view");

	tcase_add_checked_fixture(t, make_profile, free_all);
	tcase_add_test(t, views_do_not_see_each_other);
	tcase_add_test(t, an_event_is_shown_as_it_was_sampled);
	tcase_add_test(t, a_clock_weighs_in_nanoseconds_of_cpu_time);
	tcase_add_loop_test(t, the_sums_are_those_of_the_samples, 0, VIEWS);
	tcase_add_test(t, frames_end_where_a_wait_is_passed_on_and_self_is_who_is_charged);
	suite_add_tcase(s, t);
	return run_suite(s);
}
