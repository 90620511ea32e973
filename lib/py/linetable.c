/* SPDX-License-Identifier: Apache-2.0
 * Line tables of code objects: from an instruction to its place in the source. */
#include "py/code.h"

static const struct hw_py_position nowhere = { .column = HW_PY_NO_COLUMN,
					       .end_column = HW_PY_NO_COLUMN };

static struct hw_py_position whole_line(int64_t line)
{
	struct hw_py_position pos = nowhere;

	if (line > 0 && line <= UINT32_MAX)
		pos.line = pos.end_line = (uint32_t)line;
	return pos;
}

/* co_lnotab: pairs of a byte count and a signed line delta; the line changes where the bytes are
 * counted up to. There is no end: the last line holds for the rest. (Objects/codeobject.c,
 * PyCode_Addr2Line()) */
static struct hw_py_position find_lnotab(const struct hw_py_code *code, int64_t byte)
{
	int64_t line = code->first_line, at = 0;

	for (uint32_t i = 0; i + 1 < code->linetable_size; i += 2) {
		at += code->linetable[i];
		if (at > byte)
			break;
		line += (int8_t)code->linetable[i + 1];
	}
	return whole_line(line);
}

#define NO_LINE (-128)

/* 3.10: pairs of the bytes of a range and a signed line delta; -128 means that the range has no
 * line. (Objects/codeobject.c, advance()) */
static struct hw_py_position find_pairs(const struct hw_py_code *code, int64_t byte)
{
	int64_t line = code->first_line, end = 0;

	for (uint32_t i = 0; i + 1 < code->linetable_size; i += 2) {
		int8_t delta = (int8_t)code->linetable[i + 1];

		end += code->linetable[i];
		line += delta == NO_LINE ? 0 : delta;
		if (byte < end)
			return delta == NO_LINE ? nowhere : whole_line(line);
	}
	return nowhere;
}

/* Entries of the location table begin with a byte 1CCCCLLL: kind CCCC, length LLL + 1 in code
 * units. Kinds (Objects/locations.md): 0-9 short form, same line, columns in one more byte; 10-12
 * one line form, line delta kind - 10, two bytes of columns; 13 no columns, svarint delta; 14 long,
 * svarint delta, varints of the lines to the end and of both columns + 1; 15 none. A running line
 * goes through all of them, also those that have none. */
enum { KIND_ONE_LINE = 10, KIND_NO_COLUMNS = 13, KIND_LONG = 14, KIND_NONE = 15 };

struct linetable_cursor {
	const uint8_t *p, *end;
};

static uint8_t take_byte(struct linetable_cursor *c)
{
	return c->p < c->end ? *c->p++ : 0;
}

static uint32_t take_varint(struct linetable_cursor *c)
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

static int32_t take_svarint(struct linetable_cursor *c)
{
	uint32_t value = take_varint(c);

	return value & 1 ? -(int32_t)(value >> 1) : (int32_t)(value >> 1);
}

static int32_t take_line_delta(struct linetable_cursor *c, uint8_t kind)
{
	if (kind == KIND_NO_COLUMNS || kind == KIND_LONG)
		return take_svarint(c);
	return kind >= KIND_ONE_LINE && kind < KIND_NO_COLUMNS ? kind - KIND_ONE_LINE : 0;
}

/* A column + 1; 0: none. */
static uint32_t take_column(struct linetable_cursor *c)
{
	uint32_t value = take_varint(c);

	return value ? value - 1 : HW_PY_NO_COLUMN;
}

/* What follows the line delta of an entry on @line. */
static struct hw_py_position take_position(struct linetable_cursor *c, uint8_t kind, int64_t line)
{
	struct hw_py_position pos = whole_line(line);
	uint8_t columns;

	if (kind == KIND_NONE || !pos.line)
		return nowhere;
	if (kind == KIND_LONG) {
		pos.end_line += take_varint(c);
		pos.column = take_column(c);
		pos.end_column = take_column(c);
	} else if (kind >= KIND_ONE_LINE && kind < KIND_NO_COLUMNS) {
		pos.column = take_byte(c);
		pos.end_column = take_byte(c);
	} else if (kind < KIND_ONE_LINE) {
		columns = take_byte(c);
		pos.column = (uint32_t)kind << 3 | columns >> 4;
		pos.end_column = pos.column + (columns & 15);
	}
	return pos;
}

static struct hw_py_position find_location(const struct hw_py_code *code, int64_t unit)
{
	struct linetable_cursor c = { code->linetable, code->linetable + code->linetable_size };
	int64_t line = code->first_line, at = 0;

	while (c.p < c.end) {
		uint8_t head = *c.p++;
		uint8_t kind = head >> 3 & 15;

		line += take_line_delta(&c, kind);
		at += (head & 7) + 1;
		if (unit < at)
			return take_position(&c, kind, line);
		while (c.p < c.end && !(*c.p & 0x80)) /* the rest; only heads have the top bit */
			c.p++;
	}
	return nowhere;
}

struct hw_py_position hw_py_code_position(const struct hw_py_code *code, uint64_t instr,
					  uint16_t tlbc)
{
	int64_t index = (int64_t)instr;

	if (code->lines == HW_PY_LINES_LOCATIONS) {
		if (!hw_py_code_has_copy(code, tlbc))
			return nowhere;
		/* Before the first instruction, by one unit: the frame has not begun. */
		index = instr < code->begins[tlbc] ? -1 : (int64_t)((instr - code->begins[tlbc]) / 2);
	}
	if (index < 0)
		return whole_line(code->first_line);
	if (code->lines == HW_PY_LINES_LNOTAB)
		return find_lnotab(code, index);
	if (code->lines == HW_PY_LINES_PAIRS)
		return find_pairs(code, index > INT32_MAX ? INT64_MAX : index * 2);
	return find_location(code, index);
}
