/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>

#include "profile_builder.h"
#include "view/charge.h"
#include "view/clock.h"
#include "report/clock_text.h"
#include "view/gil.h"
#include "report/table_json.h"
#include "report/text.h"
#include "report/tree_text.h"

#define LIBC  "/lib/x86_64-linux-gnu/libc.so.6"
#define QUEUE "/usr/lib/python3.11/queue.py"
#define THREAD "/usr/lib/python3.11/concurrent/futures/thread.py"
#define MS    UINT64_C(1000000)
#define S     (1000 * MS)

enum { CPU, OFF_CPU }; /* the events */

static struct hw_profile *profile;
static struct hw_view view;
static struct hw_gil_view gil;
static struct hw_table table;
static struct hw_tree tree;
static char *text;

static void make_profile(void)
{
	profile = build_profile("cpu-clock", "ns");
	build_event(profile, HW_EVENT_OFF_CPU, "ns");
	profile->session.usage.wall_s = 10;
}

static void free_all(void)
{
	hw_tree_done(&tree);
	hw_table_done(&table);
	hw_gil_view_done(&gil);
	hw_view_done(&view);
	profile = hw_profile_free(profile);
	free(hw_take_ptr(text));
}

/* A wait of @tid that ends at @end_ns. */
static void build_wait(int tid, enum hw_wall_class cause, uint64_t end_ns, uint64_t ns,
		       const struct build_frame *frames)
{
	build_wait_of(profile, OFF_CPU, tid, cause, end_ns, ns, frames);
}

/* @n ms of @tid on a CPU, from its start. */
static void build_run(int tid, size_t n, uint32_t flags, const struct build_frame *frames)
{
	struct hw_task task = { 100, tid, build_string(profile, "python3") };
	size_t first = profile->n_samples;

	build_samples_of(profile, CPU, n, frames, &task);
	for (size_t i = first; i < profile->n_samples; i++)
		profile->samples[i].flags = flags;
}

#define WAIT_STACK(...)                                                        \
	STACK(KERNEL("schedule"), KERNEL("futex_wait"), C("futex_wait", LIBC), \
	      C("sem_wait", LIBC), EVAL("PyThread_acquire_lock"), EVAL("_PyEval"), __VA_ARGS__)

static void build_pool_worker(int tid)
{
	build_wait(tid, HW_WALL_LOCK, 10 * S, 9900 * MS,
		   WAIT_STACK(PY("get", QUEUE, 154, 171), PY("_worker", THREAD, 69, 81)));
}

/* The main thread computes for 1 s, then waits for the network and its worker. */
static void build_request(void)
{
	build_run(100, 1000, 0, STACK(PY("parse", "a.py", 1, 2), PY("main", "a.py", 20, 21)));
	build_wait(100, HW_WALL_NETWORK, 7 * S, 6 * S,
		   WAIT_STACK(PY("fetch", "a.py", 8, 9), PY("main", "a.py", 20, 22)));
	build_wait(100, HW_WALL_LOCK, 10 * S, 3 * S,
		   WAIT_STACK(PY("fetch", "a.py", 8, 10), PY("main", "a.py", 20, 22)));
}

static int try_view(enum hw_clock clock, bool native_all, bool keep_idle)
{
	struct hw_view_opts opts = {
		.clock = clock, .event = CPU, .native_all = native_all, .keep_idle = keep_idle
	};

	hw_view_done(&view);
	return hw_view_make(profile, &opts, &view);
}

static void look(enum hw_clock clock)
{
	ck_assert_int_eq(try_view(clock, false, false), 0);
}

static void tabulate(enum hw_by by)
{
	struct hw_table_opts opts = { .by = by };

	hw_table_done(&table);
	ck_assert_int_eq(hw_table_build(&view, &opts, &table), 0);
}

static const struct hw_row *row_named(const char *name)
{
	for (size_t i = 0; i < table.n_rows; i++)
		if (!strcmp(table.rows[i].name, name))
			return &table.rows[i];
	ck_abort_msg("no row %s", name);
}

static bool has_row(const char *name)
{
	for (size_t i = 0; i < table.n_rows; i++)
		if (!strcmp(table.rows[i].name, name))
			return true;
	return false;
}

