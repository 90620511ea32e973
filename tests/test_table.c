/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include <jansson.h>
#include <stdio.h>

#include "profile_builder.h"
#include "view_builder.h"
#include "view/table.h"
#include "report/table_json.h"

#define NUMPY "/usr/lib/numpy.so"

static struct hw_profile *profile;
static struct hw_view view;
static struct hw_table table;

static void make_profile(void)
{
	profile = build_profile("cpu-clock", "ns");
}

static void free_all(void)
{
	hw_table_done(&table);
	hw_view_done(&view);
	profile = hw_profile_free(profile);
}

static void tabulate(enum hw_by by, enum hw_sort sort, bool native_all)
{
	struct hw_table_opts opts = { .by = by, .sort = sort };

	hw_table_done(&table);
	build_view(profile, &(struct hw_view_opts){ .native_all = native_all }, &view);
	ck_assert_int_eq(hw_table_build(&view, &opts, &table), 0);
}

static const struct hw_row *row_named(const char *name)
{
	for (size_t i = 0; i < table.n_rows; i++)
		if (!strcmp(table.rows[i].name, name))
			return &table.rows[i];
	return NULL;
}

static const struct hw_row *row_at(size_t i)
{
	ck_assert_uint_lt(i, table.n_rows);
	return &table.rows[table.order[i]];
}

START_TEST(the_interpreter_is_folded_into_the_python_function_it_works_for)
{
	build_samples(profile, 7,
		      STACK(EVAL("long_add"), EVAL("_PyEval"), PY("f", "a.py", 1, 2),
			    EVAL("_PyEval"), PY("main", "a.py", 9, 10), EVAL("_PyEval"),
			    EVAL("Py_RunMain"), C("__libc_start_main", "libc.so.6")));
	tabulate(HW_BY_FUNCTION, HW_SORT_SELF, false);
	ck_assert_uint_eq(row_named("f")->self.samples, 7);
	ck_assert_uint_eq(row_named("f")->total.samples, 7);
	ck_assert_uint_eq(row_named("main")->self.samples, 0);
	ck_assert_uint_eq(row_named("main")->total.samples, 7);
	ck_assert_ptr_null(row_named("long_add"));
	ck_assert_ptr_null(row_named("_PyEval"));
	ck_assert_ptr_null(row_named("Py_RunMain"));
	ck_assert_uint_eq(row_named("__libc_start_main")->total.samples, 7);
}
END_TEST

START_TEST(what_an_instruction_did_with_memory_splits_no_row)
{
	const uint32_t loads = HW_FRAME_DECODED | HW_FRAME_AFTER_LOAD;

	build_samples(profile, 2, STACK(C("f", "/bin/x"), C("main", "/bin/x")));
	build_samples(profile, 3, STACK(NATIVE(HW_FRAME_NATIVE, "f", "/bin/x", loads),
					C("main", "/bin/x")));
	for (int by = HW_BY_FUNCTION; by <= HW_BY_MODULE; by++) {
		tabulate((enum hw_by)by, HW_SORT_SELF, false);
		ck_assert_uint_eq(row_at(0)->self.samples, 5);
	}
}
END_TEST

START_TEST(native_all_shows_the_interpreter)
{
	build_samples(profile, 2, STACK(EVAL("long_add"), EVAL("_PyEval"), PY("f", "a.py", 1, 2)));
	tabulate(HW_BY_FUNCTION, HW_SORT_SELF, true);
	ck_assert_uint_eq(row_named("long_add")->self.samples, 2);
	ck_assert_uint_eq(row_named("f")->self.samples, 0);
}
END_TEST

