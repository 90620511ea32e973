/* SPDX-License-Identifier: Apache-2.0 */
#include "py/code.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

/* The bits of PyASCIIObject.state from kind on: kind 3, compact 1, ascii 1
 * (Include/cpython/unicodeobject.h). Strings of another form than compact end with 3.11. */
#define STATE_KIND(s)	 ((s) & 7)
#define STATE_COMPACT(s) ((s) >> 3 & 1)
#define STATE_ASCII(s)	 ((s) >> 4 & 1)

static uint64_t pointer_at(const uint8_t *bytes, uint16_t off)
{
	uint64_t word = 0;

	if (off <= HW_PY_CODE_HEAD_MAX - sizeof(word))
		memcpy(&word, bytes + off, sizeof(word));
	return word;
}

/* Appends code point @c in UTF-8; surrogates, which file names may hold, as U+FFFD. */
static char *put_utf8(char *p, uint32_t c)
{
	if (c >= 0x110000 || (c >= 0xd800 && c < 0xe000))
		c = 0xfffd;
	if (c < 0x80) {
		*p++ = (char)c;
	} else if (c < 0x800) {
		*p++ = (char)(0xc0 | c >> 6);
		*p++ = (char)(0x80 | (c & 0x3f));
	} else if (c < 0x10000) {
		*p++ = (char)(0xe0 | c >> 12);
		*p++ = (char)(0x80 | (c >> 6 & 0x3f));
		*p++ = (char)(0x80 | (c & 0x3f));
	} else {
		*p++ = (char)(0xf0 | c >> 18);
		*p++ = (char)(0x80 | (c >> 12 & 0x3f));
		*p++ = (char)(0x80 | (c >> 6 & 0x3f));
		*p++ = (char)(0x80 | (c & 0x3f));
	}
	return p;
}

static uint32_t unit_at(const uint8_t *units, size_t i, uint32_t kind)
{
	uint16_t u16;
	uint32_t u32;

	if (kind == 1)
		return units[i];
	if (kind == 2) {
		memcpy(&u16, units + 2 * i, sizeof(u16));
		return u16;
	}
	memcpy(&u32, units + 4 * i, sizeof(u32));
	return u32;
}

static char *to_utf8(const uint8_t *units, size_t n, uint32_t kind, bool cut)
{
	char *text = malloc(n * 4 + sizeof("..."));
	char *p = text;

	if (!text)
		return NULL;
	for (size_t i = 0; i < n; i++) {
		uint32_t c = unit_at(units, i, kind);

		p = put_utf8(p, c ? c : 0xfffd);
	}
	strcpy(p, cut ? "..." : "");
	return text;
}

/* Reads the str object at @addr. Only compact strings are read: names are never of another form. */
static int read_str(const struct hw_mem *mem, const struct hw_py_offsets *off, uint64_t addr,
		    char **ret)
{
	hw_autofree uint8_t *units = NULL;
	uint64_t length;
	uint32_t state, kind;
	size_t n;
	int r;

	r = hw_mem_read_u64(mem, addr + off->str_length, &length);
	if (r < 0)
		return r;
	r = hw_mem_read(mem, addr + off->str_state, &state, sizeof(state));
	if (r < 0)
		return r;
	state >>= off->str_kind_shift;
	kind = STATE_KIND(state);
	if (!STATE_COMPACT(state) || (kind != 1 && kind != 2 && kind != 4) || length > INT32_MAX)
		return -EBADMSG;
	n = length < HW_PY_NAME_MAX ? length : HW_PY_NAME_MAX;
	units = malloc(n * kind + 1);
	if (!units)
		return -ENOMEM;
	r = hw_mem_read(mem, addr + (STATE_ASCII(state) ? off->str_ascii : off->str_compact), units,
			n * kind);
	if (r < 0)
		return r;
	*ret = to_utf8(units, n, kind, n < length);
	return *ret ? 0 : -ENOMEM;
}

static int read_linetable(const struct hw_mem *mem, const struct hw_py_offsets *off, uint64_t addr,
			  struct hw_py_code *code)
{
	uint64_t size;
	int r = hw_mem_read_u64(mem, addr + off->bytes_size, &size);

	if (r < 0)
		return r;
	if (size > HW_PY_LINETABLE_MAX)
		return -EBADMSG;
	code->linetable = malloc(size + 1);
	if (!code->linetable)
		return -ENOMEM;
	code->linetable_size = (uint32_t)size;
	return hw_mem_read(mem, addr + off->bytes_data, code->linetable, size);
}

/* Reads the head of the code object and checks that it is the one the sample saw. */
static int read_code_head(const struct hw_mem *mem, const struct hw_py_offsets *off, uint64_t addr,
			  uint32_t ident, uint8_t head[HW_PY_CODE_HEAD_MAX])
{
	__u64 pointers[4];
	int r;

	memset(head, 0, HW_PY_CODE_HEAD_MAX);
	r = hw_mem_read(mem, addr, head, off->code_head);
	if (r < 0)
		return r;
	memcpy(pointers, head + off->walk.code_ident, sizeof(pointers));
	return ident && hw_code_ident(pointers) != ident ? -ESTALE : 0;
}