START_TEST(blocked_time_belongs_to_the_program_not_to_its_way_to_sleep)
{
	build_request();
	look(HW_CLOCK_BLOCKED);
	tabulate(HW_BY_FUNCTION);
	ck_assert_uint_eq(table.n_rows, 2);
	ck_assert_uint_eq(table.all.period, 9 * S);
	ck_assert_uint_eq(row_named("fetch")->self.period, 9 * S);
	ck_assert_uint_eq(row_named("main")->self.period, 0);
	ck_assert_uint_eq(row_named("main")->total.period, 9 * S);
	ck_assert_uint_eq(row_named("main")->total_ns[HW_WALL_NETWORK], 6 * S);
	ck_assert_uint_eq(row_named("fetch")->self_ns[HW_WALL_LOCK], 3 * S);
	ck_assert_uint_eq(row_named("fetch")->self_ns[HW_WALL_BUSY], 0);
	ck_assert_uint_eq(view.ns[HW_WALL_NETWORK], 6 * S);
	ck_assert_uint_eq(view.samples_blocked, 2);
	ck_assert_uint_eq(view.samples_cpu, 0);
}
END_TEST

START_TEST(the_wall_clock_adds_cpu_and_blocked_time)
{
	build_request();
	look(HW_CLOCK_WALL);
	tabulate(HW_BY_FUNCTION);
	ck_assert_uint_eq(table.all.period, 10 * S);
	ck_assert_uint_eq(row_named("main")->total.period, 10 * S);
	ck_assert_uint_eq(row_named("main")->total_ns[HW_WALL_BUSY], S);
	ck_assert_uint_eq(hw_clock_blocked(row_named("main")->total_ns), 9 * S);
	ck_assert_uint_eq(row_named("parse")->self_ns[HW_WALL_BUSY], S);
	tabulate(HW_BY_LINE);
	ck_assert_uint_eq(table.n_rows, 5);
	tabulate(HW_BY_THREAD);
	ck_assert_uint_eq(table.n_rows, 1);
	ck_assert_uint_eq(table.rows[0].self_ns[HW_WALL_BUSY], S);
	ck_assert_uint_eq(table.rows[0].self_ns[HW_WALL_LOCK], 3 * S);
}
END_TEST

START_TEST(native_all_shows_the_way_to_sleep)
{
	build_request();
	ck_assert_int_eq(try_view(HW_CLOCK_BLOCKED, true, false), 0);
	tabulate(HW_BY_FUNCTION);
	ck_assert_uint_eq(row_named("schedule")->self.period, 9 * S);
	ck_assert_uint_eq(row_named("sem_wait")->total.period, 9 * S);
}
END_TEST

START_TEST(a_stack_of_the_c_library_alone_keeps_it)
{
	build_wait(100, HW_WALL_SLEEP, S, S, STACK(KERNEL("schedule"), C("nanosleep", LIBC)));
	build_wait(100, HW_WALL_DISK, 2 * S, S, STACK(KERNEL("schedule"), KERNEL("kthread")));
	build_wait(100, HW_WALL_DISK, 3 * S, S, STACK({ 0 }));
	look(HW_CLOCK_BLOCKED);
	tabulate(HW_BY_FUNCTION);
	ck_assert_uint_eq(row_named("nanosleep")->self.period, S);
	ck_assert_uint_eq(row_named("schedule")->self.period, S);
	ck_assert_uint_eq(row_named("[no stack]")->self_ns[HW_WALL_DISK], S);
}
END_TEST

START_TEST(a_module_of_the_standard_library_passes_the_wait_on)
{
	const char *module = "/usr/lib/python3.11/lib-dynload/_queue.cpython-311.so";

	build_wait(100, HW_WALL_LOCK, S, S,
		   WAIT_STACK(C("simplequeue_get", module), EVAL("cfunction_call"),
			      PY("get", QUEUE, 1, 2)));
	build_wait(101, HW_WALL_GIL, 2 * S, S,
		   WAIT_STACK(EVAL("PyGILState_Ensure"), C("callback", "/x/audio.so"),
			      C("start_thread", LIBC)));
	look(HW_CLOCK_BLOCKED);
	tabulate(HW_BY_FUNCTION);
	ck_assert(!has_row("simplequeue_get"));
	ck_assert_uint_eq(row_named("get")->self.period, S);
	ck_assert_uint_eq(row_named("callback")->self.period, S);
}
END_TEST