START_TEST(an_extension_is_not_folded_but_the_interpreter_around_it_is)
{
	build_samples(profile, 3,
		      STACK(KERNEL("clear_page"), C("dot", NUMPY), EVAL("cfunction_call"),
			    PY("f", "a.py", 1, 2)));
	tabulate(HW_BY_FUNCTION, HW_SORT_SELF, false);
	ck_assert_uint_eq(table.n_rows, 3);
	ck_assert_uint_eq(row_named("clear_page")->self.samples, 3);
	ck_assert_uint_eq(row_named("dot")->total.samples, 3);
	ck_assert_str_eq(row_named("dot")->module, NUMPY);
}
END_TEST

START_TEST(a_program_without_python_keeps_every_frame)
{
	build_samples(profile, 1, STACK(EVAL("Py_Initialize"), C("main", "/bin/x")));
	tabulate(HW_BY_FUNCTION, HW_SORT_SELF, false);
	ck_assert_uint_eq(row_named("Py_Initialize")->self.samples, 1);
}
END_TEST

START_TEST(a_function_is_inlined_when_it_is_wherever_it_stands)
{
	const struct build_frame inlined = NATIVE(HW_FRAME_NATIVE, "min", NUMPY, HW_FRAME_INLINED);
	const struct build_frame other = NATIVE(HW_FRAME_NATIVE, "max", NUMPY, HW_FRAME_INLINED);

	build_samples(profile, 2, STACK(inlined, C("dot", NUMPY)));
	build_samples(profile, 1, STACK(other, C("dot", NUMPY)));
	build_samples(profile, 1, STACK(C("max", NUMPY), C("dot", NUMPY)));
	tabulate(HW_BY_FUNCTION, HW_SORT_SELF, false);
	ck_assert(row_named("min")->inlined);
	ck_assert(!row_named("max")->inlined);
	ck_assert_uint_eq(row_named("max")->self.samples, 2);
	ck_assert(!row_named("dot")->inlined);
}
END_TEST

START_TEST(recursion_counts_a_sample_once)
{
	build_samples(profile, 4,
		      STACK(PY("fib", "a.py", 1, 3), PY("fib", "a.py", 1, 2),
			    PY("fib", "a.py", 1, 3), PY("main", "a.py", 8, 9)));
	tabulate(HW_BY_FUNCTION, HW_SORT_SELF, false);
	ck_assert_uint_eq(table.n_rows, 2);
	ck_assert_uint_eq(row_named("fib")->self.samples, 4);
	ck_assert_uint_eq(row_named("fib")->total.samples, 4);
	ck_assert_uint_eq(row_named("fib")->total.period, 4000000);
	ck_assert_uint_eq(row_named("fib")->line, 1);
	tabulate(HW_BY_LINE, HW_SORT_SELF, false);
	ck_assert_uint_eq(row_at(0)->line, 3);
	ck_assert_uint_eq(row_at(0)->self.samples, 4);
	ck_assert_uint_eq(row_at(0)->total.samples, 4);
	ck_assert_uint_eq(table.n_rows, 3);
}
END_TEST

START_TEST(expressions_of_one_line_are_rows_by_position_alone)
{
	build_samples(profile, 3,
		      STACK(PY_AT("f", "a.py", 1, 2, 2, 9, 12), PY("main", "a.py", 8, 9)));
	build_samples(profile, 2,
		      STACK(PY_AT("f", "a.py", 1, 2, 3, 5, 7), PY("main", "a.py", 8, 9)));
	tabulate(HW_BY_FUNCTION, HW_SORT_SELF, false);
	ck_assert_uint_eq(table.n_rows, 2);
	ck_assert_uint_eq(row_named("f")->self.samples, 5);
	tabulate(HW_BY_LINE, HW_SORT_SELF, false);
	ck_assert_uint_eq(table.n_rows, 2);
	ck_assert_uint_eq(row_at(0)->self.samples, 5);
	ck_assert_uint_eq(row_at(0)->column, 0);
	tabulate(HW_BY_POSITION, HW_SORT_NAME, false);
	ck_assert_uint_eq(table.n_rows, 3);
	ck_assert_uint_eq(row_at(0)->self.samples, 2);
	ck_assert_uint_eq(row_at(0)->line, 2);
	ck_assert_uint_eq(row_at(0)->column, 5);
	ck_assert_uint_eq(row_at(0)->end_line, 3);
	ck_assert_uint_eq(row_at(0)->end_column, 7);
	ck_assert_uint_eq(row_at(1)->self.samples, 3);
	ck_assert_uint_eq(row_at(1)->column, 9);
	ck_assert_str_eq(row_at(2)->name, "main");
	ck_assert_uint_eq(row_at(2)->total.samples, 5);
}
END_TEST

