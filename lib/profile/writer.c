/* SPDX-License-Identifier: Apache-2.0
 * The half of profile/file.h that writes. */
#include "profile/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <zstd.h>

#include "base/array.h"
#include "base/io.h"
#include "base/log.h"
#include "base/text.h"
#include "profile/format.h"
#include "profile/session.h"

#define ZSTD_LEVEL 3

struct buffer {
	unsigned char *bytes;
	size_t size, cap;
};

static int append_bytes(struct buffer *b, const void *bytes, size_t size)
{
	int r = hw_reserve(b->bytes, b->cap, b->size + size);

	if (r < 0)
		return r;
	if (size)
		memcpy(b->bytes + b->size, bytes, size);
	b->size += size;
	return 0;
}

/* How far a profile has been written: per table the next number, and the next sample. */
struct position {
	uint32_t entries[HW_SECTION_TABLES];
	size_t samples;
};

struct hw_profile_writer {
	char *path, *temp_path; /* temp_path: until the rename after the first chunk; else NULL */
	int fd;
	uint64_t size; /* of the whole chunks in the file */
	bool stream;   /* not a regular file: nothing to rename or to cut */
	struct position done;
	char *session; /* the JSON text last written */
	ZSTD_CCtx *zstd;
	struct buffer payload, packed;
};

/* A device or a pipe is written as it is; a rename would replace /dev/null by a file. */
static int open_output(struct hw_profile_writer *w)
{
	struct stat st;

	if (stat(w->path, &st) == 0 && !S_ISREG(st.st_mode)) {
		w->stream = true;
		w->fd = open(w->path, O_WRONLY | O_CLOEXEC);
		return w->fd < 0 ? -errno : 0;
	}
	w->temp_path = hw_text("%s.XXXXXX", w->path);
	if (!w->temp_path)
		return -ENOMEM;
	w->fd = mkostemp(w->temp_path, O_CLOEXEC); /* mode 0600 */
	if (w->fd < 0) {
		int r = -errno;

		free(hw_take_ptr(w->temp_path));
		return r;
	}
	return 0;
}

int hw_profile_writer_open(const char *path, struct hw_profile_writer **ret)
{
	hw_auto(hw_profile_writer_free) struct hw_profile_writer *w = calloc(1, sizeof(*w));
	int r;

	if (!w)
		return -ENOMEM;
	w->fd = -1;
	w->path = strdup(path);
	w->zstd = ZSTD_createCCtx();
	if (!w->path || !w->zstd)
		return -ENOMEM;
	ZSTD_CCtx_setParameter(w->zstd, ZSTD_c_compressionLevel, ZSTD_LEVEL);
	ZSTD_CCtx_setParameter(w->zstd, ZSTD_c_checksumFlag, 1);
	for (size_t i = 0; i < HW_SECTION_TABLES; i++)
		w->done.entries[i] = hw_section_tables[i].first;
	r = open_output(w);
	if (r < 0)
		return r;
	*ret = hw_take_ptr(w);
	return 0;
}

struct hw_profile_writer *hw_profile_writer_free(struct hw_profile_writer *w)
{
	if (!w)
		return NULL;
	if (w->fd >= 0)
		close(w->fd);
	if (w->temp_path)
		unlink(w->temp_path);
	free(w->temp_path);
	free(w->path);
	free(w->session);
	free(w->payload.bytes);
	free(w->packed.bytes);
	ZSTD_freeCCtx(w->zstd);
	free(w);
	return NULL;
}

static int append_section(struct buffer *b, enum hw_section_kind kind, const void *bytes,
			  size_t size)
{
	struct hw_section_head head = { kind, (uint32_t)size };
	int r = append_bytes(b, &head, sizeof(head));

	return r < 0 ? r : append_bytes(b, bytes, size);
}

/* Appends the entries from *@next on until the chunk is full, and moves *@next on. */
static int append_table(struct buffer *b, const struct hw_profile *p,
			const struct hw_section_table *t, uint32_t *next)
{
	const struct hw_intern *entries = hw_section_entries(p, t);
	size_t head = b->size;
	uint32_t size;
	int r;

	if (*next >= hw_intern_count(entries) || b->size >= HW_CHUNK_TARGET_BYTES)
		return 0;
	r = append_section(b, t->kind, NULL, 0);
	while (r >= 0 && *next < hw_intern_count(entries) && b->size < HW_CHUNK_TARGET_BYTES) {
		size_t entry_size = 0;
		const void *bytes = hw_intern_get(entries, *next, &entry_size);
		uint32_t n = (uint32_t)(entry_size / t->unit);

		if (t->counted)
			r = append_bytes(b, &n, sizeof(n));
		if (r >= 0)
			r = append_bytes(b, bytes, entry_size);
		(*next)++;
	}
	if (r < 0)
		return r;
	/* How long the section is, is known only now. */
	size = (uint32_t)(b->size - head - sizeof(struct hw_section_head));
	memcpy(b->bytes + head + offsetof(struct hw_section_head, size), &size, sizeof(size));
	return 0;
}