/* The target ran on meanwhile: what was read by @head holds only if the object is still the
 * same. */
static int check_head(const struct hw_mem *mem, const struct hw_py_offsets *off, uint64_t addr,
		      uint32_t ident, const uint8_t head[HW_PY_CODE_HEAD_MAX])
{
	uint8_t again[HW_PY_CODE_HEAD_MAX];
	int r = read_code_head(mem, off, addr, ident, again);

	if (r < 0)
		return r;
	return memcmp(head + off->walk.code_ident, again + off->walk.code_ident, 32) ? -ESTALE : 0;
}

/* Where the bytecode begins: in the object, and in free-threaded builds also in the copies that
 * its _PyCodeArray lists (Include/internal/pycore_code.h): their number, then that many pointers,
 * of which the first one is the object's own. */
static int read_begins(const struct hw_mem *mem, const struct hw_py_offsets *off, uint64_t addr,
		       const uint8_t *head, uint64_t **ret, uint32_t *ret_n)
{
	uint64_t array = off->code_tlbc ? pointer_at(head, off->code_tlbc) : 0, n = 1;
	hw_autofree uint64_t *begins = NULL;
	int r = array ? hw_mem_read_u64(mem, array, &n) : 0;

	if (r < 0)
		return r;
	if (n > HW_PY_COPIES_MAX)
		return -EBADMSG;
	n = n ? n : 1;
	begins = calloc(n, sizeof(*begins));
	if (!begins)
		return -ENOMEM;
	if (array)
		r = hw_mem_read(mem, array + 8, begins, n * sizeof(*begins));
	if (r < 0)
		return r;
	begins[0] = addr + off->code_instructions;
	*ret = hw_take_ptr(begins);
	*ret_n = (uint32_t)n;
	return 0;
}

static int read_parts(const struct hw_mem *mem, const struct hw_py_offsets *off, uint64_t addr,
		      const uint8_t *head, struct hw_py_code *code)
{
	uint16_t name = off->code_qualname ? off->code_qualname : off->code_name;
	int32_t first_line;
	int r;

	memcpy(&first_line, head + off->code_firstlineno, sizeof(first_line));
	if (first_line < 0)
		return -EBADMSG;
	code->first_line = (uint32_t)first_line;
	code->lines = off->lines;
	r = read_str(mem, off, pointer_at(head, name), &code->name);
	if (r < 0)
		return r;
	r = read_str(mem, off, pointer_at(head, off->code_filename), &code->file);
	if (r < 0)
		return r;
	r = read_begins(mem, off, addr, head, &code->begins, &code->n_begins);
	if (r < 0)
		return r;
	return read_linetable(mem, off, pointer_at(head, off->code_linetable), code);
}

int hw_py_code_read(const struct hw_mem *mem, const struct hw_py_offsets *off, uint64_t addr,
		    uint32_t ident, struct hw_py_code **ret)
{
	hw_auto(hw_py_code_free) struct hw_py_code *code = NULL;
	uint8_t head[HW_PY_CODE_HEAD_MAX];
	int r;

	if (!hw_py_layout_sane(off))
		return -EBADMSG;
	code = calloc(1, sizeof(*code));
	if (!code)
		return -ENOMEM;
	r = read_code_head(mem, off, addr, ident, head);
	if (r < 0)
		return r;
	r = read_parts(mem, off, addr, head, code);
	if (r < 0)
		return r;
	r = check_head(mem, off, addr, ident, head);
	if (r < 0)
		return r;
	if (!*code->name)
		return -EBADMSG;
	*ret = hw_take_ptr(code);
	return 0;
}

bool hw_py_code_has_copy(const struct hw_py_code *code, uint16_t tlbc)
{
	return tlbc < code->n_begins && code->begins[tlbc];
}

int hw_py_code_add_copies(const struct hw_mem *mem, const struct hw_py_offsets *off, uint64_t addr,
			  uint32_t ident, struct hw_py_code *code)
{
	uint8_t head[HW_PY_CODE_HEAD_MAX];
	hw_autofree uint64_t *begins = NULL;
	uint32_t n;
	int r;

	if (!hw_py_layout_sane(off))
		return -EBADMSG;
	r = read_code_head(mem, off, addr, ident, head);
	if (r < 0)
		return r;
	r = read_begins(mem, off, addr, head, &begins, &n);
	if (r < 0)
		return r;
	r = check_head(mem, off, addr, ident, head);
	if (r < 0)
		return r;
	free(code->begins);
	code->begins = hw_take_ptr(begins);
	code->n_begins = n;
	return 0;
}

struct hw_py_code *hw_py_code_free(struct hw_py_code *code)
{
	if (!code)
		return NULL;
	free(code->name);
	free(code->file);
	free(code->linetable);
	free(code->begins);
	free(code);
	return NULL;
}

