/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include <errno.h>

#include "profile_builder.h"
#include "profile/session.h"

START_TEST(a_new_profile_has_the_empty_string_and_no_module_as_zero)
{
	hw_auto(hw_profile_free) struct hw_profile *p = hw_profile_new();
	struct hw_module_info none = { 0 };
	uint32_t id = 7;

	ck_assert_int_eq(hw_profile_string(p, "", &id), 0);
	ck_assert_uint_eq(id, 0);
	id = 7;
	ck_assert_int_eq(hw_profile_module(p, &none, &id), 0);
	ck_assert_uint_eq(id, 0);
	ck_assert_int_eq(p->session.exit_status, -1);
}
END_TEST

START_TEST(what_is_added_twice_has_one_number_and_comes_back)
{
	hw_auto(hw_profile_free) struct hw_profile *p = hw_profile_new();
	struct build_frame b = PY("f", "foo.py", 3, 4);
	uint32_t frames[2], stacks[2];
	const uint32_t *stored;
	size_t n;

	frames[0] = build_frame(p, &b);
	frames[1] = build_frame(p, &b);
	ck_assert_uint_eq(frames[0], frames[1]);
	ck_assert_str_eq(hw_profile_str(p, hw_profile_get_frame(p, frames[0])->name), "f");
	ck_assert_int_eq(hw_profile_stack(p, frames, 2, &stacks[0]), 0);
	ck_assert_int_eq(hw_profile_stack(p, frames, 1, &stacks[1]), 0);
	ck_assert_uint_ne(stacks[0], stacks[1]);
	stored = hw_profile_get_stack(p, stacks[0], &n);
	ck_assert_uint_eq(n, 2);
	ck_assert_mem_eq(stored, frames, sizeof(frames));
}
END_TEST

START_TEST(strings_and_stacks_past_the_limits_are_refused)
{
	hw_auto(hw_profile_free) struct hw_profile *p = hw_profile_new();
	hw_autofree char *text = malloc(HW_PROFILE_STRING_MAX + 2);
	hw_autofree uint32_t *frames = calloc(HW_PROFILE_STACK_MAX + 1, sizeof(*frames));
	struct build_frame b = PY("f", "foo.py", 3, 4);
	uint32_t id = 7;

	build_frame(p, &b);
	memset(text, 'x', HW_PROFILE_STRING_MAX + 1);
	text[HW_PROFILE_STRING_MAX + 1] = 0;
	ck_assert_int_eq(hw_profile_string(p, text, &id), -EOVERFLOW);
	ck_assert_int_eq(hw_profile_stack(p, frames, HW_PROFILE_STACK_MAX + 1, &id), -EOVERFLOW);
	ck_assert_uint_eq(id, 7);
	ck_assert_int_eq(hw_profile_stack(p, frames, HW_PROFILE_STACK_MAX, &id), 0);
}
END_TEST

START_TEST(clearing_the_samples_keeps_the_numbers)
{
	hw_auto(hw_profile_free) struct hw_profile *p = build_profile("cpu-clock", "ns");

	build_samples(p, 3, STACK(PY("f", "foo.py", 3, 4)));
	p->n_samples = 0; /* as hw_profile_flush() leaves it */
	build_samples(p, 1, STACK(PY("f", "foo.py", 3, 4)));
	ck_assert_uint_eq(hw_intern_count(p->stacks), 1);
	ck_assert_str_eq(hw_profile_str(p, 12345), "");
}
END_TEST

/* Sets every member that is stored to something that is not its zero. */
static void fill_session(struct hw_session *s)
{
	s->argv = calloc(3, sizeof(char *));
	s->argv[0] = build_copy("python3");
	s->argv[1] = build_copy("caf\xe9.py"); /* Latin-1: not UTF-8 */
	s->exit_status = 139;
	s->start_unix_s = 1790000000;
	s->start_ns = 1ull << 60;
	s->page_bytes = 65536;
	s->peak_rss_bytes = 1ull << 41;
	s->peak_rss_ns = (1ull << 60) + 5;
	s->peak_rss_pid = 77;
	s->lost = UINT64_MAX;
	s->usage = (struct hw_usage){ .wall_s = 2.3125,
				      .user_s = 2,
				      .sys_s = 0.25,
				      .io_known = true,
				      .cpu_wait_s = 0.5,
				      .io_calls = 9,
				      .read_bytes = 1ull << 40 };
	s->wall = (struct hw_wall){ .known = true,
				    .wall_s = 2.25,
				    .seconds = { [HW_WALL_BUSY] = 2, [HW_WALL_OTHER] = 0.25 },
				    .width_s = { [0] = 0.25, [HW_WALL_WIDTHS - 1] = 2 },
				    .thread_s = { [HW_WALL_GIL] = 64.5 },
				    .switches = 1ull << 40,
				    .threads = 70,
				    .threads_peak = 65,
				    .throttled_s = 0.5,
				    .steal_s = 0.125,
				    .points = calloc(2, sizeof(struct hw_wall_point)),
				    .n_points = 2 };
	s->wall.points[0] = (struct hw_wall_point){ 1.5, { [HW_WALL_BUSY] = 1.5 }, 1ull << 33 };
	s->wall.points[1] = (struct hw_wall_point){
		2.25, { [HW_WALL_BUSY] = 0.5, [HW_WALL_OTHER] = 0.25 }, 0
	};
	s->losses = calloc(1, sizeof(*s->losses));
	s->losses[0] =
		(struct hw_session_loss){ build_copy("no frame pointer"), build_copy(""), 17 };
	s->n_losses = 1;
	s->core = build_copy("neoverse-n1");
	s->counts = calloc(1, sizeof(*s->counts));
	s->counts[0] = (struct hw_session_count){ build_copy("STALL_BACKEND"), 1.5e12, 50 };
	s->n_counts = 1;
	s->doubts = calloc(2, sizeof(char *));
	s->doubts[0] = build_copy("the machine was \"busy\"\n");
}