START_TEST(functions_of_one_name_in_two_files_are_two)
{
	build_samples(profile, 1, STACK(PY("run", "a.py", 1, 2)));
	build_samples(profile, 1, STACK(PY("run", "b.py", 1, 2)));
	build_samples(profile, 1, STACK(C("run", "/bin/x")));
	build_samples(profile, 1, STACK(C("run", "/bin/y")));
	tabulate(HW_BY_FUNCTION, HW_SORT_NAME, false);
	ck_assert_uint_eq(table.n_rows, 4);
	ck_assert_str_eq(row_at(2)->file, "a.py");
	ck_assert_str_eq(row_at(3)->file, "b.py");
}
END_TEST

START_TEST(rows_are_sorted_by_self_total_or_name)
{
	build_samples(profile, 1, STACK(PY("a", "a.py", 1, 1), PY("top", "a.py", 9, 9)));
	build_samples(profile, 5, STACK(PY("b", "a.py", 2, 2), PY("top", "a.py", 9, 9)));
	tabulate(HW_BY_FUNCTION, HW_SORT_SELF, false);
	ck_assert_str_eq(row_at(0)->name, "b");
	ck_assert_str_eq(row_at(1)->name, "a");
	ck_assert_str_eq(row_at(2)->name, "top");
	tabulate(HW_BY_FUNCTION, HW_SORT_TOTAL, false);
	ck_assert_str_eq(row_at(0)->name, "top");
	ck_assert_str_eq(row_at(1)->name, "b");
	tabulate(HW_BY_FUNCTION, HW_SORT_NAME, false);
	ck_assert_str_eq(row_at(0)->name, "a");
	ck_assert_str_eq(row_at(2)->name, "top");
}
END_TEST

START_TEST(modules_are_added_up_with_python_files_among_them)
{
	build_samples(profile, 2, STACK(C("dot", NUMPY), C("gemm", NUMPY), PY("f", "a.py", 1, 2)));
	build_samples(profile, 1, STACK(KERNEL("schedule"), PY("g", "a.py", 5, 6)));
	tabulate(HW_BY_MODULE, HW_SORT_SELF, false);
	ck_assert_uint_eq(table.n_rows, 3);
	ck_assert_uint_eq(row_named(NUMPY)->self.samples, 2);
	ck_assert_uint_eq(row_named(NUMPY)->total.samples, 2);
	ck_assert_uint_eq(row_named("a.py")->total.samples, 3);
	ck_assert_uint_eq(row_named("[kernel]")->self.samples, 1);
}
END_TEST

START_TEST(threads_and_processes_are_told_apart)
{
	const struct build_frame *stack = STACK(PY("f", "a.py", 1, 2));
	struct hw_task main = { 10, 10, build_string(profile, "python3") };
	struct hw_task worker = { 10, 11, build_string(profile, "worker") };
	struct hw_task child = { 12, 12, build_string(profile, "python3") };

	build_samples_of(profile, 0, 4, stack, &worker);
	build_samples_of(profile, 0, 2, stack, &main);
	build_samples_of(profile, 0, 1, stack, &child);
	tabulate(HW_BY_THREAD, HW_SORT_SELF, false);
	ck_assert_uint_eq(table.n_rows, 3);
	ck_assert_str_eq(row_at(0)->name, "worker");
	ck_assert_int_eq(row_at(0)->tid, 11);
	tabulate(HW_BY_PROCESS, HW_SORT_SELF, false);
	ck_assert_uint_eq(table.n_rows, 2);
	ck_assert_str_eq(row_at(0)->name, "python3");
	ck_assert_int_eq(row_at(0)->pid, 10);
	ck_assert_uint_eq(row_at(0)->self.samples, 6);
}
END_TEST

