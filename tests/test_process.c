/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

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

static const char *path_at(struct hw_processes *t, int32_t pid, uint64_t addr)
{
	struct hw_process *p = hw_processes_get(t, pid);
	struct hw_map *map = p ? hw_maps_find(p->maps, addr) : NULL;

	return map ? map->path : NULL;
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
	return run_suite(s);
}