static void check_wall(const struct hw_wall *read, const struct hw_wall *written)
{
	ck_assert(read->known);
	ck_assert_double_eq(read->wall_s, written->wall_s);
	ck_assert_mem_eq(read->seconds, written->seconds, sizeof(read->seconds));
	ck_assert_mem_eq(read->width_s, written->width_s, sizeof(read->width_s));
	ck_assert_mem_eq(read->thread_s, written->thread_s, sizeof(read->thread_s));
	ck_assert_uint_eq(read->switches, written->switches);
	ck_assert_uint_eq(read->threads, written->threads);
	ck_assert_uint_eq(read->threads_peak, written->threads_peak);
	ck_assert_double_eq(read->throttled_s, written->throttled_s);
	ck_assert_double_eq(read->steal_s, written->steal_s);
	ck_assert_uint_eq(read->n_points, written->n_points);
	ck_assert_mem_eq(read->points, written->points, read->n_points * sizeof(*read->points));
}

START_TEST(a_session_survives_its_json)
{
	hw_auto(hw_profile_free) struct hw_profile *p = build_profile("cpu-clock", "ns");
	hw_auto(hw_session_done) struct hw_session s = { 0 };
	hw_autofree char *text = NULL;

	fill_session(&p->session);
	ck_assert_int_eq(hw_session_to_json(&p->session, &text), 0);
	ck_assert_int_eq(hw_session_from_json(text, strlen(text), &s), 0);
	ck_assert_str_eq(s.argv[1], "caf?.py");
	ck_assert_ptr_null(s.argv[2]);
	ck_assert_int_eq(s.exit_status, 139);
	ck_assert_str_eq(s.kernel, "6.1.0");
	ck_assert_uint_eq(s.cpus, 2);
	ck_assert_int_eq(s.start_unix_s, 1790000000);
	ck_assert_uint_eq(s.start_ns, 1ull << 60);
	ck_assert_uint_eq(s.page_bytes, 65536);
	ck_assert_uint_eq(s.peak_rss_bytes, 1ull << 41);
	ck_assert_uint_eq(s.peak_rss_ns, (1ull << 60) + 5);
	ck_assert_int_eq(s.peak_rss_pid, 77);
	ck_assert(s.stacks && s.complete);
	ck_assert_mem_eq(&s.usage, &p->session.usage, sizeof(s.usage));
	check_wall(&s.wall, &p->session.wall);
	ck_assert_uint_eq(s.n_events, 1);
	ck_assert_str_eq(s.events[0].unit, "ns");
	ck_assert_uint_eq(s.events[0].frequency_hz, 997);
	ck_assert_uint_eq(s.lost, INT64_MAX); /* as large as JSON has */
	ck_assert_str_eq(s.losses[0].reason, "no frame pointer");
	ck_assert_uint_eq(s.losses[0].count, 17);
	ck_assert_str_eq(s.core, "neoverse-n1");
	ck_assert_uint_eq(s.n_counts, 1);
	ck_assert_str_eq(s.counts[0].name, "STALL_BACKEND");
	ck_assert_double_eq(s.counts[0].value, 1.5e12);
	ck_assert_double_eq(s.counts[0].running_pct, 50);
	ck_assert_str_eq(s.doubts[0], "the machine was \"busy\"\n");
}
END_TEST

static const char *const bad_sessions[] = {
	"",
	"[]",
	"{",
	"null",
	"{\"cpus\":-1}",
	"{\"cpus\":4294967296}",
	"{\"lost\":-1}",
	"{\"lost\":\"1\"}",
	"{\"exit_status\":2147483648}",
	"{\"stacks\":1}",
	"{\"host\":3}",
	"{\"usage\":[]}",
	"{\"usage\":{\"wall_s\":-1}}",
	"{\"usage\":{\"wall_s\":\"x\"}}",
	"{\"events\":{}}",
	"{\"events\":[1]}",
	"{\"events\":[{\"name\":1}]}",
	"{\"argv\":\"x\"}",
	"{\"argv\":[1]}",
	"{\"doubts\":[null]}",
	"{\"losses\":[{\"count\":1.5}]}",
	"{\"host\":\"\xff\"}",
};

