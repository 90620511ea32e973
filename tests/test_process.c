/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "target/process.h"

/* A pid that no process has: /proc/PID is never there, so mappings come from events alone. */
#define NOBODY 0x3ffffff0

static struct hw_side_event mmap_at(int32_t pid, uint64_t start, const char *path)
{
	return (struct hw_side_event){
		.kind = HW_SIDE_MMAP,
		.pid = pid,
		.tid = pid,
		.map = { .start = start, .end = start + 0x1000, .path = (char *)path },
	};
}

static const char *path_in(const struct hw_mappings *m, uint64_t addr)
{
	const struct hw_vma *vma = hw_mappings_find(m, addr);

	return vma ? vma->what->path : NULL;
}

static const char *path_at(struct hw_processes *t, int32_t pid, uint64_t addr)
{
	struct hw_process *p = hw_processes_get(t, pid, hw_clock_ns());

	return p ? path_in(p->mappings, addr) : NULL;
}

static void apply(struct hw_processes *t, struct hw_side_event ev)
{
	ck_assert_int_eq(hw_processes_apply(t, &ev), 0);
}

START_TEST(mappings_are_inherited_by_fork_and_dropped_by_exec)
{
	hw_auto(hw_binaries_free) struct hw_binaries *binaries = hw_binaries_new();
	hw_auto(hw_processes_free) struct hw_processes *t = hw_processes_new(binaries);

	apply(t, mmap_at(NOBODY, 0x1000, "/a"));
	apply(t, (struct hw_side_event){ .kind = HW_SIDE_FORK, .pid = NOBODY + 1,
					 .tid = NOBODY + 1, .parent = NOBODY });
	apply(t, mmap_at(NOBODY, 0x5000, "/later"));
	ck_assert_str_eq(path_at(t, NOBODY + 1, 0x1800), "/a");
	ck_assert_ptr_null(path_at(t, NOBODY + 1, 0x5000));

	apply(t, (struct hw_side_event){ .kind = HW_SIDE_EXEC, .pid = NOBODY + 1,
					 .tid = NOBODY + 1 });
	ck_assert_ptr_null(path_at(t, NOBODY + 1, 0x1800));
	apply(t, mmap_at(NOBODY + 1, 0x1000, "/b"));
	ck_assert_str_eq(path_at(t, NOBODY + 1, 0x1800), "/b");
	ck_assert_str_eq(path_at(t, NOBODY, 0x1800), "/a");
}
END_TEST

START_TEST(a_new_thread_is_no_new_process)
{
	hw_auto(hw_binaries_free) struct hw_binaries *binaries = hw_binaries_new();
	hw_auto(hw_processes_free) struct hw_processes *t = hw_processes_new(binaries);

	apply(t, mmap_at(NOBODY, 0x1000, "/a"));
	apply(t, (struct hw_side_event){ .kind = HW_SIDE_FORK, .pid = NOBODY, .tid = NOBODY + 1,
					 .parent = NOBODY });
	apply(t, (struct hw_side_event){ .kind = HW_SIDE_EXIT, .pid = NOBODY, .tid = NOBODY + 1 });
	hw_processes_sweep(t);
	hw_processes_sweep(t);
	ck_assert_str_eq(path_at(t, NOBODY, 0x1000), "/a");
}
END_TEST

START_TEST(an_ended_process_stays_for_its_last_samples)
{
	hw_auto(hw_binaries_free) struct hw_binaries *binaries = hw_binaries_new();
	hw_auto(hw_processes_free) struct hw_processes *t = hw_processes_new(binaries);

	apply(t, mmap_at(NOBODY, 0x1000, "/a"));
	apply(t, (struct hw_side_event){ .kind = HW_SIDE_EXIT, .pid = NOBODY, .tid = NOBODY });
	hw_processes_sweep(t);
	ck_assert_str_eq(path_at(t, NOBODY, 0x1000), "/a");
	hw_processes_sweep(t);
	ck_assert_ptr_null(path_at(t, NOBODY, 0x1000));
}
END_TEST

START_TEST(absurd_mappings_are_ignored)
{
	hw_auto(hw_binaries_free) struct hw_binaries *binaries = hw_binaries_new();
	hw_auto(hw_processes_free) struct hw_processes *t = hw_processes_new(binaries);
	struct hw_side_event ev = mmap_at(NOBODY, 0x1000, "/a");

	ev.map.end = ev.map.start;
	apply(t, ev);
	ev.map.end = ev.map.start - 1;
	apply(t, ev);
	ck_assert_ptr_null(path_at(t, NOBODY, 0x1000));
}
END_TEST