START_TEST(a_wait_is_charged_to_what_people_can_change)
{
	const char *socket = "/usr/lib/python3.11/socket.py";

	build_wait(100, HW_WALL_NETWORK, S, S,
		   WAIT_STACK(PY("readinto", socket, 700, 720), PY("main", "a.py", 20, 21)));
	build_wait(100, HW_WALL_NETWORK, 2 * S, S,
		   STACK(KERNEL("schedule"), C("poll", LIBC), C("PQexec", "/x/libpq.so"),
			 PY("query", "a.py", 30, 31), PY("main", "a.py", 20, 22)));
	look(HW_CLOCK_BLOCKED);
	tabulate(HW_BY_LINE);
	ck_assert_uint_eq(row_named("main")->self.period, S);
	ck_assert_uint_eq(row_named("query")->self.period, S);
	/* what it had called is still there */
	ck_assert_uint_eq(row_named("readinto")->self.period, 0);
	ck_assert_uint_eq(row_named("readinto")->total.period, S);
	ck_assert_uint_eq(row_named("PQexec")->total.period, S);
}
END_TEST

START_TEST(a_library_that_only_begins_like_libc_is_none)
{
	build_wait(100, HW_WALL_LOCK, S, S, STACK(C("wait", "/x/libclang.so"), C("main", "/x/y")));
	look(HW_CLOCK_BLOCKED);
	tabulate(HW_BY_FUNCTION);
	ck_assert_uint_eq(row_named("wait")->self.period, S);
}
END_TEST

START_TEST(cycles_become_seconds_by_the_cpu_time)
{
	double scale;

	build_request();
	free(profile->session.events[CPU].unit);
	profile->session.events[CPU].unit = build_copy("");
	ck_assert_int_eq(hw_charge_worth(profile, CPU, &scale), -EDOM);
	ck_assert_int_eq(try_view(HW_CLOCK_WALL, false, false), -EDOM);
	profile->session.usage.user_s = 1.5;
	profile->session.usage.sys_s = 0.5;
	look(HW_CLOCK_WALL);
	ck_assert_uint_eq(view.ns[HW_WALL_BUSY], 2 * S);
	ck_assert_uint_eq(view.ns[HW_WALL_NETWORK], 6 * S);
}
END_TEST

START_TEST(the_scheduler_knows_the_cpu_time_better)
{
	double scale;

	build_request();
	free(profile->session.events[CPU].unit);
	profile->session.events[CPU].unit = build_copy("");
	profile->session.usage.user_s = 2;
	profile->session.wall.known = true;
	profile->session.wall.thread_s[HW_WALL_BUSY] = 4;
	ck_assert_int_eq(hw_charge_worth(profile, CPU, &scale), 0);
	ck_assert_double_eq_tol(scale, 4, 1e-9); /* 1 s of periods */
}
END_TEST

START_TEST(what_is_missing_is_refused)
{
	struct hw_view_opts opts = { .clock = HW_CLOCK_WALL, .event = -1 };

	build_request();
	ck_assert_int_eq(hw_view_make(profile, &opts, &view), -ENOENT);
	profile->session.events[OFF_CPU].name[0] = 'x';
	ck_assert_int_eq(hw_clock_off_cpu_event(profile), -ENOENT);
	ck_assert_int_eq(try_view(HW_CLOCK_BLOCKED, false, false), -ENODATA);
}
END_TEST

START_TEST(blocked_time_does_without_cpu_time)
{
	struct hw_view_opts opts = { .clock = HW_CLOCK_BLOCKED, .event = -1 };

	build_request();
	ck_assert_int_eq(hw_view_make(profile, &opts, &view), 0);
	ck_assert_uint_eq(view.ns[HW_WALL_NETWORK], 6 * S);
}
END_TEST

START_TEST(a_cause_that_nobody_knows_is_other)
{
	build_wait(100, 0xff, S, S, STACK(PY("f", "a.py", 1, 2)));
	build_wait(100, HW_WALL_BUSY, 2 * S, S, STACK(PY("f", "a.py", 1, 2)));
	look(HW_CLOCK_BLOCKED);
	ck_assert_uint_eq(view.ns[HW_WALL_OTHER], 2 * S);
}
END_TEST

START_TEST(times_that_do_not_fit_are_refused)
{
	build_wait(100, HW_WALL_LOCK, S, UINT64_MAX, STACK(PY("f", "a.py", 1, 2)));
	build_wait(100, HW_WALL_DISK, S, 1, STACK(PY("f", "a.py", 1, 2)));
	ck_assert_int_eq(try_view(HW_CLOCK_BLOCKED, false, false), -EOVERFLOW);
}
END_TEST

