/* SPDX-License-Identifier: Apache-2.0 */
#include "cfi_builder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "unwind/cache.h"

#define FIRST	    0x2000
#define N_FUNCTIONS 600 /* so that there is an inner page */

static char dir[64], cache[128];

static void setup(void)
{
	strcpy(dir, "/tmp/hwprof-test-cache-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(cache, sizeof(cache), "%s/hwprof/unwind", dir);
}

static void teardown(void)
{
	char command[160];

	snprintf(command, sizeof(command), "rm -rf %s", dir);
	ck_assert_int_eq(system(command), 0);
}

/* A file whose functions have cfa = rsp + @depth. */
static struct cfi_file *file_of(uint8_t depth)
{
	struct cfi_file *f = cfi_file_new(EM_X86_64);
	uint32_t cie = cfi_add_usual_cie(f);

	for (unsigned int i = 0; i < N_FUNCTIONS; i++)
		cfi_add_function(f, cie, FIRST + i * 32, 16, CFI_BYTES(0x41, 0x0e, depth));
	return f;
}

/* The depth that the rows of @m have when they come by way of the cache in @cache_dir. */
static int depth_by(struct hw_module *m, const char *cache_dir)
{
	struct hw_rows *rows;
	int depth;

	ck_assert_int_eq(hw_rows_get(m, cache_dir, &rows), 0);
	ck_assert(hw_rows_is_valid(rows));
	ck_assert_uint_eq(rows->levels, 1);
	depth = hw_rows_find(rows, FIRST + 8).cfa_off;
	ck_assert_int_eq(hw_rows_find(rows, FIRST + (N_FUNCTIONS - 1) * 32 + 8).cfa_off, depth);
	hw_rows_free(rows);
	return depth;
}

static int depth_of(const struct cfi_file *f)
{
	struct hw_module *m = cfi_open(f);
	int depth = depth_by(m, cache);

	hw_module_free(m);
	return depth;
}

/* How many files @cache holds; @ret_path is the one of the last. */
static int count_files(char *ret_path, size_t size)
{
	DIR *stream = opendir(cache);
	struct dirent *found;
	int n = 0;

	if (!stream)
		return 0;
	while ((found = readdir(stream))) {
		if (*found->d_name == '.')
			continue;
		snprintf(ret_path, size, "%s/%s", cache, found->d_name);
		n++;
	}
	closedir(stream);
	return n;
}

START_TEST(a_file_is_read_once)
{
	struct cfi_file *f = file_of(16);
	char path[512];
	struct stat st;

	cfi_add_build_id(f, 1);
	ck_assert_int_eq(depth_of(f), 16);
	ck_assert_int_eq(count_files(path, sizeof(path)), 1);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0600);
	ck_assert_int_eq(stat(cache, &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0700);

	f = file_of(32); /* what only the cache can know not to be so */
	cfi_add_build_id(f, 1);
	ck_assert_int_eq(depth_of(f), 16);
	cfi_add_build_id(f, 2);
	ck_assert_int_eq(depth_of(f), 32);
	ck_assert_int_eq(count_files(path, sizeof(path)), 2);
}
END_TEST

START_TEST(a_damaged_entry_is_made_anew)
{
	struct cfi_file *f = file_of(16);
	struct hw_module *m;
	unsigned char *entry;
	char path[512];
	struct stat st;
	int fd;

	cfi_add_build_id(f, 1);
	m = cfi_open(f);
	depth_by(m, cache);
	ck_assert_int_eq(count_files(path, sizeof(path)), 1);
	ck_assert_int_eq(stat(path, &st), 0);
	entry = malloc((size_t)st.st_size);
	for (off_t at = 0; at < st.st_size; at += 61) {
		fd = open(path, O_RDWR | O_CLOEXEC);
		ck_assert_int_eq(read(fd, entry, (size_t)st.st_size), st.st_size);
		entry[at] ^= 0x10;
		ck_assert_int_eq(pwrite(fd, &entry[at], 1, at), 1);
		close(fd);
		ck_assert_int_eq(depth_by(m, cache), 16);
	}
	for (off_t size = 0; size < st.st_size; size += 997) {
		ck_assert_int_eq(truncate(path, size), 0);
		ck_assert_int_eq(depth_by(m, cache), 16);
	}
	ck_assert_int_eq(truncate(path, st.st_size + 4096), 0);
	ck_assert_int_eq(depth_by(m, cache), 16);
	ck_assert_int_eq(stat(path, &st), 0);
	free(entry);
	hw_module_free(m);
	ck_assert_int_eq(count_files(path, sizeof(path)), 1);
}
END_TEST

START_TEST(an_entry_under_a_wrong_name_is_not_used)
{
	struct cfi_file *f = file_of(16);
	char path[512], other[512];

	cfi_add_build_id(f, 1);
	depth_of(f);
	ck_assert_int_eq(count_files(path, sizeof(path)), 1);
	f = file_of(32);
	cfi_add_build_id(f, 2);
	strcpy(other, path);
	memcpy(strrchr(other, '.') - 2, "02", 2);
	ck_assert_int_eq(rename(path, other), 0);
	ck_assert_int_eq(depth_of(f), 32);
}
END_TEST

START_TEST(a_directory_that_others_may_write_is_not_used)
{
	struct cfi_file *f = file_of(16);
	char path[512];

	cfi_add_build_id(f, 1);
	snprintf(path, sizeof(path), "%s/hwprof", dir);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	ck_assert_int_eq(mkdir(cache, 0700), 0);
	ck_assert_int_eq(chmod(cache, 0777), 0);
	ck_assert_int_eq(depth_of(f), 16);
	ck_assert_int_eq(count_files(path, sizeof(path)), 0);
	ck_assert_int_eq(hw_rows_cache_trim(cache, 0), -EPERM);
	ck_assert_int_eq(chmod(cache, 0755), 0);
	ck_assert_int_eq(depth_of(f), 16);
	ck_assert_int_eq(count_files(path, sizeof(path)), 1);
}
END_TEST

START_TEST(a_directory_that_cannot_be_made_is_no_error)
{
	struct hw_module *m = cfi_open(file_of(16));

	ck_assert_int_eq(depth_by(m, "/proc/no/such"), 16);
	ck_assert_int_eq(depth_by(m, "/dev/null"), 16);
	ck_assert_int_eq(depth_by(m, NULL), 16);
	hw_module_free(m);
	ck_assert_int_eq(hw_rows_cache_trim("/proc/no/such", 0), 0);
}
END_TEST

START_TEST(a_link_in_place_of_an_entry_is_not_followed)
{
	struct cfi_file *f = file_of(16);
	char path[512], target[512];

	cfi_add_build_id(f, 1);
	depth_of(f);
	ck_assert_int_eq(count_files(path, sizeof(path)), 1);
	snprintf(target, sizeof(target), "%s/target", dir);
	ck_assert_int_eq(rename(path, target), 0);
	ck_assert_int_eq(symlink(target, path), 0);
	f = file_of(32);
	cfi_add_build_id(f, 1);
	ck_assert_int_eq(depth_of(f), 32);
}
END_TEST

static struct hw_module *write_and_open(const struct cfi_file *f, const char *path, time_t changed)
{
	const struct timespec times[2] = { { .tv_sec = changed }, { .tv_sec = changed } };
	hw_autoclose int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0700);
	struct hw_module *m;

	ck_assert_int_eq(write(fd, f, sizeof(*f)), sizeof(*f));
	ck_assert_int_eq(futimens(fd, times), 0);
	ck_assert_int_eq(hw_module_open(path, path, &m), 0);
	return m;
}