START_TEST(a_living_process_is_read_from_proc)
{
	hw_auto(hw_binaries_free) struct hw_binaries *binaries = hw_binaries_new();
	hw_auto(hw_processes_free) struct hw_processes *t = hw_processes_new(binaries);

	ck_assert_ptr_nonnull(path_at(t, getpid(), (uint64_t)(uintptr_t)hw_processes_new));
}
END_TEST

static struct hw_binaries *files;
static struct hw_processes *table;

static void setup(void)
{
	files = hw_binaries_new();
	table = hw_processes_new(files);
	ck_assert_ptr_nonnull(table);
}

static void teardown(void)
{
	hw_processes_free(table);
	hw_binaries_free(files);
}

/* Events at times of their own. */
static void map_at(uint64_t time_ns, int32_t pid, uint64_t start, const char *path)
{
	struct hw_side_event ev = mmap_at(pid, start, path);

	ev.time_ns = time_ns;
	apply(table, ev);
}

static void happens(enum hw_side_kind kind, uint64_t time_ns, int32_t pid, int32_t tid, int32_t parent)
{
	apply(table, (struct hw_side_event){
			     .kind = kind, .time_ns = time_ns, .pid = pid, .tid = tid, .parent = parent });
}

static void forks(uint64_t time_ns, int32_t parent, int32_t pid)
{
	happens(HW_SIDE_FORK, time_ns, pid, pid, parent);
}

static void execs(uint64_t time_ns, int32_t pid)
{
	happens(HW_SIDE_EXEC, time_ns, pid, pid, 0);
}

static void begins_thread(uint64_t time_ns, int32_t pid, int32_t tid)
{
	happens(HW_SIDE_FORK, time_ns, pid, tid, pid);
}

static void exits(uint64_t time_ns, int32_t pid, int32_t tid)
{
	happens(HW_SIDE_EXIT, time_ns, pid, tid, 0);
}

static struct hw_process *process(int32_t pid)
{
	struct hw_process *p = hw_processes_get(table, pid, hw_clock_ns());

	ck_assert_ptr_nonnull(p);
	return p;
}

static struct hw_process_version *version(int32_t pid)
{
	struct hw_process_version *v = hw_process_version(process(pid));

	ck_assert_ptr_nonnull(v);
	return v;
}

START_TEST(each_sample_keeps_the_mappings_of_its_moment)
{
	struct hw_process_version *first, *again, *second;

	map_at(1, NOBODY, 0x1000, "/a");
	first = version(NOBODY);
	again = version(NOBODY);
	map_at(2, NOBODY, 0x1000, "/b"); /* over it */
	map_at(3, NOBODY, 0x9000, "/c");
	second = version(NOBODY);
	ck_assert_ptr_eq(first, again); /* nothing had changed: nothing was made */
	ck_assert_str_eq(path_in(first->mappings, 0x1000), "/a");
	ck_assert_ptr_null(path_in(first->mappings, 0x9000));
	ck_assert_str_eq(path_in(second->mappings, 0x1000), "/b");
	ck_assert_str_eq(path_in(second->mappings, 0x9000), "/c");
	ck_assert_ptr_eq(first->program, second->program);
	hw_process_version_unref(first);
	hw_process_version_unref(again);
	hw_process_version_unref(second);
}
END_TEST

START_TEST(an_exec_in_the_middle_begins_another_program)
{
	struct hw_process_version *before, *after;

	forks(1, NOBODY, NOBODY + 1);
	map_at(2, NOBODY + 1, 0x1000, "/a");
	before = version(NOBODY + 1);
	execs(3, NOBODY + 1);
	map_at(4, NOBODY + 1, 0x1000, "/b");
	after = version(NOBODY + 1);
	ck_assert_str_eq(path_in(before->mappings, 0x1000), "/a");
	ck_assert_str_eq(path_in(after->mappings, 0x1000), "/b");
	ck_assert_uint_ne(before->program->id, after->program->id);
	ck_assert_ptr_nonnull(before->program->parent);
	ck_assert_ptr_null(after->program->parent); /* nothing of it is inherited any more */
	hw_process_version_unref(before);
	hw_process_version_unref(after);
}
END_TEST