START_TEST(one_event_is_counted_and_every_sample_of_it)
{
	struct hw_task task = { 1, 1, 0 };
	const struct hw_row *none;

	build_event(profile, "page-faults", "");
	build_samples_of(profile, 1, 9, STACK(PY("f", "a.py", 1, 2)), &task);
	build_samples(profile, 2, STACK(PY("f", "a.py", 1, 2)));
	build_samples(profile, 1, STACK({ 0 }));
	profile->samples[0].flags = HW_SAMPLE_TRUNCATED; /* of the other event */
	profile->samples[10].flags = HW_SAMPLE_TRUNCATED;
	tabulate(HW_BY_FUNCTION, HW_SORT_SELF, false);
	ck_assert_uint_eq(table.all.samples, 3);
	ck_assert_uint_eq(view.truncated, 1);
	none = row_named("[no stack]");
	ck_assert_uint_eq(none->self.samples, 1);
	ck_assert_double_eq_tol(hw_table_share(&table, &none->self), 1.0 / 3, 1e-9);
}
END_TEST

START_TEST(shares_go_by_period_unless_there_is_none)
{
	build_samples(profile, 1, STACK(PY("f", "a.py", 1, 2)));
	build_samples(profile, 1, STACK(PY("g", "a.py", 5, 6)));
	profile->samples[1].period = 3000000;
	tabulate(HW_BY_FUNCTION, HW_SORT_SELF, false);
	ck_assert_double_eq_tol(hw_table_share(&table, &row_named("g")->self), 0.75, 1e-9);
	profile->samples[0].period = profile->samples[1].period = 0;
	tabulate(HW_BY_FUNCTION, HW_SORT_SELF, false);
	ck_assert_double_eq_tol(hw_table_share(&table, &row_named("g")->self), 0.5, 1e-9);
}
END_TEST

START_TEST(a_profile_without_samples_has_no_rows)
{
	tabulate(HW_BY_FUNCTION, HW_SORT_SELF, false);
	ck_assert_uint_eq(table.n_rows, 0);
	ck_assert_double_eq(hw_table_share(&table, &table.all), 0);
}
END_TEST

static json_t *print_json(enum hw_by by)
{
	struct hw_table_json_opts opts = { .table.by = by, .cut_bytes = 12 };
	hw_autofree char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);
	json_t *root;

	build_view(profile, &(struct hw_view_opts){ 0 }, &view);
	ck_assert_int_eq(hw_table_json_print(f, &view, &opts), 0);
	fclose(f);
	root = json_loadb(text, size, 0, NULL);
	ck_assert_ptr_nonnull(root);
	return root;
}

