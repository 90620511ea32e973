/* SPDX-License-Identifier: Apache-2.0
 * Names of code that a process made itself: files in memory, and one written as a JIT does. */
#include "fixture.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sym/perf_map.h"

static struct hw_perf_map *map;
static int file;

static void setup(void)
{
	file = memfd_create("perf-1.map", MFD_CLOEXEC);
	ck_assert_int_ge(file, 0);
	map = hw_perf_map_new_fd(dup(file));
	ck_assert_ptr_nonnull(map);
}

static void teardown(void)
{
	hw_perf_map_free(map);
	close(file);
}

static void put(const char *text)
{
	ck_assert_int_eq(write(file, text, strlen(text)), (ssize_t)strlen(text));
}

/* The name at @addr, or NULL. */
static const char *name_at(uint64_t addr)
{
	struct hw_symbol s;
	int r = hw_perf_map_find(map, addr, &s);

	ck_assert_int_ge(r, 0);
	if (!r)
		return NULL;
	ck_assert_uint_eq(s.start + s.offset_bytes, addr);
	return s.name;
}

START_TEST(lines_give_names_to_their_addresses_alone)
{
	put("2000 10 later in memory\n1000 20 py::f:/app/a.py\n0x3000 0x8 hex\n");
	ck_assert_str_eq(name_at(0x1000), "py::f:/app/a.py");
	ck_assert_str_eq(name_at(0x101f), "py::f:/app/a.py");
	ck_assert_ptr_null(name_at(0x1020));
	ck_assert_ptr_null(name_at(0xfff));
	ck_assert_str_eq(name_at(0x2008), "later in memory");
	ck_assert_str_eq(name_at(0x3007), "hex");
	ck_assert_ptr_null(name_at(UINT64_MAX));
}
END_TEST

START_TEST(of_lines_that_overlap_the_later_one_holds)
{
	put("1000 100 old\n1010 10 inside\n10f0 20 over the end\n800 801 over the start\n"
	    "1018 1 within\n");
	ck_assert_str_eq(name_at(0x1000), "over the start");
	ck_assert_str_eq(name_at(0x1001), "old");
	ck_assert_str_eq(name_at(0x1010), "inside");
	ck_assert_str_eq(name_at(0x1018), "within");
	ck_assert_str_eq(name_at(0x1019), "inside");
	ck_assert_str_eq(name_at(0x1020), "old");
	ck_assert_str_eq(name_at(0x10ef), "old");
	ck_assert_str_eq(name_at(0x10f0), "over the end");
	ck_assert_str_eq(name_at(0x110f), "over the end");
	ck_assert_ptr_null(name_at(0x1110));
}
END_TEST

/* The later line at each address, by looking at all of them. */
START_TEST(many_overlapping_lines_agree_with_a_plain_search)
{
	struct {
		uint64_t start, end;
	} lines[400];
	unsigned int seed = 7;

	for (size_t i = 0; i < 400; i++) {
		char text[64];

		lines[i].start = (uint64_t)(rand_r(&seed) % 2000);
		lines[i].end = lines[i].start + 1 + (uint64_t)(rand_r(&seed) % 100);
		snprintf(text, sizeof(text), "%lx %lx %zu\n", lines[i].start,
			 lines[i].end - lines[i].start, i);
		put(text);
	}
	for (uint64_t addr = 0; addr < 2200; addr++) {
		const char *name = name_at(addr);
		long want = -1;

		for (long i = 0; i < 400; i++)
			if (addr >= lines[i].start && addr < lines[i].end)
				want = i;
		ck_assert_int_eq(name ? atol(name) : -1, want);
	}
}
END_TEST

START_TEST(what_is_written_later_is_found_and_half_a_line_waits)
{
	put("1000 10 first\n2000 10 sec");
	ck_assert_str_eq(name_at(0x1000), "first");
	ck_assert_ptr_null(name_at(0x2000));
	put("ond\n");
	ck_assert_ptr_null(name_at(0x2000)); /* looked a moment ago */
	usleep(60000);
	ck_assert_str_eq(name_at(0x2000), "second");
	ck_assert_str_eq(name_at(0x1000), "first");
}
END_TEST

static const char *const forged[] = {
	"\n",
	" \n",
	"1000\n",
	"1000 \n",
	"1000 10\n",
	"1000 10 \n",
	"1000 0 empty\n",
	"ffffffffffffffff 1 wraps\n",
	"1000 ffffffffffffffff wraps\n",
	"-1000 10 negative\n",
	"10000000000000000 10 long\n",
	"1000 -10 negative\n",
	"1000\t10\ttabs\n",
	"zz 10 f\n",
	"1000 10 no end",
	"+1000 10 sign\n",
	" 1000 10 space\n",
};