START_TEST(a_child_inherits_until_it_calls_exec)
{
	struct hw_process_version *parent, *child;

	map_at(1, NOBODY, 0x1000, "/a");
	forks(2, NOBODY, NOBODY + 1);
	parent = version(NOBODY);
	child = version(NOBODY + 1);
	ck_assert_str_eq(path_in(child->mappings, 0x1000), "/a");
	ck_assert_ptr_eq(child->program->parent, parent->program);
	execs(3, NOBODY + 1);
	ck_assert_ptr_null(path_at(table, NOBODY + 1, 0x1000));
	ck_assert_str_eq(path_at(table, NOBODY, 0x1000), "/a");
	hw_process_version_unref(parent);
	hw_process_version_unref(child);
}
END_TEST

START_TEST(a_number_that_comes_again_is_another_process)
{
	struct hw_process_version *before, *after;

	forks(1, NOBODY, NOBODY + 1);
	map_at(2, NOBODY + 1, 0x1000, "/old");
	before = version(NOBODY + 1);
	exits(3, NOBODY + 1, NOBODY + 1);
	forks(4, NOBODY, NOBODY + 1); /* before the old one was swept */
	map_at(5, NOBODY + 1, 0x5000, "/new");
	hw_processes_sweep(table);
	hw_processes_sweep(table);
	after = version(NOBODY + 1);
	ck_assert_ptr_null(path_in(after->mappings, 0x1000));
	ck_assert_str_eq(path_in(after->mappings, 0x5000), "/new");
	ck_assert_str_eq(path_in(before->mappings, 0x1000), "/old");
	ck_assert_uint_ne(before->program->id, after->program->id);
	ck_assert_uint_eq(process(NOBODY + 1)->start_ns, 4);
	hw_process_version_unref(before);
	hw_process_version_unref(after);
	exits(3, NOBODY + 1, NOBODY + 1); /* the old one's, told late */
	ck_assert(!process(NOBODY + 1)->has_ended);
	forks(1, NOBODY, NOBODY + 1);
	ck_assert_str_eq(path_at(table, NOBODY + 1, 0x5000), "/new");
}
END_TEST

START_TEST(a_process_ends_with_its_last_thread)
{
	forks(1, NOBODY, NOBODY + 1);
	map_at(2, NOBODY + 1, 0x1000, "/a");
	begins_thread(3, NOBODY + 1, NOBODY + 2);
	begins_thread(4, NOBODY + 1, NOBODY + 3);
	exits(5, NOBODY + 1, NOBODY + 1); /* the leader */
	ck_assert(!process(NOBODY + 1)->has_ended);
	ck_assert_int_eq(process(NOBODY + 1)->task, NOBODY + 2);
	exits(6, NOBODY + 1, NOBODY + 2);
	ck_assert_int_eq(process(NOBODY + 1)->task, NOBODY + 3);
	hw_processes_sweep(table);
	hw_processes_sweep(table);
	map_at(7, NOBODY + 1, 0x5000, "/later");
	ck_assert_str_eq(path_at(table, NOBODY + 1, 0x1000), "/a");
	ck_assert_str_eq(path_at(table, NOBODY + 1, 0x5000), "/later");
	exits(8, NOBODY + 1, NOBODY + 3);
	ck_assert(process(NOBODY + 1)->has_ended);
}
END_TEST

/* The other threads end, the leader among them, and the one that called it has its number then. */
START_TEST(a_thread_that_calls_exec_is_the_leader)
{
	forks(1, NOBODY, NOBODY + 1);
	begins_thread(2, NOBODY + 1, NOBODY + 2);
	exits(3, NOBODY + 1, NOBODY + 1);
	execs(4, NOBODY + 1);
	ck_assert(!process(NOBODY + 1)->has_ended);
	ck_assert_int_eq(process(NOBODY + 1)->task, NOBODY + 1);
	exits(5, NOBODY + 1, NOBODY + 1);
	ck_assert(process(NOBODY + 1)->has_ended);
}
END_TEST

