/* SPDX-License-Identifier: Apache-2.0
 * lib/stat/group.h: the table of processes. */
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "fixture.h"
#include "report/group_print.h"

#define WALL_S 10.0

/* A process with @seconds in @class, the rest of the time asleep. */
static struct hw_group_member *add(struct hw_group *g, pid_t pid, const char *command,
				   enum hw_wall_class class, double seconds)
{
	struct hw_group_member *m;

	ck_assert_int_eq(hw_reserve(g->members, g->cap, g->n + 1), 0);
	m = &g->members[g->n++];
	*m = (struct hw_group_member){
		.pid = pid,
		.command = strdup(command),
		.alive = true,
		.has_usage = true,
		.wall = { .known = true, .wall_s = WALL_S, .threads = 1, .threads_peak = 1 },
	};
	ck_assert_ptr_nonnull(m->command);
	m->wall.seconds[HW_WALL_SLEEP] = WALL_S - seconds;
	m->wall.seconds[class] += seconds;
	m->wall.thread_s[HW_WALL_SLEEP] = WALL_S - seconds;
	m->wall.thread_s[class] += seconds;
	m->wall.width_s[class == HW_WALL_BUSY] = seconds;
	m->wall.width_s[0] += WALL_S - seconds;
	m->usage.user_s = class == HW_WALL_BUSY ? seconds : 0;
	return m;
}

static struct hw_group some(void)
{
	struct hw_group g = { .wall_s = WALL_S, .cpus = 2 };

	add(&g, 10, "asleep", HW_WALL_SLEEP, 1);
	add(&g, 11, "server", HW_WALL_NETWORK, 10);
	add(&g, 12, "database", HW_WALL_DISK, 6);
	add(&g, 13, "compiler", HW_WALL_BUSY, 9);
	add(&g, 14, "victim", HW_WALL_STARVED, 8);
	return g;
}

/* What is printed, in memory to be freed. */
static char *text_of(const struct hw_group *g, const struct hw_style *style)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	ck_assert_ptr_nonnull(f);
	ck_assert_int_eq(style ? hw_group_print(f, g, style) : hw_group_print_json(f, g), 0);
	ck_assert_int_eq(fclose(f), 0);
	return text;
}

START_TEST(the_worst_comes_first)
{
	static const pid_t wanted[] = { 13, 14, 12, 11, 10 };
	static const char *const classes[] = { "cpu", "cpu", "io", "io", "idle" };
	struct hw_group g = some();

	ck_assert_int_eq(hw_group_judge(&g, -1), 0);
	for (size_t i = 0; i < g.n; i++) {
		ck_assert_int_eq(g.members[i].pid, wanted[i]);
		ck_assert_str_eq(hw_bound_class_name(g.members[i].verdict.class), classes[i]);
	}
	hw_group_done(&g);
}
END_TEST

START_TEST(who_only_waits_is_idle_unless_it_was_named)
{
	struct hw_group g = some();
	struct hw_group_member *asleep = &g.members[0], *server = &g.members[1];

	ck_assert(hw_group_is_idle(&g, asleep));
	ck_assert(hw_group_is_idle(&g, server));
	ck_assert(!hw_group_is_idle(&g, &g.members[2]));
	server->named = true;
	ck_assert(!hw_group_is_idle(&g, server));
	asleep->wall.seconds[HW_WALL_BUSY] = 0.05;
	ck_assert(!hw_group_is_idle(&g, asleep));
	asleep->alive = false;
	ck_assert(hw_group_is_idle(&g, asleep));
	hw_group_done(&g);
}
END_TEST

START_TEST(the_table_folds_the_idle)
{
	const struct hw_style style = { 0 };
	struct hw_group g = some();
	char *text;

	g.left_out = 3;
	g.missed = 7;
	g.throttled_s = 1.5;
	g.title = "cgroup web";
	g.members[2].alive = false;
	ck_assert_int_eq(hw_group_judge(&g, -1), 0);
	text = text_of(&g, &style);
	ck_assert_ptr_nonnull(strstr(text, "cgroup web, 5 processes for 10.00 s, on 0.90 of 2"));
	ck_assert_ptr_nonnull(strstr(text, "quota of the cgroup held threads back for 1.50 s"));
	ck_assert_ptr_nonnull(strstr(text, "       13  compiler "));
	ck_assert_ptr_nonnull(strstr(text, "       12+ database "));
	ck_assert_ptr_nonnull(strstr(text, "+: it has ended"));
	ck_assert_ptr_nonnull(strstr(text, "and 2 idle processes\n"));
	ck_assert_ptr_null(strstr(text, "server"));
	ck_assert_ptr_nonnull(strstr(text, "3 more processes are not listed"));
	ck_assert_ptr_nonnull(strstr(text, "7 threads or switches could not be followed"));
	ck_assert_ptr_nonnull(strstr(text, "\n13 compiler: CPU-bound"));
	free(text);
	hw_group_done(&g);
}
END_TEST

