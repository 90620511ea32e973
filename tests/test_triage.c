/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "profile_builder.h"
#include "report/style.h"
#include "report/triage.h"
#include "wall_scenes.h"

static struct hw_profile *profile;

/* Loads from disk for 1 s, then computes for 2 s: 1.4 s in f, 0.6 s of page faults in g. */
static void make_profile(void)
{
	struct hw_task task = { 100, 100, 0 };
	struct hw_wall *wall;

	profile = build_profile("cpu-clock", "ns");
	build_event(profile, HW_EVENT_OFF_CPU, "ns");
	profile->session.usage = (struct hw_usage){ .wall_s = 3, .user_s = 1.4, .sys_s = 0.6 };
	build_samples(profile, 1400, STACK(EVAL("long_add"), PY("f", "src/a.py", 1, 2)));
	build_samples(profile, 600,
		      STACK(KERNEL("exc_page_fault"), C("memset", "libc.so.6"),
			    PY("g", "src/a.py", 9, 10)));
	build_samples_of(
		profile, 1, 1000,
		STACK(KERNEL("vfs_read"), C("read", "libc.so.6"), PY("load", "src/a.py", 20, 22)),
		&task);
	for (size_t i = 2000; i < 3000; i++)
		profile->samples[i].flags = HW_WALL_DISK << HW_SAMPLE_WAIT_SHIFT;
	wall = &profile->session.wall;
	*wall = (struct hw_wall){ .known = true,
				  .wall_s = 3,
				  .seconds = { IN(BUSY, 2), IN(DISK, 1) },
				  .thread_s = { IN(BUSY, 2), IN(DISK, 1) },
				  .width_s = { 1, 2 },
				  .switches = 40,
				  .threads = 1,
				  .threads_peak = 1,
				  .n_points = 30 };
	wall->points = calloc(30, sizeof(*wall->points));
	ck_assert_ptr_nonnull(wall->points);
	for (size_t i = 0; i < 30; i++) {
		wall->points[i].end_s = 0.1 * (double)(i + 1);
		wall->points[i].seconds[i < 10 ? HW_WALL_DISK : HW_WALL_BUSY] = 0.1;
	}
}

static void free_profile(void)
{
	profile = hw_profile_free(profile);
}

static char *page(const struct hw_style *style)
{
	hw_auto(hw_diagnosis_done) struct hw_diagnosis d = { 0 };
	char *text;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	ck_assert_ptr_nonnull(f);
	ck_assert_int_eq(hw_diagnose(profile, &d), 0);
	if (style)
		ck_assert_int_eq(hw_triage_print(f, profile, &d, style), 0);
	else
		ck_assert_int_eq(hw_triage_print_json(f, profile, &d), 0);
	fclose(f);
	return text;
}

static void expect(const char *text, const char *part)
{
	ck_assert_msg(strstr(text, part) != NULL, "no '%s' in\n%s", part, text);
}

START_TEST(the_page_has_its_parts_with_their_figures)
{
	hw_autofree char *text = page(&(struct hw_style){ 0 });

	ck_assert_ptr_eq(strstr(text,
				"CPU-bound on one core: busy for 67 % of 3.00 s, 20 % in page "
				"faults.\n"),
			 text);
	expect(text, "WHERE THE WALL TIME WENT  (scheduler, 2,000 samples, "
		     "none lost; evidence: bpf)\n");
	expect(text, "  user            1.40 s   46.7 %  ###################\n");
	expect(text, "  page-faults     600 ms   20.0 %                     ########\n");
	expect(text,
	       "  disk            1.00 s   33.3 %                             #############\n");
	expect(text, "     0.00 -    1.00 s   disk 100 %\n     1.00 -    3.00 s   CPU 100 %\n");
	expect(text, "    46.7 %     1.40 s  user 100 %                    f                     "
		     "src/a.py:1\n");
	expect(text, "    33.3 %     1.00 s  disk 100 %                    load                  "
		     "src/a.py:22\n");
	expect(text, "in f (src/a.py:2): at most 1.87x, 1.40 s of 3.00 s\n");
	expect(text, "waits for the disk in load (src/a.py:22): at most 1.50x, 1.00 s of 3.00 s\n");
	expect(text, "NOT MEASURED\n  - ");
}
END_TEST

