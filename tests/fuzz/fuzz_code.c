/* SPDX-License-Identifier: Apache-2.0
 * A Python code object in the memory of a process, by the layout of each version, and the line
 * table in it. The input is a struct head; then, for a layout that is published, what CPython
 * publishes; then the line table of an object that is else as it should be, or, for a raw one, all
 * of the memory. */
#include "fuzz.h"

#include "base/cleanup.h"
#include "fixture.h"
#include "py/code.h"

#define MINORS	    7 /* 3.6 to 3.12 are in our tables */
#define BASE	    0x10000
#define MEMORY_SIZE 0x4000
#define PLACES	    96 /* and further and further apart */

enum { FLAG_RAW = 1, FLAG_PUBLISHED = 2, FLAG_TRACE_REFS = 4, FLAG_IDENT = 8 };

/* What an input begins with. */
struct head {
	uint8_t version; /* from 0 for 3.6 on; not used when published */
	uint8_t flags;
	uint8_t state;	 /* of strings, from kind on */
	uint8_t fail_at; /* which read fails */
	uint32_t first_line, name_length;
	uint32_t n_copies; /* of the bytecode */
};
_Static_assert(sizeof(struct head) == 16, "seeds.py writes it");

/* Where the parts of an object lie in the memory. */
enum { AT_CODE = 0, AT_NAME = 0x400, AT_COPIES = 0x800, AT_TABLE = 0x1000 };

static uint8_t memory[MEMORY_SIZE];

static void put(size_t at, const void *bytes, size_t size)
{
	if (at <= sizeof(memory) && size <= sizeof(memory) - at)
		memcpy(memory + at, bytes, size);
}

static void put_word(size_t at, uint64_t word)
{
	put(at, &word, sizeof(word));
}

static int take_layout(struct fuzz_input *in, const struct head *head, struct hw_py_offsets *ret)
{
	uint64_t words[HW_PY_PUBLISHED_WORDS];
	uint32_t version = (0x0306u + head->version % MINORS) << 16;
	bool free_threaded;

	if (!(head->flags & FLAG_PUBLISHED))
		return hw_py_layout_known(version, head->flags & FLAG_TRACE_REFS, ret);
	fuzz_take(in, words, sizeof(words));
	return hw_py_layout_published(words, HW_PY_PUBLISHED_WORDS, &version, &free_threaded, ret);
}

/* Puts an object with the line table @table into the memory. */
static void put_object(const struct head *head, const struct hw_py_offsets *off,
		       const struct fuzz_input *table)
{
	uint32_t state = (uint32_t)head->state << off->str_kind_shift;

	put(AT_CODE + off->code_firstlineno, &head->first_line, 4);
	put_word(AT_CODE + off->code_filename, BASE + AT_NAME);
	put_word(AT_CODE + off->code_name, BASE + AT_NAME);
	if (off->code_qualname)
		put_word(AT_CODE + off->code_qualname, BASE + AT_NAME);
	put_word(AT_CODE + off->code_linetable, BASE + AT_TABLE);
	if (off->code_tlbc)
		put_word(AT_CODE + off->code_tlbc, BASE + AT_COPIES);
	put_word(AT_NAME + off->str_length, head->name_length);
	put(AT_NAME + off->str_state, &state, sizeof(state));
	put_word(AT_COPIES, head->n_copies);
	put_word(AT_TABLE + off->bytes_size, table->size);
	put(AT_TABLE + off->bytes_data, table->at, table->size);
}

/* Asks for the instructions in order, and for some that no frame can name. */
static void look_around(const struct hw_py_code *code)
{
	static const uint64_t odd[] = { 0,	  UINT64_MAX, INT64_MAX,  INT32_MAX,
					1u << 31, UINT32_MAX, 1ull << 63, (1ull << 63) - 2 };
	bool is_pointer = code->lines == HW_PY_LINES_LOCATIONS;

	for (size_t i = 0; i < sizeof(odd) / sizeof(*odd); i++)
		for (uint16_t tlbc = 0; tlbc < 2; tlbc++)
			hw_py_code_position(code, odd[i], tlbc);
	hw_py_code_position(code, BASE, UINT16_MAX);
	for (uint64_t i = 0; i < PLACES; i++) {
		uint64_t at = i + i * i / 8, instr = is_pointer ? code->begins[0] + 2 * at : at;
		struct hw_py_position pos = hw_py_code_position(code, instr, 0);

		fuzz_check(pos.line == hw_py_code_position(code, instr, 0).line);
		fuzz_check(is_pointer || pos.column == HW_PY_NO_COLUMN);
		fuzz_check(pos.line || (!pos.end_line && pos.column == HW_PY_NO_COLUMN));
	}
}

static void read_code(const struct hw_mem *mem, const struct hw_py_offsets *off, uint32_t ident)
{
	hw_auto(hw_py_code_free) struct hw_py_code *code = NULL;

	if (hw_py_code_read(mem, off, BASE + AT_CODE, ident, &code) < 0)
		return;
	fuzz_check(*code->name && strlen(code->name) <= 4 * HW_PY_NAME_MAX + 3);
	fuzz_check(strlen(code->file) <= 4 * HW_PY_NAME_MAX + 3);
	fuzz_check(code->linetable_size <= HW_PY_LINETABLE_MAX);
	look_around(code);
	hw_py_code_add_copies(mem, off, BASE + AT_CODE, ident, code);
	fuzz_check(code->n_begins && code->n_begins <= HW_PY_COPIES_MAX);
	look_around(code);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct fuzz_input in = { bytes, size };
	struct fake_mem fake = { .base = BASE, .bytes = memory, .size = sizeof(memory) };
	struct hw_mem mem = fake_mem_open(&fake);
	struct hw_py_offsets off;
	struct head head;
	__u64 pointers[4];

	fuzz_take(&in, &head, sizeof(head));
	if (take_layout(&in, &head, &off) < 0)
		return 0;
	fuzz_check(hw_py_layout_sane(&off));
	memset(memory, 'n', sizeof(memory));
	if (head.flags & FLAG_RAW)
		put(0, in.at, in.size);
	else
		put_object(&head, &off, &in);
	fake.fail_at = head.fail_at;
	memcpy(pointers, memory + AT_CODE + off.walk.code_ident, sizeof(pointers));
	read_code(&mem, &off, head.flags & FLAG_IDENT ? hw_code_ident(pointers) : 0);
	return 0;
}