START_TEST(a_bad_session_is_refused_and_the_output_kept)
{
	struct hw_session s = { .cpus = 77 };

	ck_assert_int_eq(hw_session_from_json(bad_sessions[_i], strlen(bad_sessions[_i]), &s),
			 -EBADMSG);
	ck_assert_uint_eq(s.cpus, 77);
}
END_TEST

/* A wall budget that is accepted: each of the others has one thing in it that is not. */
#define WALL(seconds, points)                                                                     \
	"{\"wall\":{\"wall_s\":1,\"seconds\":" seconds ",\"thread_s\":[],\"width_s\":[]," \
	"\"points\":" points "}}"
#define POINT(end) "{\"end_s\":" end ",\"seconds\":[" end "]}"

static const struct {
	const char *text;
	bool good;
} walls[] = {
	{ WALL("[1]", "[" POINT("0.25") "," POINT("0.5") "]"), true },
	{ WALL("[-1]", "[]"), false },
	{ WALL("[\"1\"]", "[]"), true }, /* no number is zero */
	{ WALL("[1e999]", "[]"), false },
	{ WALL("[1]", "[" POINT("0.5") "," POINT("0.25") "]"), false }, /* backwards */
	{ WALL("[1]", "[{\"end_s\":-1}]"), false },
	{ WALL("[1]", "[{\"end_s\":1,\"seconds\":[-1]}]"), false },
	{ WALL("[1]", "[{\"end_s\":1,\"rss_bytes\":-1}]"), false },
	{ WALL("[1]", "{}"), false },
	{ WALL("[1]", "[3]"), false },
	{ "{\"wall\":{\"wall_s\":0}}", false },
	{ "{\"wall\":{\"wall_s\":1,\"switches\":-1}}", false },
	{ "{\"wall\":[]}", false },
	{ "{\"wall\":1}", false },
};

START_TEST(a_wall_budget_that_cannot_be_is_refused)
{
	hw_auto(hw_session_done) struct hw_session s = { 0 };
	int r = hw_session_from_json(walls[_i].text, strlen(walls[_i].text), &s);

	ck_assert_msg(r == (walls[_i].good ? 0 : -EBADMSG), "%d: %s", r, walls[_i].text);
	ck_assert_int_eq(s.wall.known, walls[_i].good);
}
END_TEST

START_TEST(a_timeline_has_so_many_points_at_the_most)
{
	for (int more = 0; more < 2; more++) {
		hw_auto(hw_session_done) struct hw_session s = { 0 };
		hw_autofree char *text = NULL;
		size_t size;
		FILE *f = open_memstream(&text, &size);

		fputs("{\"wall\":{\"wall_s\":1,\"seconds\":[],\"thread_s\":[],\"width_s\":[],"
		      "\"points\":[",
		      f);
		for (int i = 0; i < HW_WALL_POINTS_MAX + more; i++)
			fprintf(f, "%s{\"end_s\":%d,\"seconds\":[]}", i ? "," : "", i);
		fputs("]}}", f);
		fclose(f);
		ck_assert_int_eq(hw_session_from_json(text, size, &s), more ? -EBADMSG : 0);
	}
}
END_TEST

START_TEST(missing_keys_are_zero_and_unknown_ones_are_skipped)
{
	static const char text[] =
		"{\"events\":[{}],\"colour\":\"red\",\"host\":\"a\",\"host\":\"b\"}";
	hw_auto(hw_session_done) struct hw_session s = { 0 };

	ck_assert_int_eq(hw_session_from_json(text, strlen(text), &s), 0);
	ck_assert_int_eq(s.exit_status, -1);
	ck_assert_ptr_null(s.argv);
	ck_assert_str_eq(s.events[0].name, "");
	ck_assert_str_eq(s.host, "b");
	ck_assert_str_eq(s.kernel, "");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("profile");
	TCase *t = tcase_create("profile");

	tcase_add_test(t, a_new_profile_has_the_empty_string_and_no_module_as_zero);
	tcase_add_test(t, what_is_added_twice_has_one_number_and_comes_back);
	tcase_add_test(t, strings_and_stacks_past_the_limits_are_refused);
	tcase_add_test(t, clearing_the_samples_keeps_the_numbers);
	tcase_add_test(t, a_session_survives_its_json);
	tcase_add_loop_test(t, a_bad_session_is_refused_and_the_output_kept, 0,
			    (int)(sizeof(bad_sessions) / sizeof(bad_sessions[0])));
	tcase_add_loop_test(t, a_wall_budget_that_cannot_be_is_refused, 0,
			    (int)(sizeof(walls) / sizeof(walls[0])));
	tcase_add_test(t, a_timeline_has_so_many_points_at_the_most);
	tcase_add_test(t, missing_keys_are_zero_and_unknown_ones_are_skipped);
	suite_add_tcase(s, t);
	return run_suite(s);
}