START_TEST(what_is_told_behind_its_consequences_does_not_undo_them)
{
	map_at(1, NOBODY, 0x1000, "/shared");
	map_at(12, NOBODY + 1, 0x5000, "/after"); /* of a child that nobody has told of */
	forks(10, NOBODY, NOBODY + 1);
	ck_assert_str_eq(path_at(table, NOBODY + 1, 0x5000), "/after");
	ck_assert_str_eq(path_at(table, NOBODY + 1, 0x1000), "/shared");
	ck_assert_ptr_eq(process(NOBODY + 1)->program->parent, process(NOBODY)->program);

	map_at(22, NOBODY + 1, 0x7000, "/of the program");
	execs(20, NOBODY + 1);
	ck_assert_str_eq(path_at(table, NOBODY + 1, 0x7000), "/of the program");
	ck_assert_ptr_null(path_at(table, NOBODY + 1, 0x5000));
	map_at(15, NOBODY + 1, 0x9000, "/of the one before");
	ck_assert_ptr_null(path_at(table, NOBODY + 1, 0x9000));

	map_at(32, NOBODY + 2, 0x1000, "/c");
	execs(31, NOBODY + 2);
	forks(30, NOBODY, NOBODY + 2);
	ck_assert_str_eq(path_at(table, NOBODY + 2, 0x1000), "/c");
	ck_assert_ptr_null(process(NOBODY + 2)->program->parent);
}
END_TEST

START_TEST(a_version_outlives_its_process)
{
	struct hw_process_version *v;

	forks(1, NOBODY, NOBODY + 1);
	map_at(2, NOBODY + 1, 0x1000, "/a");
	v = version(NOBODY + 1);
	exits(3, NOBODY + 1, NOBODY + 1);
	hw_processes_sweep(table);
	hw_processes_sweep(table);
	table = hw_processes_free(table);
	ck_assert_str_eq(path_in(v->mappings, 0x1000), "/a");
	ck_assert_int_eq(v->program->pid, NOBODY + 1);
	hw_process_version_unref(v);
}
END_TEST

#define MANY 10000

/* Seconds that a process takes which maps many times, with a sample in between each or with none. */
static double time_of(int32_t pid, bool with_samples)
{
	struct hw_process_version **held = calloc(MANY, sizeof(struct hw_process_version *));
	struct timespec from, to;

	ck_assert_ptr_nonnull(held);
	forks(1, NOBODY, pid);
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &from);
	for (int i = 0; i < MANY; i++) {
		struct hw_side_event ev = mmap_at(pid, 0x1000 * (uint64_t)(i + 1), "");

		ev.time_ns = (uint64_t)i + 2;
		hw_processes_apply(table, &ev);
		if (with_samples)
			held[i] = hw_process_version(hw_processes_get(table, pid, 0));
	}
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &to);
	for (int i = 0; i < MANY; i++)
		hw_process_version_unref(held[i]);
	free(held);
	return (double)(to.tv_sec - from.tv_sec) + (double)(to.tv_nsec - from.tv_nsec) / 1e9;
}

/* Copies of all would take a hundred times as long as none. */
START_TEST(a_long_series_of_mappings_is_not_copied_for_each_sample)
{
	double without, with;

	time_of(NOBODY + 1, false);
	without = time_of(NOBODY + 2, false);
	with = time_of(NOBODY + 3, true);
	ck_assert_msg(with < 12 * without, "%g s with versions, %g s without", with, without);
	ck_assert_uint_eq(hw_mappings_count(process(NOBODY + 3)->mappings), MANY);
}
END_TEST

/* What the watcher was told, a letter each. */
static char told[64];

static void tell(char what)
{
	size_t n = strlen(told);

	ck_assert_uint_lt(n, sizeof(told) - 1);
	told[n] = what;
}

static void told_mapped(void *ctx, struct hw_process *p)
{
	(void)ctx;
	(void)p;
	tell('m');
}

static void told_forked(void *ctx, struct hw_process *child, struct hw_process *parent)
{
	(void)ctx;
	ck_assert_int_eq(child->pid, parent->pid + 1);
	tell('f');
}

static void told_execed(void *ctx, struct hw_process *p)
{
	(void)ctx;
	(void)p;
	tell('x');
}

static void told_ended(void *ctx, struct hw_process *p)
{
	(void)ctx;
	ck_assert(p->has_ended);
	tell('e');
}

static void told_removed(void *ctx, struct hw_process *p, bool is_replaced)
{
	(void)ctx;
	(void)p;
	tell(is_replaced ? 'R' : 'r');
}

