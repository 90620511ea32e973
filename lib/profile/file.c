/* SPDX-License-Identifier: Apache-2.0
 * The half of profile/file.h that reads: nothing in a file is believed before it is checked. */
#include "profile/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "base/array.h"
#include "base/io.h"
#include "base/log.h"
#include "profile/format.h"
#include "profile/session.h"

struct file_reader {
	struct hw_profile *profile;
	unsigned char *bytes; /* the file from its first chunk on, owned */
	size_t size, cap, pos;
	uint64_t unpacked, period_sum;
	ZSTD_DCtx *zstd;
};

static int read_session(struct file_reader *rd, const void *bytes, size_t size)
{
	hw_auto(hw_session_done) struct hw_session s = { 0 };
	struct hw_session old;
	int r = hw_session_from_json(bytes, size, &s);

	if (r < 0)
		return r;
	old = rd->profile->session;
	if (s.n_events < old.n_events) /* samples refer to them already */
		return -EBADMSG;
	rd->profile->session = s;
	s = old;
	return 0;
}

static int read_table(struct hw_profile *p, const struct hw_section_table *t,
		      const unsigned char *bytes, size_t size)
{
	size_t at = 0;

	while (at < size) {
		uint32_t n = 1, id;
		size_t entry_size;
		int r;

		if (t->counted) {
			if (size - at < sizeof(n))
				return -EBADMSG;
			memcpy(&n, bytes + at, sizeof(n));
			at += sizeof(n);
		}
		if (n > t->max || n * t->unit > size - at)
			return -EBADMSG;
		entry_size = n * t->unit;
		if (!t->valid(p, bytes + at, entry_size))
			return -EBADMSG;
		r = hw_intern_add(hw_section_entries(p, t), bytes + at, entry_size, &id);
		if (r <= 0) /* a second copy would shift the numbers of those behind it */
			return r < 0 ? r : -EBADMSG;
		at += entry_size;
	}
	return 0;
}

static bool valid_sample(const struct hw_profile *p, const struct hw_sample *s)
{
	const uint32_t wait_class = 0xffu << HW_SAMPLE_WAIT_SHIFT;
	const uint32_t known_flags = HW_SAMPLE_TRUNCATED | HW_SAMPLE_GIL_WANTED | wait_class |
				     3u << HW_SAMPLE_FAULT_SHIFT;

	return s->stack < hw_intern_count(p->stacks) && s->task < hw_intern_count(p->tasks) &&
	       s->event < p->session.n_events && !(s->flags & ~known_flags) &&
	       (s->flags & wait_class) >> HW_SAMPLE_WAIT_SHIFT < HW_WALL_CLASSES;
}

static int read_samples(struct file_reader *rd, const unsigned char *bytes, size_t size)
{
	struct hw_profile *p = rd->profile;
	struct hw_sample s;

	if (size % sizeof(s))
		return -EBADMSG;
	for (size_t at = 0; at < size; at += sizeof(s)) {
		int r;

		memcpy(&s, bytes + at, sizeof(s));
		/* The sum over all fits, so that no report has to ask whether a part does. */
		if (!valid_sample(p, &s) ||
		    __builtin_add_overflow(rd->period_sum, s.period, &rd->period_sum))
			return -EBADMSG;
		r = hw_profile_sample(p, &s);
		if (r < 0)
			return r;
	}
	return 0;
}

static int read_section(struct file_reader *rd, uint32_t kind, const unsigned char *bytes,
			size_t size)
{
	if (kind == HW_SECTION_SESSION)
		return read_session(rd, bytes, size);
	if (kind == HW_SECTION_SAMPLES)
		return read_samples(rd, bytes, size);
	for (size_t i = 0; i < HW_SECTION_TABLES; i++)
		if (kind == hw_section_tables[i].kind)
			return read_table(rd->profile, &hw_section_tables[i], bytes, size);
	return -EBADMSG;
}

static int read_payload(struct file_reader *rd, const unsigned char *bytes, size_t size)
{
	size_t at = 0;

	while (at < size) {
		struct hw_section_head head;
		int r;

		if (size - at < sizeof(head))
			return -EBADMSG;
		memcpy(&head, bytes + at, sizeof(head));
		at += sizeof(head);
		if (head.size > size - at)
			return -EBADMSG;
		r = read_section(rd, head.kind, bytes + at, head.size);
		if (r < 0)
			return r;
		at += head.size;
	}
	return 0;
}

/* The packed size of the next chunk, and in *ret_size its unpacked one; -ENODATA when it is
 * unfinished. */