START_TEST(the_deepest_stack_has_room_for_its_cause)
{
	static uint32_t frames[HW_PROFILE_STACK_MAX];
	struct hw_sample s = { .event = OFF_CPU, .period = S };
	const struct build_frame f = PY("f", "a.py", 1, 2);

	for (size_t i = 0; i < HW_PROFILE_STACK_MAX; i++)
		frames[i] = build_frame(profile, &f);
	build_wait(100, HW_WALL_LOCK, S, S, STACK(f)); /* makes the task */
	ck_assert_int_eq(hw_profile_stack(profile, frames, HW_PROFILE_STACK_MAX, &s.stack), 0);
	ck_assert_int_eq(hw_profile_sample(profile, &s), 0);
	look(HW_CLOCK_BLOCKED);
	tabulate(HW_BY_FUNCTION);
	ck_assert_uint_eq(row_named("f")->total.period, 2 * S);
}
END_TEST

START_TEST(idle_workers_of_a_pool_are_one_row_below)
{
	build_request();
	for (int tid = 101; tid <= 300; tid++)
		build_pool_worker(tid);
	look(HW_CLOCK_WALL);
	ck_assert_uint_eq(view.idle.n, 1);
	ck_assert_uint_eq(view.idle.items[0].threads, 200);
	ck_assert_uint_eq(view.idle.items[0].ns[HW_WALL_LOCK], 200 * 9900 * MS);
	ck_assert_uint_eq(hw_clock_blocked(view.ns), 9 * S);
	tabulate(HW_BY_FUNCTION);
	ck_assert(!has_row("get"));
	ck_assert(has_row("fetch"));
}
END_TEST

START_TEST(idle_workers_can_be_kept)
{
	build_request();
	build_pool_worker(101);
	ck_assert_int_eq(try_view(HW_CLOCK_BLOCKED, false, true), 0);
	ck_assert_uint_eq(view.idle.n, 0);
	tabulate(HW_BY_FUNCTION);
	ck_assert_uint_eq(row_named("get")->self.period, 9900 * MS);
}
END_TEST

START_TEST(a_timeout_and_a_task_in_between_leave_a_worker_idle)
{
	const struct build_frame *place = STACK(PY("get", QUEUE, 154, 180));

	build_request();
	build_wait(101, HW_WALL_LOCK, 5 * S, 5 * S, place);
	build_run(101, 100, 0, STACK(PY("task", "a.py", 30, 31)));
	build_wait(101, HW_WALL_SLEEP, 9 * S, 4 * S, place);
	build_wait(101, HW_WALL_NETWORK, 9300 * MS, 300 * MS, STACK(PY("task", "a.py", 30, 32)));
	look(HW_CLOCK_WALL);
	ck_assert_uint_eq(view.idle.n, 1);
	ck_assert_uint_eq(view.idle.items[0].threads, 1);
	tabulate(HW_BY_FUNCTION);
	ck_assert_uint_eq(row_named("task")->self.period, 400 * MS); /* its work is shown */
}
END_TEST

START_TEST(what_matters_is_not_idle)
{
	const struct build_frame *join = STACK(PY("join", "threading.py", 1, 2));

	/* the main thread that waits for its worker, all the time */
	build_wait(100, HW_WALL_LOCK, 10 * S, 10 * S, join);
	/* a request in another thread */
	build_wait(101, HW_WALL_NETWORK, 10 * S, 9900 * MS, STACK(PY("recv", "a.py", 1, 2)));
	/* a worker that also computes */
	build_wait(102, HW_WALL_LOCK, 9 * S, 8 * S, STACK(PY("get", QUEUE, 154, 171)));
	build_run(102, 1000, 0, STACK(PY("task", "a.py", 30, 31)));
	/* a wait of a short-lived thread */
	build_wait(103, HW_WALL_LOCK, 4 * S, 2 * S, STACK(PY("acquire", "a.py", 40, 41)));
	look(HW_CLOCK_BLOCKED);
	ck_assert_uint_eq(view.idle.n, 0);
	tabulate(HW_BY_FUNCTION);
	ck_assert(has_row("join") && has_row("recv") && has_row("get") && has_row("acquire"));
}
END_TEST

