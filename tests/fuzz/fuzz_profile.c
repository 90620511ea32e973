/* SPDX-License-Identifier: Apache-2.0
 * A profile file, and all that is shown of one. Random bytes would not get past the checksums of its
 * chunks: each chunk of the input is its size, in 2 bytes, and what it holds unpacked. */
#include "fuzz.h"

#include <errno.h>
#include <sys/mman.h>
#include <zstd.h>

#include "bound/diagnosis.h"
#include "bound/faults.h"
#include "profile/file.h"
#include "profile/format.h"
#include "report/clock_text.h"
#include "report/memory_print.h"
#include "report/table_json.h"
#include "report/text.h"
#include "report/tree_text.h"
#include "report/triage.h"
#include "view/gil.h"

static void write_all(int fd, const void *bytes, size_t size)
{
	fuzz_check(write(fd, bytes, size) == (ssize_t)size);
}

static void write_chunk(int fd, ZSTD_CCtx *zstd, const uint8_t *bytes, size_t size)
{
	static uint8_t packed[1 << 17];
	size_t n = ZSTD_compress2(zstd, packed, sizeof(packed), bytes, size);

	fuzz_check(!ZSTD_isError(n));
	write_all(fd, packed, n);
}

static void write_profile(int fd, struct fuzz_input in)
{
	const struct hw_file_header header = {
		.magic = HW_FILE_MAGIC, .size = 12, .name = "hwprof", .version = HW_PROFILE_VERSION
	};
	static ZSTD_CCtx *zstd; /* is dear to make */

	if (!zstd)
		zstd = ZSTD_createCCtx();
	fuzz_check(zstd);
	ZSTD_CCtx_setParameter(zstd, ZSTD_c_checksumFlag, 1);
	ZSTD_CCtx_setParameter(zstd, ZSTD_c_compressionLevel, -5);
	write_all(fd, &header, sizeof(header));
	while (in.size) {
		uint16_t size;
		size_t n;

		fuzz_take(&in, &size, sizeof(size));
		n = size < in.size ? size : in.size;
		write_chunk(fd, zstd, in.at, n);
		in.at += n;
		in.size -= n;
	}
}

/* What reports do: from each sample to its names. */
static void follow(const struct hw_profile *p)
{
	for (size_t i = 0; i < p->n_samples; i++) {
		const struct hw_sample *s = &p->samples[i];
		const uint32_t *frames;
		size_t n;

		fuzz_check(s->event < p->session.n_events && p->session.events[s->event].name);
		fuzz_check(hw_profile_str(p, hw_profile_get_task(p, s->task)->comm));
		frames = hw_profile_get_stack(p, s->stack, &n);
		for (size_t k = 0; k < n; k++) {
			const struct hw_frame *f = hw_profile_get_frame(p, frames[k]);

			fuzz_check(hw_profile_str(p, f->name) && hw_profile_str(p, f->file));
			fuzz_check(hw_profile_str(p, hw_profile_get_module(p, f->module)->path));
		}
	}
}

static void show_boundness(FILE *f, const struct hw_profile *p)
{
	static const struct hw_style plain;
	hw_auto(hw_diagnosis_done) struct hw_diagnosis d = { 0 };

	if (hw_diagnose(p, &d) < 0)
		return;
	fuzz_check(hw_triage_print(f, p, &d, &plain) == 0);
	fuzz_check(hw_triage_print_json(f, p, &d) == 0);
}

static void show_memory(FILE *f, const struct hw_profile *p)
{
	hw_auto(hw_faults_done) struct hw_faults faults = { 0 };
	struct hw_memory_text text = { .profile = p, .faults = &faults };

	if (hw_faults_find(p, &(struct hw_faults_opts){ 0 }, &faults) == 0)
		fuzz_check(hw_memory_print(f, &text) == 0);
	hw_memory_json_print(f, p, false, 0);
}

static void show_table(FILE *f, const struct hw_view *v, enum hw_by by,
		       const struct hw_gil_view *gil)
{
	hw_auto(hw_table_done) struct hw_table table = { 0 };
	struct hw_table_opts opts = { .by = by };
	struct hw_text text = { .view = v, .table = &table, .by = by, .gil = gil };
	struct hw_table_json_opts json = { .table = opts, .gil = gil };

	fuzz_check(hw_table_build(v, &opts, &table) == 0);
	hw_text_head(f, &text);
	fuzz_check(hw_text_list(f, &text) == 0);
	if (hw_view_has_waits(v))
		hw_clock_text_below(f, &text);
	hw_text_notes(f, &text);
	fuzz_check(hw_table_json_print(f, v, &json) == 0);
}

static void show_tree(FILE *f, const struct hw_view *v)
{
	static const struct hw_style plain;
	hw_auto(hw_tree_done) struct hw_tree tree = { 0 };
	struct hw_tree_opts opts = { .style = plain, .unit = v->unit };

	fuzz_check(hw_tree_build(v, &tree) == 0);
	fuzz_check(hw_tree_print(f, &tree, &opts) == 0);
}

static void show_view(FILE *f, const struct hw_profile *p, enum hw_clock clock, enum hw_by by)
{
	struct hw_view_opts opts = { .clock = clock };
	hw_auto(hw_view_done) struct hw_view v = { 0 };
	hw_auto(hw_gil_view_done) struct hw_gil_view gil = { 0 };

	if (clock != HW_CLOCK_CPU)
		opts.event = hw_clock_cpu_event(p);
	if (hw_view_make(p, &opts, &v) < 0)
		return;
	if (hw_view_has_waits(&v))
		fuzz_check(hw_gil_view(&v, &gil) == 0);
	show_table(f, &v, by, &gil);
	show_tree(f, &v);
}

static void show(const struct hw_profile *p)
{
	static FILE *f;

	if (!f)
		f = fopen("/dev/null", "w");
	fuzz_check(f);
	show_boundness(f, p);
	show_memory(f, p);
	if (!p->session.n_events)
		return;
	show_view(f, p, HW_CLOCK_CPU, HW_BY_FUNCTION);
	show_view(f, p, HW_CLOCK_WALL, HW_BY_LINE);
	show_view(f, p, HW_CLOCK_BLOCKED, HW_BY_THREAD);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	hw_auto(hw_profile_close) const struct hw_profile *p = NULL;
	hw_autoclose int fd = memfd_create("profile", MFD_CLOEXEC);
	uint64_t cut_bytes;
	char path[32];

	fuzz_check(fd >= 0);
	write_profile(fd, (struct fuzz_input){ bytes, size });
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (hw_profile_read(path, &p, &cut_bytes, NULL) < 0)
		return 0;
	follow(p);
	show(p);
	return 0;
}