START_TEST(every_line_has_the_columns_of_the_head)
{
	const struct hw_style style = { .width = 100 };
	struct hw_group g = some();
	char *text, *line, *rest;
	size_t head = 0, lines = 0;

	g.members[0].named = g.members[1].named = true;
	free(g.members[1].command);
	g.members[1].command = strdup("a command line that is by far too long for a table of a "
				      "hundred columns \033[31m");
	ck_assert_int_eq(hw_group_judge(&g, -1), 0);
	text = rest = text_of(&g, &style);
	ck_assert_ptr_null(strchr(text, '\033'));
	while ((line = strsep(&rest, "\n"))) {
		if (strstr(line, "COMMAND")) {
			head = strlen(line);
		} else if (head && line[0]) {
			ck_assert_uint_eq(strlen(line), head);
			lines++;
		} else if (head) {
			break;
		}
	}
	ck_assert_uint_eq(lines, 5);
	ck_assert_uint_le(head, 100);
	free(text);
	hw_group_done(&g);
}
END_TEST

START_TEST(more_than_a_hundred_lines_are_cut)
{
	const struct hw_style style = { 0 };
	struct hw_group g = { .wall_s = WALL_S, .cpus = 2 };
	char *text;

	for (int i = 0; i < 130; i++)
		add(&g, 1000 + i, "worker", HW_WALL_BUSY, 1);
	ck_assert_int_eq(hw_group_judge(&g, -1), 0);
	text = text_of(&g, &style);
	ck_assert_ptr_nonnull(strstr(text, "and 30 more, see --json\n"));
	free(text);
	hw_group_done(&g);
}
END_TEST

START_TEST(json_has_all_of_them)
{
	struct hw_group g = some();
	json_t *object, *first, *last;
	char *text;

	g.members[3].has_usage = false;
	ck_assert_int_eq(hw_group_judge(&g, -1), 0);
	text = text_of(&g, NULL);
	object = json_loads(text, 0, NULL);
	ck_assert_ptr_nonnull(object);
	ck_assert_uint_eq(json_array_size(json_object_get(object, "processes")), 5);
	first = json_array_get(json_object_get(object, "processes"), 0);
	last = json_array_get(json_object_get(object, "processes"), 4);
	ck_assert_int_eq(json_integer_value(json_object_get(first, "pid")), 13);
	ck_assert(json_is_null(json_object_get(first, "user_s")));
	ck_assert(json_is_real(json_object_get(last, "user_s")));
	ck_assert(json_is_true(json_object_get(last, "idle")));
	ck_assert(fabs(json_real_value(json_object_get(first, "worked_s")) - 9) < 1e-9);
	ck_assert_str_eq(json_string_value(json_object_get(json_object_get(first, "verdict"),
							   "class")), "cpu");
	json_decref(object);
	free(text);
	hw_group_done(&g);
}
END_TEST

START_TEST(a_full_disk_is_an_error)
{
	const struct hw_style style = { 0 };
	struct hw_group g = some();
	FILE *f = fopen("/dev/full", "w");

	ck_assert_ptr_nonnull(f);
	ck_assert_int_eq(hw_group_judge(&g, -1), 0);
	ck_assert_int_eq(hw_group_print(f, &g, &style), -EIO);
	fclose(f);
	hw_group_done(&g);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("group");
	TCase *tc = tcase_create("all");

	tcase_add_test(tc, the_worst_comes_first);
	tcase_add_test(tc, who_only_waits_is_idle_unless_it_was_named);
	tcase_add_test(tc, the_table_folds_the_idle);
	tcase_add_test(tc, every_line_has_the_columns_of_the_head);
	tcase_add_test(tc, more_than_a_hundred_lines_are_cut);
	tcase_add_test(tc, json_has_all_of_them);
	tcase_add_test(tc, a_full_disk_is_an_error);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