START_TEST(places_of_idle_threads_are_told_apart_longest_first)
{
	build_request();
	build_wait(101, HW_WALL_PIPE, 9 * S, 8 * S, STACK(PY("poll", "b.py", 1, 2)));
	build_pool_worker(102);
	build_pool_worker(103);
	look(HW_CLOCK_BLOCKED);
	ck_assert_uint_eq(view.idle.n, 2);
	ck_assert_uint_eq(view.idle.items[0].threads, 2);
	ck_assert_uint_eq(view.idle.items[1].threads, 1);
	ck_assert_uint_eq(view.idle.items[1].ns[HW_WALL_PIPE], 8 * S);
}
END_TEST

START_TEST(the_gil_says_who_waited_and_what_ran)
{
	const struct build_frame *burn =
		STACK(EVAL("long_add"), PY("burn", "a.py", 1, 3), PY("main", "a.py", 20, 21));

	build_run(101, 300, HW_SAMPLE_GIL_WANTED, burn);
	build_run(102, 100, HW_SAMPLE_GIL_WANTED,
		  STACK(C("dot", "/x/numpy.so"), PY("mul", "a.py", 5, 6)));
	build_run(102, 500, 0, burn);
	build_wait(101, HW_WALL_GIL, 5 * S, 2 * S, burn);
	build_wait(102, HW_WALL_GIL, 5 * S, S, burn);
	build_wait(102, HW_WALL_LOCK, 5 * S, S, burn);
	profile->session.usage.user_s = 1.8; /* of 0.9 s of periods */
	look(HW_CLOCK_BLOCKED);
	ck_assert_int_eq(hw_gil_view(&view, &gil), 0);
	ck_assert_uint_eq(gil.threads, 2);
	ck_assert_double_eq_tol(gil.waited_s, 3, 1e-9);
	ck_assert_double_eq_tol(gil.ran_s, 0.8, 1e-9);
	ck_assert_uint_eq(gil.samples, 400);
	ck_assert_uint_eq(gil.n_rows, 2);
	ck_assert_str_eq(gil.rows[0].function, "burn");
	ck_assert_uint_eq(gil.rows[0].line, 3);
	ck_assert_double_eq_tol(gil.rows[0].seconds, 0.6, 1e-9);
	ck_assert_str_eq(gil.rows[1].function, "mul"); /* the Python line that called dot() */
	ck_assert_uint_eq(gil.rows[1].samples, 100);
}
END_TEST

START_TEST(without_a_wait_there_is_no_gil)
{
	build_request();
	look(HW_CLOCK_BLOCKED);
	ck_assert_int_eq(hw_gil_view(&view, &gil), 0);
	ck_assert_uint_eq(gil.threads, 0);
	ck_assert_uint_eq(gil.n_rows, 0);
}
END_TEST

START_TEST(causes_are_leaves_of_the_tree)
{
	const struct hw_tree_opts opts = { .unit = "ns" };
	size_t size;
	FILE *f;

	build_request();
	look(HW_CLOCK_WALL);
	ck_assert_int_eq(hw_tree_build(&view, &tree), 0);
	f = open_memstream(&text, &size);
	ck_assert_int_eq(hw_tree_print(f, &tree, &opts), 0);
	fclose(f);
	ck_assert_str_eq(text, "TOTAL %      TOTAL  SELF %  CALL TREE\n"
			       "  100.0    10.00 s     0.0  main  a.py:20\n"
			       "   90.0     9.00 s     0.0  |- fetch  a.py:8\n"
			       "   60.0     6.00 s    60.0  |  |- [waits: network]\n"
			       "   30.0     3.00 s    30.0  |  `- [waits: lock]\n"
			       "   10.0     1.00 s    10.0  `- parse  a.py:1\n");
}
END_TEST

static void print(enum hw_clock clock, enum hw_by by, unsigned int width)
{
	struct hw_text t = { .view = &view,
			     .table = &table,
			     .by = by,
			     .style.width = width,
			     .gil = &gil };
	size_t size;
	FILE *f;

	look(clock);
	ck_assert_int_eq(hw_gil_view(&view, &gil), 0);
	tabulate(by);
	f = open_memstream(&text, &size);
	hw_text_head(f, &t);
	ck_assert_int_eq(hw_text_list(f, &t), 0);
	hw_clock_text_below(f, &t);
	hw_text_notes(f, &t);
	fclose(f);
}

static void has(const char *part)
{
	ck_assert_msg(strstr(text, part), "no\n%s\nin\n%s", part, text);
}

