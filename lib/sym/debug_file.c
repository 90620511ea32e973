/* SPDX-License-Identifier: Apache-2.0 */
#include "sym/debug_file.h"

#include <elfutils/libdwelf.h>
#include <errno.h>
#include <limits.h>
#include <lzma.h>
#include <string.h>
#include <zlib.h>

#include "base/text.h"

#define INFLATED_MAX_BYTES (2ull << 30)	 /* debug sections, uncompressed, together */
#define CHECKED_MAX_BYTES  (512ul << 20) /* of a file whose checksum is taken: some 0.5 s */
#define MINI_MAX_BYTES	   (64u << 20)
#define MINI_MEMORY_MAX	   (128ull << 20) /* for the dictionary of xz; `xz -9` needs 65 MiB */
#define BUILD_ID_MAX	   64
#define DEBUG_DIR	   "/usr/lib/debug"

bool hw_debug_file_readable(Elf *elf)
{
	uint64_t inflated = 0;
	Elf_Scn *scn = NULL;
	GElf_Shdr shdr;

	while ((scn = elf_nextscn(elf, scn))) {
		const char *name = hw_elf_section_name(elf, scn, &shdr);
		GElf_Chdr chdr;

		if (name && !strncmp(name, ".zdebug_", strlen(".zdebug_")))
			return false;
		if (!name || !(shdr.sh_flags & SHF_COMPRESSED))
			continue;
		if (!gelf_getchdr(scn, &chdr) ||
		    __builtin_add_overflow(inflated, chdr.ch_size, &inflated) ||
		    inflated > INFLATED_MAX_BYTES)
			return false;
	}
	return true;
}

/* What tells the right file: an equal build-id, or the checksum of a link. */
struct proof {
	const void *build_id;
	ssize_t build_id_size; /* 0: see crc */
	uint32_t crc;
};

static bool is_right(const struct proof *proof, Elf *elf)
{
	const void *build_id;
	size_t size;
	const char *bytes;

	if (proof->build_id_size > 0)
		return dwelf_elf_gnu_build_id(elf, &build_id) == proof->build_id_size &&
		       !memcmp(build_id, proof->build_id, (size_t)proof->build_id_size);
	bytes = elf_rawfile(elf, &size);
	return bytes && size <= CHECKED_MAX_BYTES &&
	       crc32(0, (const Bytef *)bytes, (uInt)size) == proof->crc;
}

/* Opens @path, which it frees; NULL: no memory for it. Returns 0, -ENOENT when it is not there or
 * not the right one, -EBADMSG when it is but must not be read. */
static int open_proven(const struct proof *proof, char *path, struct hw_elf_file *ret)
{
	hw_auto(hw_elf_file_done) struct hw_elf_file f = HW_ELF_FILE_NONE;
	hw_autofree char *owned = path;

	if (!owned || hw_elf_file_open(owned, &f) < 0 || !is_right(proof, f.elf))
		return -ENOENT;
	if (!hw_debug_file_readable(f.elf))
		return -EBADMSG;
	*ret = f;
	f = HW_ELF_FILE_NONE;
	return 0;
}

static int find_by_build_id(const struct proof *proof, const char *root, struct hw_elf_file *ret)
{
	const unsigned char *id = proof->build_id;
	char hex[2 * BUILD_ID_MAX + 1] = "", *path;

	if (proof->build_id_size < 2 || proof->build_id_size > BUILD_ID_MAX)
		return -ENOENT;
	for (ssize_t i = 0; i < proof->build_id_size; i++)
		snprintf(hex + 2 * i, 3, "%02x", id[i]);
	path = hw_text("%s" DEBUG_DIR "/.build-id/%.2s/%s.debug", root, hex, hex + 2);
	return open_proven(proof, path, ret);
}

static int find_by_link(const struct proof *proof, const char *root, const char *name,
			const char *link, struct hw_elf_file *ret)
{
	static const char *const places[][2] = {
		{ "", "" },
		{ "", "/.debug" },
		{ DEBUG_DIR, "" },
	};
	const char *slash = strrchr(name, '/');

	if (!slash || !*link || strchr(link, '/'))
		return -ENOENT;
	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		char *path = hw_text("%s%s%.*s%s/%s", root, places[i][0], (int)(slash - name), name,
				     places[i][1], link);

		if (!open_proven(proof, path, ret))
			return 0;
	}
	return -ENOENT;
}

int hw_debug_file_find(Elf *elf, const char *name, const char *root, struct hw_elf_file *ret)
{
	const char *const roots[] = { root, "" };
	struct proof proof = { 0 };
	const char *link = dwelf_elf_gnu_debuglink(elf, &proof.crc);

	proof.build_id_size = dwelf_elf_gnu_build_id(elf, &proof.build_id);
	for (size_t i = *root ? 0 : 1; i < 2; i++)
		if (!find_by_build_id(&proof, roots[i], ret) ||
		    (link && !find_by_link(&proof, roots[i], name, link, ret)))
			return 0;
	return -ENOENT;
}