START_TEST(forged_lines_are_passed_over)
{
	put(forged[_i]);
	put("\n5000 10 sound\n");
	ck_assert_str_eq(name_at(0x5000), "sound");
	if (strcmp(forged[_i], "1000 10 no end"))
		ck_assert_ptr_null(name_at(0x1000));
	ck_assert_ptr_null(name_at(0));
}
END_TEST

START_TEST(names_are_cut_and_hold_no_control_characters)
{
	static char text[20000];

	put("1000 10 a\x1b[31mred\x7f\n");
	ck_assert_int_eq(snprintf(text, sizeof(text), "2000 10 "), 8);
	memset(text + 8, 'x', 4000);
	strcpy(text + 4008, "\n3000 10 ");
	memset(text + strlen(text), 'y', 10000);
	put(text);
	put("\n4000 10 after\n");
	ck_assert_str_eq(name_at(0x1000), "a?[31mred?");
	ck_assert_uint_eq(strlen(name_at(0x2000)), HW_PERF_MAP_NAME_MAX);
	ck_assert_str_eq(name_at(0x4000), "after");
}
END_TEST

START_TEST(a_process_finds_its_own_file_and_keeps_it_when_that_is_gone)
{
	hw_auto(hw_perf_map_free) struct hw_perf_map *own = hw_perf_map_new(getpid());
	struct hw_symbol s;
	char path[64];
	FILE *f;

	snprintf(path, sizeof(path), "/tmp/perf-%d.map", getpid());
	f = fopen(path, "wxe");
	ck_assert_ptr_nonnull(f);
	fputs("1000 10 jitted\n", f);
	ck_assert_int_eq(fclose(f), 0);
	ck_assert_int_eq(hw_perf_map_find(own, 0x1004, &s), 1);
	ck_assert_str_eq(s.name, "jitted");
	unlink(path);
	ck_assert_int_eq(hw_perf_map_find(own, 0x1004, &s), 1);
}
END_TEST

START_TEST(a_link_or_a_fifo_in_its_place_is_not_read)
{
	hw_auto(hw_perf_map_free) struct hw_perf_map *own = hw_perf_map_new(getpid());
	char path[64], target[64];
	struct hw_symbol s;

	snprintf(path, sizeof(path), "/tmp/perf-%d.map", getpid());
	snprintf(target, sizeof(target), "/proc/self/fd/%d", file);
	put("1000 10 jitted\n");
	if (_i == 0)
		ck_assert_int_eq(symlink(target, path), 0);
	else
		ck_assert_int_eq(mkfifo(path, 0600), 0);
	ck_assert_int_eq(hw_perf_map_find(own, 0x1004, &s), 0);
	unlink(path);
}
END_TEST

START_TEST(a_file_of_another_user_is_not_read)
{
	hw_auto(hw_perf_map_free) struct hw_perf_map *own = hw_perf_map_new(getpid());
	struct hw_symbol s;
	char path[64];
	FILE *f;

	if (geteuid() != 0) {
		unjudged(__func__, "giving a file away needs root");
		return;
	}
	snprintf(path, sizeof(path), "/tmp/perf-%d.map", getpid());
	f = fopen(path, "wxe");
	ck_assert_ptr_nonnull(f);
	fputs("1000 10 jitted\n", f);
	ck_assert_int_eq(fclose(f), 0);
	ck_assert_int_eq(chown(path, 12345, 12345), 0);
	ck_assert_int_eq(hw_perf_map_find(own, 0x1004, &s), 0);
	ck_assert_int_eq(chown(path, 0, 0), 0);
	usleep(60000);
	ck_assert_int_eq(hw_perf_map_find(own, 0x1004, &s), 1);
	unlink(path);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("perf_map");
	TCase *c = tcase_create("perf_map");

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, lines_give_names_to_their_addresses_alone);
	tcase_add_test(c, of_lines_that_overlap_the_later_one_holds);
	tcase_add_test(c, many_overlapping_lines_agree_with_a_plain_search);
	tcase_add_test(c, what_is_written_later_is_found_and_half_a_line_waits);
	tcase_add_loop_test(c, forged_lines_are_passed_over, 0,
			    (int)(sizeof(forged) / sizeof(*forged)));
	tcase_add_test(c, names_are_cut_and_hold_no_control_characters);
	tcase_add_test(c, a_process_finds_its_own_file_and_keeps_it_when_that_is_gone);
	tcase_add_loop_test(c, a_link_or_a_fifo_in_its_place_is_not_read, 0, 2);
	tcase_add_test(c, a_file_of_another_user_is_not_read);
	suite_add_tcase(s, c);
	return run_suite(s);
}