static int append_samples(struct buffer *b, const struct hw_profile *p, size_t *next)
{
	size_t n = p->n_samples - *next, room;
	int r;

	if (!n || b->size >= HW_CHUNK_TARGET_BYTES)
		return 0;
	/* One more than fits: every chunk that is not full yet takes a sample, or none ever might. */
	room = (HW_CHUNK_TARGET_BYTES - b->size) / sizeof(p->samples[0]) + 1;
	if (n > room)
		n = room;
	r = append_section(b, HW_SECTION_SAMPLES, p->samples + *next, n * sizeof(p->samples[0]));
	if (r < 0)
		return r;
	*next += n;
	return 0;
}

static int append_chunk(struct hw_profile_writer *w, const struct hw_profile *p,
			const char *session, struct position *next)
{
	struct buffer *b = &w->payload;
	int r = 0;

	b->size = 0;
	if (session)
		r = append_section(b, HW_SECTION_SESSION, session, strlen(session));
	for (size_t i = 0; r >= 0 && i < HW_SECTION_TABLES; i++)
		r = append_table(b, p, &hw_section_tables[i], &next->entries[i]);
	/* Only behind all that they refer to: a full chunk leaves them to the next. */
	return r < 0 ? r : append_samples(b, p, &next->samples);
}

static int pack(struct hw_profile_writer *w)
{
	const struct hw_file_header header = {
		.magic = HW_FILE_MAGIC,
		.size = sizeof(header) - offsetof(struct hw_file_header, name),
		.name = "hwprof",
		.version = HW_PROFILE_VERSION,
	};
	struct buffer *out = &w->packed;
	size_t bound = ZSTD_compressBound(w->payload.size), n;

	out->size = 0;
	/* The header comes with the first chunk: there is never a file of a header alone. */
	if (!w->size && append_bytes(out, &header, sizeof(header)) < 0)
		return -ENOMEM;
	if (hw_reserve(out->bytes, out->cap, out->size + bound) < 0)
		return -ENOMEM;
	n = ZSTD_compress2(w->zstd, out->bytes + out->size, bound, w->payload.bytes,
			   w->payload.size);
	if (ZSTD_isError(n)) {
		log_debug("zstd: %s", ZSTD_getErrorName(n));
		return -ENOMEM; /* the buffer is large enough: nothing else can fail */
	}
	out->size += n;
	return 0;
}

/* The file gets its name with its first whole chunk: until then a file of that name is the one of
 * before. What was written of a chunk that failed (no space, mostly) is cut off again, so that the
 * next one follows a whole one; a reader takes a chunk that ends too early for the end. */
static int write_chunk(struct hw_profile_writer *w)
{
	int r = pack(w);

	if (r < 0)
		return r;
	r = hw_write_all(w->fd, w->packed.bytes, w->packed.size);
	if (r >= 0 && w->temp_path && rename(w->temp_path, w->path) < 0)
		r = -errno;
	if (r < 0) {
		if (!w->stream && (ftruncate(w->fd, (off_t)w->size) < 0 ||
				   lseek(w->fd, (off_t)w->size, SEEK_SET) < 0))
			log_debug("%s: cannot cut the unfinished chunk: %m", w->path);
		return r;
	}
	free(hw_take_ptr(w->temp_path));
	w->size += w->packed.size;
	return 0;
}

static bool all_written(const struct hw_profile *p, const struct position *done)
{
	for (size_t i = 0; i < HW_SECTION_TABLES; i++)
		if (done->entries[i] <
		    hw_intern_count(hw_section_entries(p, &hw_section_tables[i])))
			return false;
	return done->samples == p->n_samples;
}

/* Writes chunk after chunk; w->done moves on with each. */
static int write_chunks(struct hw_profile_writer *w, const struct hw_profile *p)
{
	hw_autofree char *session = NULL;
	int r = hw_session_to_json(&p->session, &session);
	bool session_due = r >= 0 && (!w->session || strcmp(session, w->session) != 0);

	while (r >= 0 && (session_due || !all_written(p, &w->done))) {
		struct position next = w->done;

		r = append_chunk(w, p, session_due ? session : NULL, &next);
		if (r >= 0)
			r = write_chunk(w);
		if (r < 0)
			return r;
		w->done = next;
		if (session_due) {
			free(w->session);
			w->session = hw_take_ptr(session);
			session_due = false;
		}
	}
	return r;
}

int hw_profile_flush(struct hw_profile_writer *w, struct hw_profile *p)
{
	int r = write_chunks(w, p);

	/* After a failure this keeps what is not in the file, and only that. */
	p->n_samples -= w->done.samples;
	if (p->n_samples)
		memmove(p->samples, p->samples + w->done.samples,
			p->n_samples * sizeof(p->samples[0]));
	w->done.samples = 0;
	return r;
}
