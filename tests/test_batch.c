/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include <linux/types.h>
#include <string.h>

#include "capture/batch.h"
#include "py/code.h"
#include "target/process.h"

struct two_frames {
	struct hw_raw_sample head;
	struct hw_raw_python python[2];
};

static struct two_frames sample_of(uint32_t pid)
{
	return (struct two_frames){
		.head = { .kind = HW_RAW_SAMPLE, .pid = pid, .n_python = 2 },
		.python = { { .addr = 0x1000 + pid, .kind = HW_RAW_PY_FRAME },
			    { .addr = 0x2000, .kind = HW_RAW_PY_ENTRY } },
	};
}

static const struct hw_py_code first, second;

START_TEST(samples_come_back_as_they_were_with_what_was_added)
{
	hw_auto(hw_batch_done) struct hw_batch batch = { 0 };
	const struct hw_raw_code code = { .kind = HW_RAW_CODE, .pid = 3, .time_ns = 30 };
	struct hw_process_version version = { .refs = 1 };
	struct hw_batch_record record;
	struct hw_taken_sample taken;
	struct two_frames s;
	size_t at = 0;

	for (uint32_t pid = 1; pid <= 2; pid++) {
		s = sample_of(pid);
		hw_batch_append(&batch, &s, sizeof(s));
		hw_batch_append(&batch, &code, sizeof(code));
	}
	for (int i = 0; i < 4; i++) {
		ck_assert(hw_batch_record(&batch, &at, &record));
		ck_assert_uint_eq(record.raw->kind, i % 2 ? HW_RAW_CODE : HW_RAW_SAMPLE);
		if (i % 2)
			continue;
		ck_assert_ptr_null(record.codes[0]);
		ck_assert_ptr_null(*record.version);
		record.codes[0] = i ? &second : &first;
		*record.version = &version;
		version.refs++;
	}
	ck_assert(!hw_batch_record(&batch, &at, &record));
	for (uint32_t pid = 1; pid <= 2; pid++) {
		s = sample_of(pid);
		ck_assert(hw_batch_next(&batch, &taken));
		ck_assert_mem_eq(taken.raw, &s, sizeof(s)); /* no field has come to mean another thing */
		ck_assert_ptr_eq(taken.codes[0], pid == 1 ? &first : &second);
		ck_assert_ptr_null(taken.codes[1]);
		ck_assert_ptr_eq(taken.version, &version);
	}
	ck_assert(!hw_batch_next(&batch, &taken));
	ck_assert_uint_eq(batch.dropped, 0);
	hw_batch_done(&batch);
	ck_assert_uint_eq(version.refs, 1);
}
END_TEST

START_TEST(what_does_not_agree_with_its_size_is_dropped)
{
	hw_auto(hw_batch_done) struct hw_batch batch = { 0 };
	struct hw_taken_sample taken;
	struct two_frames s = sample_of(1);

	hw_batch_append(&batch, &s, sizeof(s) - 1);
	hw_batch_append(&batch, &s, sizeof(s.head));
	hw_batch_append(&batch, &s, 2);
	s.head.n_python = 1;
	hw_batch_append(&batch, &s, sizeof(s));
	s.head.n_python = HW_PYTHON_MAX + 1;
	hw_batch_append(&batch, &s, sizeof(s));
	s = sample_of(1);
	s.head.wait = HW_WALL_CLASSES;
	hw_batch_append(&batch, &s, sizeof(s));
	s = sample_of(1);
	s.head.kind = HW_RAW_CODE;
	hw_batch_append(&batch, &s, sizeof(s));
	ck_assert_uint_eq(batch.dropped, 7);
	ck_assert(!hw_batch_next(&batch, &taken));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("batch");
	TCase *t = tcase_create("batch");

	tcase_add_test(t, samples_come_back_as_they_were_with_what_was_added);
	tcase_add_test(t, what_does_not_agree_with_its_size_is_dropped);
	suite_add_tcase(s, t);
	return run_suite(s);
}
