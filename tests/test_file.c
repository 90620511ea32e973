/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include "profile_builder.h"
#include "profile/file.h"

static char dir[] = "/tmp/hwprof-test-XXXXXX";
static char path[64];

static void enter_dir(void)
{
	strcpy(dir, "/tmp/hwprof-test-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/p", dir);
}

static void leave_dir(void)
{
	char pattern[64];
	glob_t found;

	snprintf(pattern, sizeof(pattern), "%s/*", dir);
	if (glob(pattern, 0, NULL, &found) == 0) {
		for (size_t i = 0; i < found.gl_pathc; i++)
			unlink(found.gl_pathv[i]);
		globfree(&found);
	}
	ck_assert_int_eq(rmdir(dir), 0);
}

struct bytes {
	unsigned char at[1 << 16];
	size_t size;
};

static void load(struct bytes *b)
{
	hw_autofclose FILE *f = fopen(path, "r");

	ck_assert_ptr_nonnull(f);
	b->size = fread(b->at, 1, sizeof(b->at), f);
	ck_assert_uint_lt(b->size, sizeof(b->at));
}

static void store(const void *at, size_t size)
{
	hw_autofclose FILE *f = fopen(path, "w");

	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(fwrite(at, 1, size, f), size);
}

static int read_back(const struct hw_profile **ret, uint64_t *ret_cut)
{
	return hw_profile_read(path, ret, ret_cut, NULL);
}

/* A file of two chunks, of 3 and of 2 samples; returns the size of the first. */
static size_t write_two_chunks(void)
{
	hw_auto(hw_profile_free) struct hw_profile *p = build_profile("cpu-clock", "ns");
	hw_auto(hw_profile_writer_free) struct hw_profile_writer *w = NULL;
	struct stat st;

	ck_assert_int_eq(hw_profile_writer_open(path, &w), 0);
	build_samples(p, 3, STACK(EVAL("eval"), PY("f", "foo.py", 3, 4), PY("g", "foo.py", 9, 10)));
	ck_assert_int_eq(hw_profile_flush(w, p), 0);
	ck_assert_uint_eq(p->n_samples, 0);
	ck_assert_int_eq(stat(path, &st), 0);
	build_samples(p, 2,
		      STACK(KERNEL("vfs_read"), C("read", "libc.so.6"),
			    PY_AT("h", "bar.py", 1, 2, 3, 4, 5)));
	p->session.lost = 5;
	ck_assert_int_eq(hw_profile_flush(w, p), 0);
	return (size_t)st.st_size;
}

START_TEST(a_profile_comes_back_as_it_was_written)
{
	hw_auto(hw_profile_close) const struct hw_profile *p = NULL;
	const struct hw_frame *f;
	const uint32_t *frames;
	uint64_t cut = 7;
	size_t n;

	write_two_chunks();
	ck_assert_int_eq(read_back(&p, &cut), 0);
	ck_assert_uint_eq(cut, 0);
	ck_assert_uint_eq(p->n_samples, 5);
	ck_assert_uint_eq(p->session.lost, 5);
	ck_assert_uint_eq(hw_intern_count(p->frames), 6);
	ck_assert_uint_eq(p->samples[4].period, 1000000);
	frames = hw_profile_get_stack(p, p->samples[4].stack, &n);
	ck_assert_uint_eq(n, 3);
	f = hw_profile_get_frame(p, frames[2]);
	ck_assert_str_eq(hw_profile_str(p, f->name), "h");
	ck_assert_str_eq(hw_profile_str(p, f->file), "bar.py");
	ck_assert_uint_eq(f->line, 2);
	ck_assert_uint_eq(f->end_line, 3);
	ck_assert_uint_eq(f->column, 4);
	ck_assert_uint_eq(f->end_column, 5);
	f = hw_profile_get_frame(p, frames[1]);
	ck_assert_str_eq(hw_profile_str(p, hw_profile_get_module(p, f->module)->path), "libc.so.6");
	ck_assert_int_eq(hw_profile_get_task(p, p->samples[4].task)->tid, 100);
}
END_TEST

START_TEST(the_file_is_private_and_leaves_nothing_beside_it)
{
	char pattern[64];
	struct stat st;
	glob_t found;

	write_two_chunks();
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0600);
	snprintf(pattern, sizeof(pattern), "%s/*", dir);
	ck_assert_int_eq(glob(pattern, 0, NULL, &found), 0);
	ck_assert_uint_eq(found.gl_pathc, 1);
	globfree(&found);
}
END_TEST