START_TEST(the_json_has_the_keys_of_its_contract)
{
	json_t *root, *function, *line;
	int version, self, total, at;
	const char *event, *name, *file, *module, *kind;
	json_int_t samples, lost, truncated;

	build_samples(profile, 3,
		      STACK(EVAL("eval"), PY("C.f", "a.py", 1, 2), C("main", "/bin/py")));
	profile->session.lost = 8;
	profile->samples[0].flags = HW_SAMPLE_TRUNCATED;
	root = print_json(HW_BY_THREAD);
	ck_assert_int_eq(json_unpack(root, "{s:i, s:s, s:I, s:I, s:I, s:[o,*], s:[o,*]}", "version",
				     &version, "event", &event, "samples", &samples, "lost", &lost,
				     "truncated", &truncated, "functions", &function, "lines",
				     &line),
			 0);
	ck_assert_int_eq(version, 1);
	ck_assert_str_eq(event, "cpu-clock");
	ck_assert_int_eq(samples, 3);
	ck_assert_int_eq(lost, 8);
	ck_assert_int_eq(truncated, 1);
	ck_assert_int_eq(json_unpack(function, "{s:s, s:s, s:i, s:s, s:s, s:i, s:i}", "name", &name,
				     "file", &file, "line", &at, "module", &module, "kind", &kind,
				     "self", &self, "total", &total),
			 0);
	ck_assert_str_eq(name, "C.f");
	ck_assert_str_eq(file, "a.py");
	ck_assert_int_eq(at, 1);
	ck_assert_str_eq(module, "");
	ck_assert_str_eq(kind, "python");
	ck_assert_int_eq(self, 3);
	ck_assert_int_eq(total, 3);
	ck_assert_int_eq(json_unpack(line, "{s:s, s:i, s:i, s:i}", "file", &file, "line", &at,
				     "self", &self, "total", &total),
			 0);
	ck_assert_int_eq(at, 2);
	ck_assert_int_eq(self, 3);
	ck_assert_uint_eq(json_array_size(json_object_get(root, "lines")), 1);
	ck_assert_uint_eq(json_array_size(json_object_get(root, "threads")), 1);
	json_decref(root);
}
END_TEST

START_TEST(the_json_tells_the_columns_of_what_has_them)
{
	int line, end_line, column, end_column, self, total;
	json_t *root, *position;

	build_samples(profile, 3,
		      STACK(PY_AT("f", "a.py", 1, 2, 3, 9, 12), PY("main", "b.py", 8, 9)));
	root = print_json(HW_BY_FUNCTION);
	ck_assert_int_eq(json_unpack(root, "{s:[o!]}", "positions", &position), 0);
	ck_assert_int_eq(json_unpack(position, "{s:i, s:i, s:i, s:i, s:i, s:i}", "line", &line,
				     "end_line", &end_line, "column", &column, "end_column",
				     &end_column, "self", &self, "total", &total),
			 0);
	ck_assert_str_eq(json_string_value(json_object_get(position, "file")), "a.py");
	ck_assert_int_eq(line, 2);
	ck_assert_int_eq(end_line, 3);
	ck_assert_int_eq(column, 9);
	ck_assert_int_eq(end_column, 12);
	ck_assert_int_eq(self, 3);
	ck_assert_int_eq(total, 3);
	ck_assert_uint_eq(json_array_size(json_object_get(root, "lines")), 2);
	json_decref(root);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("table");
	TCase *t = tcase_create("table");

	tcase_add_checked_fixture(t, make_profile, free_all);
	tcase_add_test(t, the_interpreter_is_folded_into_the_python_function_it_works_for);
	tcase_add_test(t, what_an_instruction_did_with_memory_splits_no_row);
	tcase_add_test(t, native_all_shows_the_interpreter);
	tcase_add_test(t, a_function_is_inlined_when_it_is_wherever_it_stands);
	tcase_add_test(t, an_extension_is_not_folded_but_the_interpreter_around_it_is);
	tcase_add_test(t, a_program_without_python_keeps_every_frame);
	tcase_add_test(t, recursion_counts_a_sample_once);
	tcase_add_test(t, expressions_of_one_line_are_rows_by_position_alone);
	tcase_add_test(t, functions_of_one_name_in_two_files_are_two);
	tcase_add_test(t, rows_are_sorted_by_self_total_or_name);
	tcase_add_test(t, modules_are_added_up_with_python_files_among_them);
	tcase_add_test(t, threads_and_processes_are_told_apart);
	tcase_add_test(t, one_event_is_counted_and_every_sample_of_it);
	tcase_add_test(t, shares_go_by_period_unless_there_is_none);
	tcase_add_test(t, a_profile_without_samples_has_no_rows);
	tcase_add_test(t, the_json_has_the_keys_of_its_contract);
	tcase_add_test(t, the_json_tells_the_columns_of_what_has_them);
	suite_add_tcase(s, t);
	return run_suite(s);
}
