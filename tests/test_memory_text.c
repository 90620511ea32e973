/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include <jansson.h>

#include "fault_builder.h"
#include "report/memory_print.h"

static struct hw_profile *profile;

/* Four lines with 400, 300, 200 and 100 faults, and 400 copies; a process that holds 1, 2, 4 and
 * 1 MB for 1 s each. */
static void make_profile(void)
{
	static const uint64_t bytes[] = { 1000000, 2000000, 4000000, 1000000 };
	struct hw_session *s;

	profile = build_fault_profile();
	for (uint32_t i = 0; i < 4; i++)
		build_faults(profile,
			     &(struct build_faults){ .kind = HW_FAULT_ABSENT,
						     .page = i * 1000,
						     .n = 400 - i * 100,
						     .time_ns = 2000 * MS },
			     STACK(PY("load", "data.py", 1, 10 + i)));
	build_faults(profile, &(struct build_faults){ .kind = HW_FAULT_COPY, .n = 400 },
		     STACK(C("copy", "/lib/libx.so")));
	s = &profile->session;
	s->complete = true;
	s->usage.max_rss_bytes = 4100000;
	s->peak_rss_bytes = 4000000;
	s->peak_rss_ns = 3500 * MS;
	s->peak_rss_pid = 100;
	s->wall.known = true;
	s->wall.wall_s = 4;
	s->wall.points = calloc(4, sizeof(*s->wall.points));
	for (; s->wall.n_points < 4; s->wall.n_points++)
		s->wall.points[s->wall.n_points] =
			(struct hw_wall_point){ .end_s = (double)s->wall.n_points + 1,
						.rss_bytes = bytes[s->wall.n_points] };
}

static void free_profile(void)
{
	profile = hw_profile_free(profile);
}

static char *print(bool functions, size_t max_rows)
{
	hw_auto(hw_faults_done) struct hw_faults faults = { 0 };
	struct hw_faults_opts opts = { .functions = functions };
	struct hw_memory_text text = {
		.profile = profile, .faults = &faults, .functions = functions, .max_rows = max_rows
	};
	char *printed = NULL;
	size_t size;
	FILE *f = open_memstream(&printed, &size);

	ck_assert_int_eq(hw_faults_find(profile, &opts, &faults), 0);
	ck_assert_int_eq(hw_memory_print(f, &text), 0);
	fclose(f);
	return printed;
}

static void check_has(const char *text, const char *part)
{
	ck_assert_msg(strstr(text, part) != NULL, "no '%s' in:\n%s", part, text);
}

START_TEST(the_page_has_totals_peak_curve_and_rows)
{
	hw_autofree char *text = print(false, 2);

	check_has(text, "faults   1,400: 1,000 of pages that were not there, 400 copies on write, "
			"0 read from disk\n");
	check_has(text, "pages    1,000 touched (4.10 MB); 0.0 % of the faults on pages given back "
			"before\n");
	check_has(text, "peak     4.00 MB at 2.50 s, all processes together; the largest process "
			"ever had 4.10 MB\n");
	check_has(text, "grown by load  data.py:10, 1.50 s before\n");
	check_has(text, "memory   ...............===============@@@@@@@@@@@@@@@...............  "
			"4.00 MB in 4.00 s\n");
	check_has(text, "   28.6        400    1.64 MB          0          0        0  load");
	check_has(text, "  copy      /lib/libx.so\n");
	check_has(text, "... and 3 more lines with 42.9 % of the faults (-n 0 shows all)\n");
	ck_assert_ptr_null(strstr(text, "estimated"));
}
END_TEST

START_TEST(functions_are_added_up)
{
	hw_autofree char *text = print(true, 0);

	check_has(text, "   71.4       1000    4.10 MB          0          0        0  load      "
			"data.py:1\n");
}
END_TEST

START_TEST(what_is_doubtful_is_said)
{
	hw_autofree char *sampled = NULL, *chosen = NULL, *other = NULL, *blind = NULL;

	profile->session.complete = false;
	profile->session.lost = 3;
	profile->samples[0].period = 4;
	chosen = print(false, 0);
	check_has(chosen, "faults   about 1,403: ");
	check_has(chosen, "warning: the recording did not come to its end");
	check_has(chosen, "warning: 3 samples were lost");
	check_has(chosen, "note: estimated from 1400 samples");
	profile->session.events[0].frequency_hz = 997;
	sampled = print(false, 0);
	check_has(sampled, "pages    not known");
	ck_assert_ptr_null(strstr(sampled, "TOUCHED"));
	for (size_t i = 0; i < profile->n_samples; i++)
		profile->samples[i].flags = 0;
	blind = print(false, 0);
	check_has(blind, "does not tell copies on write");
	ck_assert_ptr_null(strstr(blind, "COPIED"));
	free(profile->session.events[0].name);
	profile->session.events[0].name = build_copy("cpu-clock");
	other = print(false, 0);
	ck_assert_ptr_null(strstr(other, "FAULTS"));
	check_has(other, "last on a CPU load  data.py:13");
	check_has(other, "page faults were not recorded");
}
END_TEST

START_TEST(the_page_is_also_json)
{
	hw_autofree char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);
	json_t *root, *lines, *functions, *rss;
	const char *file, *at;
	int faults, pages, copies, line, peak, again;
	double time_s;

	ck_assert_int_eq(hw_memory_json_print(f, profile, false, 0), 0);
	fclose(f);
	root = json_loads(text, 0, NULL);
	ck_assert_int_eq(json_unpack(root, "{s:i, s:i, s:i, s:i}", "faults", &faults, "pages",
				     &pages, "copies", &copies, "again", &again),
			 0);
	ck_assert_int_eq(json_unpack(root, "{s:{s:i, s:F, s:s, s:i}}", "peak", "bytes", &peak,
				     "time_s", &time_s, "function", &at, "line", &line),
			 0);
	ck_assert_int_eq(json_unpack(root, "{s:o, s:o, s:o}", "rss", &rss, "lines", &lines,
				     "functions", &functions),
			 0);
	ck_assert_int_eq(faults, 1400);
	ck_assert_int_eq(pages, 1000);
	ck_assert_int_eq(copies, 400);
	ck_assert_int_eq(again, 0);
	ck_assert_int_eq(peak, 4000000);
	ck_assert_double_eq(time_s, 2.5);
	ck_assert_str_eq(at, "load");
	ck_assert_int_eq(line, 10);
	ck_assert_uint_eq(json_array_size(rss), 4);
	ck_assert_uint_eq(json_array_size(lines), 5);
	ck_assert_uint_eq(json_array_size(functions), 2);
	ck_assert_int_eq(json_unpack(json_array_get(lines, 1), "{s:s}", "file", &file), 0);
	ck_assert_str_eq(file, "data.py");
	json_decref(root);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("memory_text");
	TCase *t = tcase_create("memory_text");

	tcase_add_checked_fixture(t, make_profile, free_profile);
	tcase_add_test(t, the_page_has_totals_peak_curve_and_rows);
	tcase_add_test(t, functions_are_added_up);
	tcase_add_test(t, what_is_doubtful_is_said);
	tcase_add_test(t, the_page_is_also_json);
	suite_add_tcase(s, t);
	return run_suite(s);
}