/* The bars together are as long as the whole. */
START_TEST(bars_add_up)
{
	hw_autofree char *text = page(&(struct hw_style){ 0 });
	size_t n = 0;

	for (const char *c = text; *c; c++)
		n += *c == '#';
	ck_assert_uint_eq(n, 40);
}
END_TEST

START_TEST(a_page_fits_a_terminal)
{
	hw_autofree char *text = NULL;
	size_t lines = 0, columns;

	build_samples(
		profile, 500,
		STACK(EVAL("eval"), PY("a_function.<locals>.with_a_long_name",
				       "/usr/share/somewhere/deep/down/in/the/tree/a.py", 1, 2)));
	text = page(&(struct hw_style){ .width = (unsigned int)_i });

	for (char *at = text; *at; at += columns + 1) {
		columns = strcspn(at, "\n");
		ck_assert_msg(columns <= (size_t)_i, "%zu columns: %.*s", columns, (int)columns,
			      at);
		lines++;
	}
	ck_assert_uint_le(lines, 53);
}
END_TEST

START_TEST(rows_of_nothing_are_not_shown)
{
	hw_autofree char *text = NULL;

	profile->session.wall.seconds[HW_WALL_PIPE] = 26e-6;
	text = page(&(struct hw_style){ 0 });
	ck_assert_ptr_null(strstr(text, "pipe"));
}
END_TEST

START_TEST(colour_and_blocks_only_where_they_are_shown)
{
	hw_autofree char *plain = page(&(struct hw_style){ 0 });
	hw_autofree char *rich = page(&(struct hw_style){ .color = true, .utf8 = true });

	for (const char *c = plain; *c; c++)
		ck_assert_int_ge(*c, 0);
	ck_assert_ptr_null(strchr(plain, '\033'));
	expect(rich, "\033[32m███████████████████\033[0m\n");
	expect(rich, "→");
}
END_TEST

START_TEST(names_cannot_command_the_terminal)
{
	hw_autofree char *text = NULL;

	build_samples(profile, 9000, STACK(EVAL("eval"), PY("\033[2Jevil", "x\n.py", 1, 2)));
	text = page(&(struct hw_style){ .utf8 = true });
	ck_assert_ptr_null(strchr(text, '\033'));
	expect(text, "?[2Jevil");
	expect(text, "x?.py");
}
END_TEST

START_TEST(the_page_is_also_json)
{
	hw_autofree char *text = page(NULL);
	json_t *root = json_loads(text, 0, NULL);
	const char *class, *sentence, *file, *rule, *phase;
	double budget = 0, speedup, saved, wall_s, disk_s;
	json_t *rows, *row;
	size_t i;
	int line;

	ck_assert_ptr_nonnull(root);
	ck_assert_int_eq(json_unpack(root, "{s:{s:s, s:s}, s:o, s:F}", "verdict", "class", &class,
				     "sentence", &sentence, "budget", &rows, "wall_s", &wall_s),
			 0);
	ck_assert_str_eq(class, "cpu");
	ck_assert_ptr_eq(strstr(sentence, "CPU-bound"), sentence);
	json_array_foreach(rows, i, row) budget += json_real_value(json_object_get(row, "seconds"));
	ck_assert_double_eq_tol(budget, wall_s, 1e-9);
	ck_assert_int_eq(json_unpack(root, "{s:{s:{s:F}}, s:[{s:s}, o]}", "wall", "seconds", "disk",
				     &disk_s, "phases", "class", &phase, &row),
			 0);
	ck_assert_double_eq(disk_s, 1);
	ck_assert_str_eq(phase, "disk");
	ck_assert_int_eq(json_unpack(root, "{s:[{s:s, s:i, s:s, s:{s:F}}, o, o], s:[o, o, o]}",
				     "lines", "file", &file, "line", &line, "class", &class,
				     "thread_s", "user", &saved, &row, &row, "functions", &row,
				     &row, &row),
			 0);
	ck_assert_str_eq(file, "src/a.py");
	ck_assert_int_eq(line, 2);
	ck_assert_str_eq(class, "user");
	ck_assert_double_eq_tol(saved, 1.4, 1e-9);
	ck_assert_int_eq(json_unpack(root, "{s:[{s:s, s:F, s:F}], s:o}", "findings", "rule", &rule,
				     "speedup_max", &speedup, "saved_max_s", &saved, "not_measured",
				     &rows),
			 0);
	ck_assert_str_eq(rule, "interpreted");
	ck_assert_double_eq_tol(speedup, 3 / 1.6, 1e-6);
	ck_assert(json_is_array(rows) && json_array_size(rows));
	json_decref(root);
}
END_TEST