int hw_debug_file_fetch(Elf *elf, struct hw_debuginfod *servers, struct hw_elf_file *ret)
{
	hw_auto(hw_elf_file_done) struct hw_elf_file f = HW_ELF_FILE_NONE;
	struct proof proof = { 0 };
	int fd, r;

	proof.build_id_size = dwelf_elf_gnu_build_id(elf, &proof.build_id);
	if (proof.build_id_size <= 0)
		return -ENOENT;
	fd = hw_debuginfod_find(servers, proof.build_id, (size_t)proof.build_id_size);
	r = fd < 0 ? fd : hw_elf_file_adopt(fd, &f);
	if (r < 0)
		return r;
	if (!is_right(&proof, f.elf) || !hw_debug_file_readable(f.elf))
		return -EBADMSG;
	*ret = f;
	f = HW_ELF_FILE_NONE;
	return 0;
}

/* The section holds the file's name with its zero, then its build-id. */
static const char *read_common_link(Elf *elf, struct proof *ret)
{
	GElf_Shdr shdr;
	Elf_Scn *scn = hw_elf_section(elf, ".gnu_debugaltlink", &shdr);
	Elf_Data *data = scn ? elf_rawdata(scn, NULL) : NULL;
	const char *name = data ? data->d_buf : NULL;
	size_t length = name ? strnlen(name, data->d_size) : 0;

	if (!length || length + 1 >= data->d_size)
		return NULL;
	*ret = (struct proof){ .build_id = name + length + 1,
			       .build_id_size = (ssize_t)(data->d_size - length - 1) };
	return name;
}

/* The path @name, which may be relative to the folder of @debug. */
static char *path_beside(const struct hw_elf_file *debug, const char *name)
{
	char self[32], folder[PATH_MAX];
	ssize_t n;

	if (*name == '/')
		return strdup(name);
	snprintf(self, sizeof(self), "/proc/self/fd/%d", debug->fd);
	n = readlink(self, folder, sizeof(folder));
	while (n > 0 && folder[n - 1] != '/')
		n--;
	return n > 0 ? hw_text("%.*s%s", (int)n, folder, name) : NULL;
}

int hw_debug_file_common(const struct hw_elf_file *debug, struct hw_elf_file *ret)
{
	struct proof proof;
	const char *name = read_common_link(debug->elf, &proof);
	int r;

	if (!name)
		return 1;
	r = find_by_build_id(&proof, "", ret);
	if (r == -ENOENT)
		r = open_proven(&proof, path_beside(debug, name), ret);
	return r == -ENOENT ? 1 : r;
}

/* Unpacks @in; *ret_size is that of what comes out, which the caller frees. */
static int unpack(const Elf_Data *in, uint8_t **ret, size_t *ret_size)
{
	lzma_stream xz = LZMA_STREAM_INIT;
	hw_autofree uint8_t *out = NULL;
	lzma_ret state = lzma_stream_decoder(&xz, MINI_MEMORY_MAX, 0);
	size_t size = 0;

	xz.next_in = in->d_buf;
	xz.avail_in = in->d_size;
	while (state == LZMA_OK && !xz.avail_out && size < MINI_MAX_BYTES) {
		size_t grown = size ? 2 * size : 1u << 16;
		uint8_t *more = realloc(out, grown);

		if (!more) {
			state = LZMA_MEM_ERROR;
			break;
		}
		out = more;
		xz.next_out = out + size;
		xz.avail_out = grown - size;
		size = grown;
		state = lzma_code(&xz, LZMA_FINISH);
	}
	*ret_size = xz.total_out;
	lzma_end(&xz);
	if (state == LZMA_STREAM_END)
		*ret = hw_take_ptr(out);
	else if (state == LZMA_MEM_ERROR)
		return -ENOMEM;
	else
		return state == LZMA_OK && size >= MINI_MAX_BYTES ? -EFBIG : -EBADMSG;
	return 0;
}

int hw_debug_file_mini(Elf *elf, struct hw_elf_file *ret)
{
	GElf_Shdr shdr;
	Elf_Scn *scn = hw_elf_section(elf, ".gnu_debugdata", &shdr);
	Elf_Data *data = scn ? elf_rawdata(scn, NULL) : NULL;
	uint8_t *bytes;
	size_t size;
	int r;

	if (!data || !data->d_buf)
		return -ENOENT;
	r = unpack(data, &bytes, &size);
	return r < 0 ? r : hw_elf_file_memory(bytes, size, ret);
}