START_TEST(a_file_without_build_id_is_known_by_its_inode_and_time)
{
	struct hw_module *m;
	char path[128], entry[512];

	snprintf(path, sizeof(path), "%s/program", dir);
	m = write_and_open(file_of(16), path, 1000);
	ck_assert_int_eq(depth_by(m, cache), 16);
	hw_module_free(m);
	m = write_and_open(file_of(32), path, 1000);
	ck_assert_int_eq(depth_by(m, cache), 16);
	hw_module_free(m);
	m = write_and_open(file_of(32), path, 1001);
	ck_assert_int_eq(depth_by(m, cache), 32);
	hw_module_free(m);
	ck_assert_int_eq(count_files(entry, sizeof(entry)), 2);
	ck_assert_int_eq(depth_of(file_of(48)), 48); /* from memory: by nothing */
	ck_assert_int_eq(count_files(entry, sizeof(entry)), 2);
}
END_TEST

START_TEST(what_was_not_used_for_longest_is_removed_first)
{
	const struct timespec long_ago[2] = { { .tv_sec = 1000 }, { .tv_sec = 1000 } };
	struct cfi_file *f = file_of(16);
	char path[512], foreign[512];
	struct stat st;

	cfi_add_build_id(f, 1);
	depth_of(f);
	ck_assert_int_eq(count_files(path, sizeof(path)), 1);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_eq(utimensat(AT_FDCWD, path, long_ago, 0), 0);
	cfi_add_build_id(f, 2);
	depth_of(f);
	cfi_add_build_id(f, 1);
	depth_of(f); /* now used last */
	memcpy(strrchr(path, '.') - 2, "02", 2);
	ck_assert_int_eq(utimensat(AT_FDCWD, path, long_ago, 0), 0);
	snprintf(foreign, sizeof(foreign), "%s/notes", cache);
	ck_assert_int_eq(close(open(foreign, O_CREAT | O_WRONLY, 0600)), 0);

	ck_assert_int_eq(hw_rows_cache_trim(cache, (uint64_t)st.st_size * 2), 0);
	ck_assert_int_eq(access(path, F_OK), 0);
	ck_assert_int_eq(hw_rows_cache_trim(cache, (uint64_t)st.st_size * 2 - 1), 0);
	ck_assert_int_eq(access(path, F_OK), -1);
	memcpy(strrchr(path, '.') - 2, "01", 2);
	ck_assert_int_eq(access(path, F_OK), 0);
	ck_assert_int_eq(hw_rows_cache_trim(cache, 0), 0);
	ck_assert_int_eq(access(path, F_OK), -1);
	ck_assert_int_eq(access(foreign, F_OK), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("cache");
	TCase *tc = tcase_create("cache");

	tcase_set_timeout(tc, 100);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_file_is_read_once);
	tcase_add_test(tc, a_damaged_entry_is_made_anew);
	tcase_add_test(tc, an_entry_under_a_wrong_name_is_not_used);
	tcase_add_test(tc, a_directory_that_others_may_write_is_not_used);
	tcase_add_test(tc, a_directory_that_cannot_be_made_is_no_error);
	tcase_add_test(tc, a_link_in_place_of_an_entry_is_not_followed);
	tcase_add_test(tc, a_file_without_build_id_is_known_by_its_inode_and_time);
	tcase_add_test(tc, what_was_not_used_for_longest_is_removed_first);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