START_TEST(a_run_without_samples_or_wall_has_a_page_as_well)
{
	hw_autofree char *text = NULL;

	free_profile();
	profile = build_profile("page-faults", "");
	profile->session.usage = (struct hw_usage){ .wall_s = 1, .user_s = 0.01 };
	text = page(&(struct hw_style){ 0 });
	expect(text, "Waiting, not working");
	expect(text, "(waits estimated; evidence: rusage)");
	expect(text, "nothing found that would save 3 %");
	expect(text, "EVIDENCE\n  - nothing ran for");
	expect(text, "  - waits: the scheduler was not traced");
	expect(text, "  - lines: there are no samples");
	ck_assert_ptr_null(strstr(text, "PHASES"));
	ck_assert_ptr_null(strstr(text, "LINES"));
}
END_TEST

/* Where lists of kinds are cut, the first are what people see: the order is the table's. */
START_TEST(kinds_of_time_come_in_the_order_of_the_table)
{
	hw_autofree char *text = NULL;
	char *at, *end;

	for (size_t i = 2000; i < 2100; i++) /* of load(), which waits for the disk else */
		profile->samples[i].flags = (i % 2 ? HW_WALL_SLEEP : HW_WALL_LOCK)
					    << HW_SAMPLE_WAIT_SHIFT;
	text = page(NULL);
	at = strstr(text, "\"load\"");
	at = at ? strstr(at, "thread_s") : NULL;
	end = at ? strchr(at, '}') : NULL;
	ck_assert_ptr_nonnull(end);
	*end = 0;
	for (int i = 0; i < HW_SLICES; i++) {
		const char *name = hw_time_kinds[i].name;

		if (strcmp(name, "disk") != 0 && strcmp(name, "lock") != 0 &&
		    strcmp(name, "sleep") != 0)
			continue;
		at = strstr(at, name);
		ck_assert_msg(at != NULL, "%s is not behind the kinds before it", name);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("triage");
	TCase *t = tcase_create("triage");

	tcase_add_checked_fixture(t, make_profile, free_profile);
	tcase_add_test(t, the_page_has_its_parts_with_their_figures);
	tcase_add_test(t, bars_add_up);
	tcase_add_loop_test(t, a_page_fits_a_terminal, 80, 110);
	tcase_add_test(t, rows_of_nothing_are_not_shown);
	tcase_add_test(t, colour_and_blocks_only_where_they_are_shown);
	tcase_add_test(t, names_cannot_command_the_terminal);
	tcase_add_test(t, the_page_is_also_json);
	tcase_add_test(t, a_run_without_samples_or_wall_has_a_page_as_well);
	tcase_add_test(t, kinds_of_time_come_in_the_order_of_the_table);
	suite_add_tcase(s, t);
	return run_suite(s);
}
