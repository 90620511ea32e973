/* SPDX-License-Identifier: Apache-2.0 */
#include "py/code.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

/* The bits of PyASCIIObject.state, the same in 3.11 to 3.13: interned 2, kind 3, compact 1,
 * ascii 1 (Include/cpython/unicodeobject.h). */
#define STATE_KIND(s)	 ((s) >> 2 & 7)
#define STATE_COMPACT(s) ((s) >> 5 & 1)
#define STATE_ASCII(s)	 ((s) >> 6 & 1)

#define CODE_HEAD_SIZE 256 /* covers every field of a code object that is read */

static uint64_t word_at(const uint8_t *bytes, uint16_t off)
{
	uint64_t word = 0;

	if (off <= CODE_HEAD_SIZE - sizeof(word))
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
static int read_head(const struct hw_mem *mem, const struct hw_py_offsets *off, uint64_t addr,
		     uint32_t ident, uint8_t head[CODE_HEAD_SIZE])
{
	__u64 pointers[4];
	int r;

	/* Small code objects may end before CODE_HEAD_SIZE, at worst at an unmapped page. */
	memset(head, 0, CODE_HEAD_SIZE);
	r = hw_mem_read(mem, addr, head, off->code_instructions);
	if (r < 0)
		return r;
	memcpy(pointers, head + off->walk.code_ident, sizeof(pointers));
	return ident && hw_code_ident(pointers) != ident ? -ESTALE : 0;
}

static int read_parts(const struct hw_mem *mem, const struct hw_py_offsets *off,
		      const uint8_t *head, struct hw_py_code *code)
{
	int32_t first_line;
	int r;

	memcpy(&first_line, head + off->code_firstlineno, sizeof(first_line));
	if (first_line < 0)
		return -EBADMSG;
	code->first_line = (uint32_t)first_line;
	r = read_str(mem, off, word_at(head, off->code_qualname), &code->name);
	if (r < 0)
		return r;
	r = read_str(mem, off, word_at(head, off->code_filename), &code->file);
	if (r < 0)
		return r;
	return read_linetable(mem, off, word_at(head, off->code_linetable), code);
}

int hw_py_code_read(const struct hw_mem *mem, const struct hw_py_offsets *off, uint64_t addr,
		    uint32_t ident, struct hw_py_code **ret)
{
	hw_auto(hw_py_code_free) struct hw_py_code *code = NULL;
	uint8_t head[CODE_HEAD_SIZE], again[CODE_HEAD_SIZE];
	int r;

	if (off->code_instructions > CODE_HEAD_SIZE || off->code_firstlineno > CODE_HEAD_SIZE - 4 ||
	    off->walk.code_ident > CODE_HEAD_SIZE - 32)
		return -EBADMSG;
	code = calloc(1, sizeof(*code));
	if (!code)
		return -ENOMEM;
	code->begin = addr + off->code_instructions;
	r = read_head(mem, off, addr, ident, head);
	if (r < 0)
		return r;
	r = read_parts(mem, off, head, code);
	if (r < 0)
		return r;
	/* The target ran on meanwhile: what was read holds only if the object is still the same. */
	r = read_head(mem, off, addr, ident, again);
	if (r < 0)
		return r;
	if (memcmp(head + off->walk.code_ident, again + off->walk.code_ident, 32))
		return -ESTALE;
	if (!*code->name)
		return -EBADMSG;
	*ret = hw_take_ptr(code);
	return 0;
}

struct hw_py_code *hw_py_code_free(struct hw_py_code *code)
{
	if (!code)
		return NULL;
	free(code->name);
	free(code->file);
	free(code->linetable);
	free(code);
	return NULL;
}

/* Entries of the location table begin with a byte 1CCCCLLL: kind CCCC, length LLL + 1 in code
 * units. Kinds (Objects/locations.md): 0-9 short form, same line; 10-12 one line form, line delta
 * kind - 10; 13 no column, svarint delta; 14 long, svarint delta and three varints; 15 none. */
enum { KIND_ONE_LINE = 10, KIND_NO_COLUMNS = 13, KIND_LONG = 14, KIND_NONE = 15 };

struct cursor {
	const uint8_t *p, *end;
};

static uint32_t take_varint(struct cursor *c)
{
	uint32_t value = 0;

	for (unsigned int shift = 0; c->p < c->end && shift < 32; shift += 6) {
		uint8_t byte = *c->p++;

		value |= (uint32_t)(byte & 63) << shift;
		if (!(byte & 64))
			break;
	}
	return value;
}

static int32_t take_svarint(struct cursor *c)
{
	uint32_t value = take_varint(c);

	return value & 1 ? -(int32_t)(value >> 1) : (int32_t)(value >> 1);
}

static int32_t take_line_delta(struct cursor *c, uint8_t kind)
{
	if (kind == KIND_NO_COLUMNS || kind == KIND_LONG)
		return take_svarint(c);
	return kind >= KIND_ONE_LINE && kind < KIND_NO_COLUMNS ? kind - KIND_ONE_LINE : 0;
}

uint32_t hw_py_code_line(const struct hw_py_code *code, uint64_t instr)
{
	struct cursor c = { code->linetable, code->linetable + code->linetable_size };
	int64_t unit = (int64_t)(instr - code->begin) / 2;
	int64_t line = code->first_line, at = 0;

	if (instr < code->begin)
		return code->first_line;
	while (c.p < c.end) {
		uint8_t head = *c.p++;
		uint8_t kind = head >> 3 & 15;

		line += take_line_delta(&c, kind);
		at += (head & 7) + 1;
		if (unit < at)
			return kind == KIND_NONE || line < 0 || line > UINT32_MAX ? 0 :
										   (uint32_t)line;
		while (c.p < c.end && !(*c.p & 0x80)) /* columns; only heads have the top bit */
			c.p++;
	}
	return 0;
}
