/* SPDX-License-Identifier: Apache-2.0
 * A profile file. Random bytes would not get past the checksums of its chunks: each chunk of the
 * input is its size, in 2 bytes, and what it holds unpacked. */
#include "fuzz.h"

#include <sys/mman.h>
#include <zstd.h>

#include "profile/file.h"
#include "profile/format.h"

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

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	hw_auto(hw_profile_free) struct hw_profile *p = NULL;
	hw_autoclose int fd = memfd_create("profile", MFD_CLOEXEC);
	uint64_t cut_bytes;
	char path[32];

	fuzz_check(fd >= 0);
	write_profile(fd, (struct fuzz_input){ bytes, size });
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (hw_profile_read(path, &p, &cut_bytes, NULL) == 0)
		follow(p);
	return 0;
}