START_TEST(the_blocked_list_has_the_causes)
{
	build_request();
	print(HW_CLOCK_BLOCKED, HW_BY_FUNCTION, 0);
	has("clock    blocked: threads were blocked for 9.00 s (2 samples), all added up\n"
	    "blocked  network 6.00 s, lock 3.00 s\n");
	has(" SELF %       SELF  TOTAL %      TOTAL  CAUSE                  KIND    FUNCTION  "
	    "WHERE\n"
	    "  100.0     9.00 s    100.0     9.00 s  network 67%, lock 33%  python  fetch     "
	    "a.py:8\n"
	    "    0.0        0 s    100.0     9.00 s  network 67%, lock 33%  python  main      "
	    "a.py:20\n");
	has("also recorded: cpu-clock (");
}
END_TEST

START_TEST(the_wall_list_has_both_times)
{
	build_request();
	print(HW_CLOCK_WALL, HW_BY_FUNCTION, 0);
	has("clock    wall: threads were on CPUs for 1.00 s (1000 samples) and blocked for 9.00 s "
	    "(2 samples), all added up\n");
	has(" SELF %       SELF      TOTAL    ON CPU   BLOCKED  CAUSE                  FUNCTION  "
	    "WHERE\n"
	    "   90.0     9.00 s     9.00 s       0 s    9.00 s  network 67%, lock 33%  fetch     "
	    "a.py:8\n"
	    "   10.0     1.00 s     1.00 s    1.00 s       0 s                         parse     "
	    "a.py:1\n");
}
END_TEST

START_TEST(the_list_of_threads_has_the_causes)
{
	build_request();
	print(HW_CLOCK_WALL, HW_BY_THREAD, 0);
	has("SHARE %       TIME    ON CPU   BLOCKED  CAUSE                  THREAD   WHERE\n"
	    "  100.0    10.00 s    1.00 s    9.00 s  network 67%, lock 33%  python3  pid 100, tid "
	    "100\n");
}
END_TEST

START_TEST(the_wall_list_fits_a_terminal)
{
	build_request();
	build_pool_worker(101);
	print(HW_CLOCK_WALL, HW_BY_FUNCTION, 90);
	has("network 67%  fetch");
	for (char *line = strstr(text, " SELF %"); line && line[0] == ' ';) {
		ck_assert_uint_le(strcspn(line, "\n"), 90);
		line = strchr(line, '\n') + 1;
	}
}
END_TEST

START_TEST(idle_threads_and_the_gil_stand_below)
{
	const struct build_frame *burn = STACK(PY("burn", "a.py", 1, 3));

	build_request();
	build_pool_worker(101);
	build_pool_worker(102);
	build_run(103, 900, HW_SAMPLE_GIL_WANTED, burn);
	build_wait(103, HW_WALL_GIL, 5 * S, 1500 * MS, burn);
	print(HW_CLOCK_BLOCKED, HW_BY_FUNCTION, 0);
	has("idle     2 threads, which waited 19.80 s for work: below, not in these figures\n");
	has("      2 threads    19.80 s  lock  get < _worker  " THREAD ":81\n");
	has("GIL: 1 thread waited 1.50 s for it, all added up; what ran meanwhile, for 900 ms:\n"
	    "  100.0     900 ms  burn  a.py:3\n");
}
END_TEST

START_TEST(a_few_long_waits_count_as_few_samples)
{
	build_request();
	look(HW_CLOCK_BLOCKED);
	tabulate(HW_BY_FUNCTION);
	ck_assert_uint_eq(hw_view_effective_samples(&view), 1); /* 81 / 45 */
}
END_TEST