START_TEST(each_event_is_told_once)
{
	hw_processes_watch(table, &(struct hw_process_watcher){ .mapped = told_mapped,
								.forked = told_forked,
								.execed = told_execed,
								.ended = told_ended,
								.removed = told_removed });
	map_at(1, NOBODY, 0x1000, "/a");
	forks(2, NOBODY, NOBODY + 1);
	execs(3, NOBODY + 1);
	map_at(4, NOBODY + 1, 0x1000, "/b");
	exits(5, NOBODY + 1, NOBODY + 1);
	exits(5, NOBODY + 1, NOBODY + 1);
	hw_processes_sweep(table);
	hw_processes_sweep(table);
	ck_assert_str_eq(told, "mfxmer");
	memset(told, 0, sizeof(told));
	forks(6, NOBODY, NOBODY + 1);
	forks(7, NOBODY, NOBODY + 1);
	ck_assert_str_eq(told, "fRf");
	hw_processes_watch(table, NULL);
}
END_TEST

START_TEST(those_that_have_not_ended_are_listed)
{
	hw_autofree struct hw_process_id *ids = NULL;

	forks(1, NOBODY, NOBODY + 1);
	forks(2, NOBODY, NOBODY + 2);
	begins_thread(3, NOBODY + 2, NOBODY + 5);
	exits(4, NOBODY + 1, NOBODY + 1);
	exits(5, NOBODY + 2, NOBODY + 2);
	ck_assert_int_eq(hw_processes_list(table, &ids), 2);
	for (int i = 0; i < 2; i++) {
		ck_assert_int_ne(ids[i].pid, NOBODY + 1);
		ck_assert_int_eq(ids[i].task, ids[i].pid == NOBODY ? NOBODY : NOBODY + 5);
	}
}
END_TEST

static void *outlive_the_leader(void *arg)
{
	char byte;

	(void)!read(*(int *)arg, &byte, 1); /* until the test closes its end */
	_exit(0);
}

START_TEST(a_process_that_lost_its_leader_before_is_read_by_another_thread)
{
	int fds[2];
	pid_t pid;

	ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
	pid = fork();
	if (!pid) {
		pthread_t id;

		close(fds[1]);
		pthread_create(&id, NULL, outlive_the_leader, &fds[0]);
		pthread_exit(NULL);
	}
	close(fds[0]);
	for (struct hw_task_stat stat = { 0 }; !stat.has_ended; usleep(1000))
		ck_assert_int_eq(hw_task_read_stat(pid, &stat), 0);
	ck_assert_ptr_nonnull(path_at(table, pid, (uint64_t)(uintptr_t)hw_processes_new));
	ck_assert_int_ne(process(pid)->task, pid);
	ck_assert(!process(pid)->has_ended);
	close(fds[1]);
	waitpid(pid, NULL, 0);
}
END_TEST

/* The number was another's when the sample was taken: that one's mappings cannot be had. */
START_TEST(a_younger_process_lends_no_mappings)
{
	uint64_t before = hw_clock_ns();
	pid_t pid;

	usleep(100000);
	pid = fork();
	if (!pid)
		for (;;)
			pause();
	ck_assert_uint_eq(hw_mappings_count(hw_processes_get(table, pid, before)->mappings), 0);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("process");
	TCase *t = tcase_create("process");

	tcase_add_test(t, mappings_are_inherited_by_fork_and_dropped_by_exec);
	tcase_add_test(t, a_new_thread_is_no_new_process);
	tcase_add_test(t, an_ended_process_stays_for_its_last_samples);
	tcase_add_test(t, absurd_mappings_are_ignored);
	tcase_add_test(t, a_living_process_is_read_from_proc);
	suite_add_tcase(s, t);
	t = tcase_create("table");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, each_sample_keeps_the_mappings_of_its_moment);
	tcase_add_test(t, an_exec_in_the_middle_begins_another_program);
	tcase_add_test(t, a_child_inherits_until_it_calls_exec);
	tcase_add_test(t, a_number_that_comes_again_is_another_process);
	tcase_add_test(t, a_process_ends_with_its_last_thread);
	tcase_add_test(t, a_thread_that_calls_exec_is_the_leader);
	tcase_add_test(t, what_is_told_behind_its_consequences_does_not_undo_them);
	tcase_add_test(t, a_version_outlives_its_process);
	tcase_add_test(t, a_long_series_of_mappings_is_not_copied_for_each_sample);
	tcase_add_test(t, each_event_is_told_once);
	tcase_add_test(t, those_that_have_not_ended_are_listed);
	tcase_add_test(t, a_process_that_lost_its_leader_before_is_read_by_another_thread);
	tcase_add_test(t, a_younger_process_lends_no_mappings);
	suite_add_tcase(s, t);
	return run_suite(s);
}