START_TEST(an_older_profile_stays_until_the_first_chunk_is_whole)
{
	hw_auto(hw_profile_writer_free) struct hw_profile_writer *w = NULL;
	hw_auto(hw_profile_close) const struct hw_profile *p = NULL;
	uint64_t cut;

	write_two_chunks();
	ck_assert_int_eq(hw_profile_writer_open(path, &w), 0);
	w = hw_profile_writer_free(w);
	ck_assert_int_eq(read_back(&p, &cut), 0);
	ck_assert_uint_eq(p->n_samples, 5);
}
END_TEST

START_TEST(a_device_is_written_to_and_not_replaced)
{
	hw_auto(hw_profile_free) struct hw_profile *p = build_profile("cpu-clock", "ns");
	hw_auto(hw_profile_writer_free) struct hw_profile_writer *w = NULL;
	struct stat st;

	ck_assert_int_eq(hw_profile_writer_open("/dev/null", &w), 0);
	ck_assert_int_eq(hw_profile_flush(w, p), 0);
	ck_assert_int_eq(stat("/dev/null", &st), 0);
	ck_assert(S_ISCHR(st.st_mode));
}
END_TEST

START_TEST(a_folder_that_is_missing_is_an_error)
{
	struct hw_profile_writer *w = NULL;

	ck_assert_int_eq(hw_profile_writer_open("/no/such/folder/p", &w), -ENOENT);
	ck_assert_ptr_null(w);
}
END_TEST