START_TEST(the_json_has_seconds_by_cause)
{
	struct hw_table_json_opts opts = { .gil = &gil };
	double cpu, network, self_cpu, self_lock, idle_lock, waited;
	const char *clock, *name, *place;
	json_t *root;
	size_t size;
	int threads;
	FILE *f = open_memstream(&text, &size);

	build_request();
	build_pool_worker(101);
	build_wait(102, HW_WALL_GIL, 5 * S, 1500 * MS, STACK(PY("burn", "a.py", 1, 3)));
	look(HW_CLOCK_WALL);
	ck_assert_int_eq(hw_gil_view(&view, &gil), 0);
	ck_assert_int_eq(hw_table_json_print(f, &view, &opts), 0);
	fclose(f);
	root = json_loadb(text, size, 0, NULL);
	ck_assert_int_eq(json_unpack(root,
				     "{s:s, s:F, s:{s:F}, s:[{s:s, s:F, s:{s:F}}*], "
				     "s:[{s:i, s:{s:F}, s:[{s:s}*]}], s:{s:F}}",
				     "clock", &clock, "cpu_s", &cpu, "blocked_s", "network",
				     &network, "functions", "name", &name, "self_cpu_s", &self_cpu,
				     "self_blocked_s", "lock", &self_lock, "idle", "threads",
				     &threads, "blocked_s", "lock", &idle_lock, "stack", "name",
				     &place, "gil", "waited_s", &waited),
			 0);
	ck_assert_str_eq(clock, "wall");
	ck_assert_double_eq_tol(cpu, 1, 1e-9);
	ck_assert_double_eq_tol(network, 6, 1e-9);
	ck_assert_str_eq(name, "fetch");
	ck_assert_double_eq_tol(self_cpu, 0, 1e-9);
	ck_assert_double_eq_tol(self_lock, 3, 1e-9);
	ck_assert_int_eq(threads, 1);
	ck_assert_double_eq_tol(idle_lock, 9.9, 1e-9);
	ck_assert_str_eq(place, "get");
	ck_assert_double_eq_tol(waited, 1.5, 1e-9);
	json_decref(root);
}
END_TEST

static const struct {
	const char *name;
	int want;
} clocks[] = {
	{ "cpu-clock", 0 },	     { "task-clock:u", 0 }, { "cycles", 0 },
	{ "cycles:pp", 0 },	     { "cpu-cycles", 0 },   { "cycles_not", -ENOENT },
	{ "instructions", -ENOENT }, { "", -ENOENT },
};

START_TEST(the_clock_event_is_found_by_name)
{
	free(profile->session.events[0].name);
	profile->session.events[0].name = build_copy(clocks[_i].name);
	ck_assert_int_eq(hw_clock_cpu_event(profile), clocks[_i].want);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("clock");
	TCase *t = tcase_create("clock");

	tcase_add_checked_fixture(t, make_profile, free_all);
	tcase_add_test(t, blocked_time_belongs_to_the_program_not_to_its_way_to_sleep);
	tcase_add_test(t, the_wall_clock_adds_cpu_and_blocked_time);
	tcase_add_test(t, native_all_shows_the_way_to_sleep);
	tcase_add_test(t, a_stack_of_the_c_library_alone_keeps_it);
	tcase_add_test(t, a_module_of_the_standard_library_passes_the_wait_on);
	tcase_add_test(t, a_wait_is_charged_to_what_people_can_change);
	tcase_add_test(t, a_library_that_only_begins_like_libc_is_none);
	tcase_add_test(t, cycles_become_seconds_by_the_cpu_time);
	tcase_add_test(t, the_scheduler_knows_the_cpu_time_better);
	tcase_add_test(t, what_is_missing_is_refused);
	tcase_add_test(t, blocked_time_does_without_cpu_time);
	tcase_add_test(t, a_cause_that_nobody_knows_is_other);
	tcase_add_test(t, times_that_do_not_fit_are_refused);
	tcase_add_test(t, the_deepest_stack_has_room_for_its_cause);
	tcase_add_test(t, idle_workers_of_a_pool_are_one_row_below);
	tcase_add_test(t, idle_workers_can_be_kept);
	tcase_add_test(t, a_timeout_and_a_task_in_between_leave_a_worker_idle);
	tcase_add_test(t, what_matters_is_not_idle);
	tcase_add_test(t, places_of_idle_threads_are_told_apart_longest_first);
	tcase_add_test(t, the_gil_says_who_waited_and_what_ran);
	tcase_add_test(t, without_a_wait_there_is_no_gil);
	tcase_add_test(t, causes_are_leaves_of_the_tree);
	tcase_add_test(t, the_blocked_list_has_the_causes);
	tcase_add_test(t, the_wall_list_has_both_times);
	tcase_add_test(t, the_list_of_threads_has_the_causes);
	tcase_add_test(t, the_wall_list_fits_a_terminal);
	tcase_add_test(t, idle_threads_and_the_gil_stand_below);
	tcase_add_test(t, a_few_long_waits_count_as_few_samples);
	tcase_add_test(t, the_json_has_seconds_by_cause);
	tcase_add_loop_test(t, the_clock_event_is_found_by_name, 0,
			    (int)(sizeof(clocks) / sizeof(clocks[0])));
	suite_add_tcase(s, t);
	return run_suite(s);
}