static int next_chunk(const struct file_reader *rd, size_t *ret_packed, size_t *ret_size)
{
	const unsigned char *at = rd->bytes + rd->pos;
	size_t packed = ZSTD_findFrameCompressedSize(at, rd->size - rd->pos);
	unsigned long long size;

	if (ZSTD_isError(packed))
		return ZSTD_getErrorCode(packed) == ZSTD_error_srcSize_wrong ? -ENODATA : -EBADMSG;
	size = ZSTD_getFrameContentSize(at, packed);
	if (!size || size > HW_CHUNK_MAX_BYTES) /* unknown and malformed are huge numbers */
		return -EBADMSG;
	if (size > HW_FILE_MAX_BYTES - rd->unpacked)
		return -EBADMSG;
	*ret_packed = packed;
	*ret_size = (size_t)size;
	return 0;
}

static int read_chunk(struct file_reader *rd)
{
	size_t n_samples = rd->profile->n_samples, packed = 0, size = 0, n;
	hw_autofree unsigned char *payload = NULL;
	int r = next_chunk(rd, &packed, &size);

	if (r < 0)
		return r;
	payload = malloc(size);
	if (!payload)
		return -ENOMEM;
	n = ZSTD_decompressDCtx(rd->zstd, payload, size, rd->bytes + rd->pos, packed);
	if (n != size) {
		log_debug("chunk at byte %zu: %s", rd->pos, ZSTD_getErrorName(n));
		return -EBADMSG;
	}
	r = read_payload(rd, payload, size);
	if (r < 0) {
		rd->profile->n_samples = n_samples; /* all of a chunk or nothing */
		return r;
	}
	rd->pos += packed;
	rd->unpacked += size;
	return 0;
}

static int read_chunks(struct file_reader *rd)
{
	int r = -ENODATA;

	while (rd->pos < rd->size) {
		r = read_chunk(rd);
		if (r < 0)
			break;
	}
	if (r == -ENOMEM || !rd->pos)
		return r;
	return 0;
}

static int read_header(int fd, uint32_t *ret_version)
{
	struct hw_file_header h;
	ssize_t n = hw_read_full(fd, &h, sizeof(h));

	if (n < 0)
		return (int)n;
	if (n < (ssize_t)sizeof(h) || h.magic != HW_FILE_MAGIC || memcmp(h.name, "hwprof\0", 8) ||
	    h.size != sizeof(h) - offsetof(struct hw_file_header, name))
		return -EBADMSG;
	if (h.version != HW_PROFILE_VERSION) {
		if (ret_version)
			*ret_version = h.version;
		return -EPROTONOSUPPORT;
	}
	return 0;
}

/* Reads the rest of the file into memory: a chunk can be found only from the end of the last. */
static int read_rest(int fd, struct file_reader *rd)
{
	const size_t step = 1 << 16;

	for (;;) {
		ssize_t n;

		if (rd->size > HW_FILE_MAX_BYTES)
			return -EFBIG;
		if (hw_reserve(rd->bytes, rd->cap, rd->size + step) < 0)
			return -ENOMEM;
		n = hw_read_full(fd, rd->bytes + rd->size, step);
		if (n <= 0)
			return (int)n;
		rd->size += (size_t)n;
	}
}

static int read_file(struct file_reader *rd, const char *path, uint32_t *ret_version)
{
	hw_autoclose int fd = -1;
	int r;

	fd = strcmp(path, "-") ? open(path, O_RDONLY | O_CLOEXEC)
			       : fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	r = read_header(fd, ret_version);
	if (r >= 0)
		r = read_rest(fd, rd);
	return r < 0 ? r : read_chunks(rd);
}

int hw_profile_read(const char *path, const struct hw_profile **ret, uint64_t *ret_cut_bytes,
		    uint32_t *ret_version)
{
	hw_auto(hw_profile_free) struct hw_profile *p = hw_profile_new();
	struct file_reader rd = { .profile = p, .zstd = ZSTD_createDCtx() };
	int r = p && rd.zstd ? read_file(&rd, path, ret_version) : -ENOMEM;

	ZSTD_freeDCtx(rd.zstd);
	free(rd.bytes);
	if (r < 0)
		return r;
	*ret_cut_bytes = rd.size - rd.pos;
	*ret = hw_take_ptr(p);
	return 0;
}

const struct hw_profile *hw_profile_close(const struct hw_profile *p)
{
	return hw_profile_free((struct hw_profile *)(uintptr_t)p); /* it was made here */
}