/* RLIMIT_FSIZE makes write(2) stop in the middle of a chunk, as a full disk does. */
static void limit_file_size(size_t size)
{
	struct rlimit limit;

	signal(SIGXFSZ, SIG_IGN);
	ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = size ? size : limit.rlim_max;
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

START_TEST(a_full_disk_leaves_whole_chunks_and_loses_no_sample)
{
	hw_auto(hw_profile_free) struct hw_profile *p = build_profile("cpu-clock", "ns");
	hw_auto(hw_profile_close) const struct hw_profile *back = NULL;
	hw_auto(hw_profile_writer_free) struct hw_profile_writer *w = NULL;
	struct stat whole, st;
	uint64_t cut;

	ck_assert_int_eq(hw_profile_writer_open(path, &w), 0);
	build_samples(p, 3, STACK(PY("f", "foo.py", 3, 4)));
	ck_assert_int_eq(hw_profile_flush(w, p), 0);
	ck_assert_int_eq(stat(path, &whole), 0);
	limit_file_size((size_t)whole.st_size + 20);
	build_samples(p, 500, STACK(PY("g", "foo.py", 5, 6)));
	ck_assert_int_eq(hw_profile_flush(w, p), -EFBIG);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_eq(st.st_size, whole.st_size);
	ck_assert_uint_eq(p->n_samples, 500);
	limit_file_size(0);
	ck_assert_int_eq(hw_profile_flush(w, p), 0);
	ck_assert_int_eq(read_back(&back, &cut), 0);
	ck_assert_uint_eq(cut, 0);
	ck_assert_uint_eq(back->n_samples, 503);
}
END_TEST

/* More than the writer puts into one chunk: stacks and samples go on in the next. */
START_TEST(a_large_flush_is_split_and_comes_back_whole)
{
	enum { N_STACKS = 3000, DEPTH = 1500, N_SAMPLES = 400000 };
	hw_auto(hw_profile_free) struct hw_profile *p = build_profile("cpu-clock", "ns");
	hw_auto(hw_profile_close) const struct hw_profile *back = NULL;
	hw_auto(hw_profile_writer_free) struct hw_profile_writer *w = NULL;
	struct build_frame b = PY("f", "foo.py", 3, 4);
	struct hw_task task = { 1, 1, 0 };
	struct hw_sample s = { .period = 1 };
	static uint32_t frames[DEPTH];
	uint64_t cut;
	size_t n;

	for (uint32_t i = 0; i < 10; i++) {
		b.line = i;
		build_frame(p, &b);
	}
	ck_assert_int_eq(hw_profile_task(p, &task, &s.task), 0);
	for (uint32_t i = 0; i < N_STACKS; i++) {
		for (uint32_t j = 0, x = i; j < 8; j++, x /= 10)
			frames[j] = x % 10;
		ck_assert_int_eq(hw_profile_stack(p, frames, DEPTH, &s.stack), 0);
	}
	for (size_t i = 0; i < N_SAMPLES; i++) {
		s.time_ns = i;
		ck_assert_int_eq(hw_profile_sample(p, &s), 0);
	}
	ck_assert_int_eq(hw_profile_writer_open(path, &w), 0);
	ck_assert_int_eq(hw_profile_flush(w, p), 0);
	ck_assert_int_eq(read_back(&back, &cut), 0);
	ck_assert_uint_eq(cut, 0);
	ck_assert_uint_eq(hw_intern_count(back->stacks), N_STACKS);
	ck_assert_uint_eq(back->n_samples, N_SAMPLES);
	ck_assert_uint_eq(back->samples[N_SAMPLES - 1].time_ns, N_SAMPLES - 1);
	hw_profile_get_stack(back, N_STACKS - 1, &n);
	ck_assert_uint_eq(n, DEPTH);
}
END_TEST

START_TEST(nothing_new_writes_nothing)
{
	hw_auto(hw_profile_free) struct hw_profile *p = build_profile("cpu-clock", "ns");
	hw_auto(hw_profile_writer_free) struct hw_profile_writer *w = NULL;
	struct stat before, after;

	ck_assert_int_eq(hw_profile_writer_open(path, &w), 0);
	ck_assert_int_eq(hw_profile_flush(w, p), 0);
	ck_assert_int_eq(stat(path, &before), 0);
	ck_assert_int_eq(hw_profile_flush(w, p), 0);
	ck_assert_int_eq(stat(path, &after), 0);
	ck_assert_int_eq(before.st_size, after.st_size);
}
END_TEST

START_TEST(a_cut_at_any_byte_keeps_the_whole_chunks)
{
	size_t first = write_two_chunks();
	struct bytes whole;

	load(&whole);
	for (size_t size = 0; size < whole.size; size++) {
		hw_auto(hw_profile_close) const struct hw_profile *p = NULL;
		uint64_t cut = 0;
		int r;

		store(whole.at, size);
		r = read_back(&p, &cut);
		if (size < 20) {
			ck_assert_int_eq(r, -EBADMSG);
		} else if (size < first) {
			ck_assert_int_eq(r, -ENODATA);
		} else {
			ck_assert_int_eq(r, 0);
			ck_assert_uint_eq(cut, size - first);
			ck_assert_uint_eq(p->n_samples, 3);
		}
	}
}
END_TEST

/* The checksum is over the unpacked bytes: a flip that unpacks to the same ones is harmless, and
 * without the bit that announces it the four bytes of the checksum are left over. */
START_TEST(a_damaged_byte_never_changes_what_is_read)
{
	static const unsigned char masks[] = { 0x01, 0x80, 0xff };
	size_t n_found = 0;
	struct bytes b;

	write_two_chunks();
	load(&b);
	for (size_t i = 0; i < b.size * sizeof(masks); i++) {
		hw_auto(hw_profile_close) const struct hw_profile *p = NULL;
		uint64_t cut = 0;
		int r;

		b.at[i / sizeof(masks)] ^= masks[i % sizeof(masks)];
		store(b.at, b.size);
		r = read_back(&p, &cut);
		n_found += r < 0 || cut;
		if (r == 0)
			ck_assert(p->n_samples == 5 || (p->n_samples == 3 && cut));
		for (size_t j = 0; r == 0 && j < p->n_samples; j++)
			ck_assert_uint_eq(p->samples[j].period, 1000000);
		b.at[i / sizeof(masks)] ^= masks[i % sizeof(masks)];
	}
	ck_assert_uint_ge(n_found, b.size * sizeof(masks) * 98 / 100);
}
END_TEST

/* ---- chunks made by hand, to get behind the checksum ---- */

struct payload {
	unsigned char at[4096];
	size_t size;
};

static void put(struct payload *b, const void *bytes, size_t size)
{
	ck_assert_uint_le(b->size + size, sizeof(b->at));
	memcpy(b->at + b->size, bytes, size);
	b->size += size;
}

static void put_section(struct payload *b, uint32_t kind, const void *bytes, uint32_t size)
{
	put(b, &kind, sizeof(kind));
	put(b, &size, sizeof(size));
	put(b, bytes, size);
}

/* Appends @b as a chunk to the file. */
static void append_chunk(const struct payload *b)
{
	hw_autofclose FILE *f = fopen(path, "a");
	unsigned char packed[8192];
	size_t n = ZSTD_compress(packed, sizeof(packed), b->at, b->size, 1);

	ck_assert(!ZSTD_isError(n));
	ck_assert_uint_eq(fwrite(packed, 1, n, f), n);
}

enum { SESSION = 1, STRINGS, MODULES, FRAMES, STACKS, TASKS, SAMPLES };

struct forged {
	const char *what;
	uint32_t kind;
	uint32_t words[12];
	uint32_t size;
};

/* After write_two_chunks(): 10 strings or so, 4 modules, 6 frames, 2 stacks, 1 task, 1 event. */
static const struct forged forgeries[] = {
	{ "unknown section", 99, { 0 }, 4 },
	{ "no section at all", 0, { 0 }, 0 },
	{ "string longer than the section", STRINGS, { 1000, 0 }, 8 },
	{ "string of 4 GiB", STRINGS, { UINT32_MAX, 0 }, 8 },
	{ "length of a string cut", STRINGS, { 0 }, 3 },
	{ "string with a zero inside", STRINGS, { 4, 0x00410041 }, 8 },
	{ "string that is there already", STRINGS, { 0 }, 4 },
	{ "module with an unknown string", MODULES, { 500, 0 }, 8 },
	{ "half a module", MODULES, { 0 }, 4 },
	{ "frame of no kind", FRAMES, { 0 }, 48 },
	{ "frame of an unknown kind", FRAMES, { 9 }, 48 },
	{ "frame with unknown flags", FRAMES, { 1, HW_FRAME_FLAGS + 1 }, 48 },
	{ "frame with an unknown module", FRAMES, { 1, 0, 500 }, 48 },
	{ "frame with an unknown name", FRAMES, { 1, 0, 0, 500 }, 48 },
	{ "frame with an unknown file", FRAMES, { 1, 0, 0, 0, 500 }, 48 },
	{ "two thirds of a frame", FRAMES, { 1 }, 32 },
	{ "stack with an unknown frame", STACKS, { 1, 500 }, 8 },
	{ "stack of 5000 frames", STACKS, { 5000, 0 }, 8 },
	{ "stack whose size overflows", STACKS, { 0x40000001, 0 }, 8 },
	{ "task with an unknown name", TASKS, { 1, 1, 500 }, 12 },
	{ "sample with an unknown stack", SAMPLES, { 0, 0, 1, 0, 0, 0, 500, 0, 0, 0 }, 40 },
	{ "sample with an unknown task", SAMPLES, { 0, 0, 1, 0, 0, 0, 0, 500, 0, 0 }, 40 },
	{ "sample with an unknown event", SAMPLES, { 0, 0, 1, 0, 0, 0, 0, 0, 1, 0 }, 40 },
	{ "sample with unknown flags", SAMPLES, { 0, 0, 1, 0, 0, 0, 0, 0, 0, 1 << 18 }, 40 },
	{ "sample with an unknown cause", SAMPLES, { 0, 0, 1, 0, 0, 0, 0, 0, 0, 0xff00 }, 40 },
	{ "periods that overflow", SAMPLES, { 0, 0, UINT32_MAX, UINT32_MAX, 0, 0, 0, 0, 0, 0 }, 40 },
	{ "half a sample", SAMPLES, { 0 }, 20 },
	{ "session that is no JSON", SESSION, { 0x7b7b7b7b }, 4 },
	{ "session without the events of before", SESSION, { 0x20207d7b }, 4 }, /* "{}  " */
};

START_TEST(a_forged_chunk_is_left_out_and_what_came_before_kept)
{
	const struct forged *forged = &forgeries[_i];
	static const uint32_t good[8] = { 1, 0, 1 };
	hw_auto(hw_profile_close) const struct hw_profile *p = NULL;
	struct payload b = { 0 };
	struct stat before, after;
	uint64_t cut = 0;

	write_two_chunks();
	ck_assert_int_eq(stat(path, &before), 0);
	put_section(&b, SAMPLES, good, sizeof(good)); /* must not survive its chunk */
	put_section(&b, forged->kind, forged->words, forged->size);
	append_chunk(&b);
	ck_assert_int_eq(stat(path, &after), 0);
	ck_assert_int_eq(read_back(&p, &cut), 0);
	ck_assert_msg(cut == (uint64_t)(after.st_size - before.st_size), "%s", forged->what);
	ck_assert_uint_eq(p->n_samples, 5);
}
END_TEST

START_TEST(a_section_longer_than_its_chunk_is_left_out)
{
	static const uint32_t head[2] = { SAMPLES, 64 };
	hw_auto(hw_profile_close) const struct hw_profile *p = NULL;
	struct payload b = { 0 };
	uint64_t cut = 0;

	write_two_chunks();
	put(&b, head, sizeof(head));
	append_chunk(&b);
	ck_assert_int_eq(read_back(&p, &cut), 0);
	ck_assert_uint_gt(cut, 0);
}
END_TEST

/* A frame header that promises 2^40 bytes, and one that does not say: single segment and none. */
START_TEST(a_chunk_of_unbounded_size_is_not_unpacked)
{
	static const unsigned char bombs[2][17] = {
		{ 0x28, 0xb5, 0x2f, 0xfd, 0xe0, 0, 0, 0, 0, 0, 1, 0, 0, 0x03, 0x00, 0x00, 0 },
		{ 0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x58, 0x01, 0x00, 0x00 },
	};
	const struct hw_profile *p = NULL;
	struct bytes b;
	uint64_t cut;

	write_two_chunks();
	load(&b);
	memcpy(b.at + 20, bombs[_i], sizeof(bombs[_i]));
	store(b.at, 20 + sizeof(bombs[_i]));
	ck_assert_int_eq(read_back(&p, &cut), -EBADMSG);
	ck_assert_ptr_null(p);
}
END_TEST

START_TEST(another_version_is_named)
{
	const struct hw_profile *p = NULL;
	uint32_t version = 0;
	struct bytes b;
	uint64_t cut;

	write_two_chunks();
	load(&b);
	b.at[16] = 9;
	store(b.at, b.size);
	ck_assert_int_eq(hw_profile_read(path, &p, &cut, &version), -EPROTONOSUPPORT);
	ck_assert_uint_eq(version, 9);
	ck_assert_ptr_null(p);
}
END_TEST

START_TEST(what_is_no_profile_is_refused)
{
	const struct hw_profile *p = NULL;
	uint64_t cut;

	ck_assert_int_eq(read_back(&p, &cut), -ENOENT);
	ck_assert_int_eq(hw_profile_read(dir, &p, &cut, NULL), -EISDIR);
	store("", 0);
	ck_assert_int_eq(read_back(&p, &cut), -EBADMSG);
	store("#!/bin/sh\necho hello, this is long enough\n", 40);
	ck_assert_int_eq(read_back(&p, &cut), -EBADMSG);
	ck_assert_ptr_null(p);
}
END_TEST

static TCase *fixture_case(Suite *s, const char *name)
{
	TCase *t = tcase_create(name);

	tcase_add_checked_fixture(t, enter_dir, leave_dir);
	tcase_set_timeout(t, 60); /* thousands of reads, under valgrind too */
	suite_add_tcase(s, t);
	return t;
}

int main(void)
{
	Suite *s = suite_create("file");
	TCase *t = fixture_case(s, "writing");

	tcase_add_test(t, a_profile_comes_back_as_it_was_written);
	tcase_add_test(t, the_file_is_private_and_leaves_nothing_beside_it);
	tcase_add_test(t, an_older_profile_stays_until_the_first_chunk_is_whole);
	tcase_add_test(t, a_device_is_written_to_and_not_replaced);
	tcase_add_test(t, a_folder_that_is_missing_is_an_error);
	tcase_add_test(t, a_full_disk_leaves_whole_chunks_and_loses_no_sample);
	tcase_add_test(t, a_large_flush_is_split_and_comes_back_whole);
	tcase_add_test(t, nothing_new_writes_nothing);
	t = fixture_case(s, "hostile");
	tcase_add_test(t, a_cut_at_any_byte_keeps_the_whole_chunks);
	tcase_add_test(t, a_damaged_byte_never_changes_what_is_read);
	tcase_add_loop_test(t, a_forged_chunk_is_left_out_and_what_came_before_kept, 0,
			    (int)(sizeof(forgeries) / sizeof(forgeries[0])));
	tcase_add_test(t, a_section_longer_than_its_chunk_is_left_out);
	tcase_add_loop_test(t, a_chunk_of_unbounded_size_is_not_unpacked, 0, 2);
	tcase_add_test(t, another_version_is_named);
	tcase_add_test(t, what_is_no_profile_is_refused);
	return run_suite(s);
}
