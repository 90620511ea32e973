/* SPDX-License-Identifier: Apache-2.0 */
#include "py/layout.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "py/arch.h"

#define MINOR(version) ((version) >> 16)
#define COUNT(array)   (sizeof(array) / sizeof((array)[0]))

/* Owners of frames (enum _frameowner, Include/internal/pycore_frame.h of 3.12 and 3.13, later
 * pycore_interpframe_structs.h). What 3 is called changed with 3.14, what it marks did not: the
 * frame that the eval loop puts on the C stack. 4 is 3.14's frame of C code that is no call. */
#define OWNER_SHIM   3
#define OWNER_CSTACK 4

/* Include/bytesobject.h, unicodeobject.h; 3.12 took wstr and wstr_length away. */
#define STRINGS_TO_311                                                                             \
	.bytes_size = 16, .bytes_data = 32, .str_length = 16, .str_state = 32, .str_ascii = 48,    \
	.str_compact = 72, .str_kind_shift = 2
#define STRINGS_OF_312                                                                             \
	.bytes_size = 16, .bytes_data = 32, .str_length = 16, .str_state = 32, .str_ascii = 40,    \
	.str_compact = 56, .str_kind_shift = 2

/* Include/frameobject.h (3.8, 3.9: cpython/frameobject.h); f_lasti is @lasti. */
#define FRAME_OBJECT(lasti)                                                                        \
	.frame_code = 32, .frame_previous = 24, .frame_instr = (lasti), .instr_is_index = 1,       \
	.hidden_value = 0xff

/* Include/code.h: 3.8 put co_posonlyargcount before the rest. */
#define CODE_TO_37                                                                                 \
	.code_firstlineno = 36, .code_filename = 96, .code_name = 104, .code_linetable = 112
#define CODE_TO_310                                                                                \
	.code_firstlineno = 40, .code_filename = 104, .code_name = 112, .code_linetable = 120

/* One row per version that publishes nothing. Interpreters and threads: Include/pystate.h and, from
 * 3.7 on, internal/pystate.h, pycore_pystate.h (3.8), pycore_interp.h and pycore_runtime.h; the
 * rest as above. The values are those of offsetof() on a 64-bit machine without Py_TRACE_REFS. */
static const struct {
	uint32_t minor;
	struct hw_py_offsets off;
} known[] = {
	{ 0x0306,
	  { .walk = { .interp_threads = 8, .tstate_next = 8, .tstate_thread_id = 152,
		      .tstate_frame = 24, FRAME_OBJECT(120), .entry = HW_PY_ENTRY_NONE,
		      .code_ident = 88 },
	    .lines = HW_PY_LINES_LNOTAB, CODE_TO_37, STRINGS_TO_311 } },
	{ 0x0307,
	  { .walk = { .interpreters_head = 24, .interp_threads = 8, .tstate_next = 8,
		      .tstate_thread_id = 176, .tstate_frame = 24, FRAME_OBJECT(104),
		      .entry = HW_PY_ENTRY_NONE, .code_ident = 88 },
	    .lines = HW_PY_LINES_LNOTAB, CODE_TO_37, STRINGS_TO_311 } },
	{ 0x0308,
	  { .walk = { .interpreters_head = 32, .interp_threads = 8, .tstate_next = 8,
		      .tstate_thread_id = 176, .tstate_frame = 24, FRAME_OBJECT(104),
		      .entry = HW_PY_ENTRY_NONE, .code_ident = 96 },
	    .lines = HW_PY_LINES_LNOTAB, CODE_TO_310, STRINGS_TO_311 } },
	{ 0x0309,
	  { .walk = { .interpreters_head = 32, .interp_threads = 8, .tstate_next = 8,
		      .tstate_thread_id = 176, .tstate_frame = 24, FRAME_OBJECT(104),
		      .entry = HW_PY_ENTRY_NONE, .code_ident = 96 },
	    .lines = HW_PY_LINES_LNOTAB, CODE_TO_310, STRINGS_TO_311 } },
	{ 0x030a,
	  { .walk = { .interpreters_head = 32, .interp_threads = 8, .tstate_next = 8,
		      .tstate_thread_id = 176, .tstate_frame = 24, .tstate_cframe = 48,
		      .cframe_previous = 8, FRAME_OBJECT(96), .entry = HW_PY_ENTRY_EACH,
		      .code_ident = 96 },
	    .lines = HW_PY_LINES_PAIRS, CODE_TO_310, STRINGS_TO_311 } },
	{ 0x030b, /* frames: Include/internal/pycore_frame.h */
	  { .walk = { .interpreters_head = 40, .interp_threads = 16, .tstate_next = 8,
		      .tstate_thread_id = 152, .tstate_cframe = 56, .cframe_frame = 8,
		      .cframe_previous = 16, .frame_code = 32, .frame_previous = 48,
		      .frame_instr = 56, .frame_entry = 68 /* is_entry */,
		      .entry = HW_PY_ENTRY_FLAG, .entry_value = 1, .hidden_value = 0xff,
		      .code_ident = 112 },
	    .lines = HW_PY_LINES_LOCATIONS, .code_firstlineno = 72, .code_filename = 112,
	    .code_name = 120, .code_qualname = 128, .code_linetable = 136,
	    .code_instructions = 184, STRINGS_TO_311 } },
	{ 0x030c,
	  { .walk = { .interpreters_head = 40, .interp_threads = 72, .tstate_next = 8,
		      .tstate_thread_id = 136, .tstate_cframe = 56, .cframe_previous = 8,
		      .frame_code = 0, .frame_previous = 8, .frame_instr = 56,
		      .frame_entry = 70 /* owner */, .entry = HW_PY_ENTRY_SHIM,
		      .entry_value = OWNER_SHIM, .hidden_value = 0xff, .code_ident = 112 },
	    .lines = HW_PY_LINES_LOCATIONS, .code_firstlineno = 68, .code_filename = 112,
	    .code_name = 120, .code_qualname = 128, .code_linetable = 136,
	    .code_instructions = 192, STRINGS_OF_312 } },
};

/* Which word of struct _Py_DebugOffsets says what; all of them are 8 bytes. Source:
 * Include/internal/pycore_runtime.h of 3.13, pycore_debug_offsets.h of 3.14 and 3.15: each version
 * put new members between the old ones. 0: this version has no such member. */
struct published {
	uint32_t minor;
	uint8_t code_tag; /* Py_TAG_BITS, Include/internal/pycore_stackref.h; 0: a plain pointer */
	uint8_t hidden_value;
	uint8_t interpreters_head, interp_next, interp_threads;
	uint8_t tstate_next, tstate_frame, tstate_thread_id;
	uint8_t frame_previous, frame_code, frame_instr, frame_entry, frame_tlbc;
	uint8_t code_filename, code_name, code_qualname, code_linetable, code_firstlineno;
	uint8_t code_instructions, code_tlbc;
	uint8_t bytes_size, bytes_data, str_state, str_length, str_ascii;
};

static const struct published published[] = {
	{ .minor = 0x030d, .hidden_value = 0xff, .interpreters_head = 5, .interp_next = 8,
	  .interp_threads = 9, .tstate_next = 21, .tstate_frame = 23, .tstate_thread_id = 24,
	  .frame_previous = 29, .frame_code = 30, .frame_instr = 31, .frame_entry = 33,
	  .code_filename = 35, .code_name = 36, .code_qualname = 37, .code_linetable = 38,
	  .code_firstlineno = 39, .code_instructions = 43, .bytes_size = 65, .bytes_data = 66,
	  .str_state = 68, .str_length = 69, .str_ascii = 70 },
	{ .minor = 0x030e, .code_tag = 3, .hidden_value = OWNER_CSTACK, .interpreters_head = 5,
	  .interp_next = 8, .interp_threads = 9, .tstate_next = 24, .tstate_frame = 26,
	  .tstate_thread_id = 27, .frame_previous = 32, .frame_code = 33, .frame_instr = 34,
	  .frame_entry = 36, .frame_tlbc = 38, .code_filename = 40, .code_name = 41,
	  .code_qualname = 42, .code_linetable = 43, .code_firstlineno = 44,
	  .code_instructions = 48, .code_tlbc = 49, .bytes_size = 75, .bytes_data = 76,
	  .str_state = 78, .str_length = 79, .str_ascii = 80 },
	{ .minor = 0x030f, .code_tag = 3, .hidden_value = OWNER_CSTACK, .interpreters_head = 5,
	  .interp_next = 8, .interp_threads = 9, .tstate_next = 24, .tstate_frame = 26,
	  .tstate_thread_id = 30, .frame_previous = 40, .frame_code = 41, .frame_instr = 42,
	  .frame_entry = 44, .frame_tlbc = 46, .code_filename = 48, .code_name = 49,
	  .code_qualname = 50, .code_linetable = 51, .code_firstlineno = 52,
	  .code_instructions = 56, .code_tlbc = 57, .bytes_size = 87, .bytes_data = 88,
	  .str_state = 90, .str_length = 91, .str_ascii = 92 },
};

bool hw_py_version_supported(uint32_t version)
{
	for (size_t i = 0; i < COUNT(known); i++)
		if (known[i].minor == MINOR(version))
			return true;
	for (size_t i = 0; i < COUNT(published); i++)
		if (published[i].minor == MINOR(version))
			return true;
	return false;
}

/* Both tables are in the order of versions, the second goes on where the first ends, and none is left
 * out between (tests/test_layout.c). */
const char *hw_py_versions_supported(char ret[static HW_PY_VERSIONS_SIZE])
{
	uint32_t first = known[0].minor, last = published[COUNT(published) - 1].minor;

	snprintf(ret, HW_PY_VERSIONS_SIZE, "%u.%u to %u.%u", first >> 8, first & 0xff, last >> 8,
		 last & 0xff);
	return ret;
}

static const char cookie[8] = "xdebugpy"; /* _Py_Debug_Cookie */

enum { WORD_COOKIE, WORD_VERSION, WORD_FREE_THREADED };

static bool field_fits(uint16_t at, uint16_t size, uint16_t limit)
{
	return at <= limit && size <= limit - at;
}

static bool frame_sane(const struct hw_py_proc *w)
{
	return w->frame_size % 8 == 0 && w->frame_size <= HW_PY_FRAME_SIZE &&
	       w->frame_code % 8 == 0 && field_fits(w->frame_code, 8, w->frame_size) &&
	       w->frame_previous % 8 == 0 && field_fits(w->frame_previous, 8, w->frame_size) &&
	       w->frame_instr % 8 == 0 &&
	       field_fits(w->frame_instr, w->instr_is_index ? 4 : 8, w->frame_size) &&
	       field_fits(w->frame_entry, 1, w->frame_size) && w->frame_tlbc % 4 == 0 &&
	       field_fits(w->frame_tlbc, 4, w->frame_size);
}

/* The identity is made of four words side by side (hw_code_ident()); the last three are known. */
static bool code_sane(const struct hw_py_offsets *off)
{
	uint16_t first = off->code_qualname ? off->code_filename : off->code_filename - 8;

	return off->code_head <= HW_PY_CODE_HEAD_MAX && off->code_filename >= 8 &&
	       off->walk.code_ident == first && field_fits(first, 32, off->code_head) &&
	       off->code_name == off->code_filename + 8 && off->code_linetable == first + 24 &&
	       (!off->code_qualname || off->code_qualname == off->code_name + 8) &&
	       field_fits(off->code_firstlineno, 4, off->code_head) &&
	       field_fits(off->code_tlbc, 8, off->code_head);
}

bool hw_py_layout_sane(const struct hw_py_offsets *off)
{
	return frame_sane(&off->walk) && code_sane(off) && off->bytes_data >= 8 &&
	       off->str_ascii >= 8 && off->str_compact >= 8 && off->str_kind_shift < 16;
}

static unsigned int lowest(unsigned int a, unsigned int b)
{
	return a < b ? a : b;
}

static unsigned int highest(unsigned int a, unsigned int b)
{
	return a > b ? a : b;
}

/* The part of a frame to read is where its fields are, in whole words. */
static int cut_frame(struct hw_py_proc *w)
{
	bool has_mark = w->entry == HW_PY_ENTRY_FLAG || w->entry == HW_PY_ENTRY_SHIM;
	unsigned int begin = lowest(lowest(w->frame_code, w->frame_previous), w->frame_instr);
	unsigned int end = highest(highest(w->frame_code + 8U, w->frame_previous + 8U),
				   w->frame_instr + (w->instr_is_index ? 4U : 8U));

	if (has_mark) {
		begin = lowest(begin, w->frame_entry);
		end = highest(end, w->frame_entry + 1U);
	}
	if (w->frame_tlbc)
		end = highest(end, w->frame_tlbc + 4U);
	begin &= ~7U;
	end = (end + 7) & ~7U;
	if (end - begin > HW_PY_FRAME_SIZE || (w->frame_tlbc && w->frame_tlbc <= begin))
		return -EBADMSG;
	w->frame_begin = (uint8_t)begin;
	w->frame_size = (uint8_t)(end - begin);
	w->frame_code -= w->frame_begin;
	w->frame_previous -= w->frame_begin;
	w->frame_instr -= w->frame_begin;
	w->frame_entry -= has_mark ? w->frame_begin : 0;
	w->frame_tlbc -= w->frame_tlbc ? w->frame_begin : 0;
	return 0;
}

/* Fills in what follows from the rest, and checks all. */
static int complete(struct hw_py_offsets *off)
{
	unsigned int head = highest(off->code_firstlineno + 4U, off->code_linetable + 8U);

	head = highest(head, off->code_filename + 24U);
	if (off->code_tlbc)
		head = highest(head, off->code_tlbc + 8U);
	off->code_head = (uint16_t)lowest(head, UINT16_MAX);
	off->walk.thread_reach = hw_py_thread_reach;
	return cut_frame(&off->walk) < 0 || !hw_py_layout_sane(off) ? -EBADMSG : 0;
}

/* Objects begin with two words more: the doubly linked list of all objects. */
static void add_trace_refs(struct hw_py_offsets *off)
{
	uint16_t *members[] = { &off->code_firstlineno, &off->code_filename, &off->code_name,
				&off->code_linetable, &off->walk.code_ident, &off->bytes_size,
				&off->bytes_data, &off->str_length, &off->str_state,
				&off->str_ascii, &off->str_compact };

	for (size_t i = 0; i < COUNT(members); i++)
		*members[i] += 16;
	if (off->code_qualname) {
		off->code_qualname += 16;
		off->code_instructions += 16;
		return; /* and frames are no objects */
	}
	off->walk.frame_code += 16;
	off->walk.frame_previous += 16;
	off->walk.frame_instr += 16;
}

int hw_py_layout_known(uint32_t version, bool trace_refs, struct hw_py_offsets *ret)
{
	struct hw_py_offsets off;
	int r;

	for (size_t i = 0; i < COUNT(known); i++) {
		if (known[i].minor != MINOR(version))
			continue;
		off = known[i].off;
		if (trace_refs)
			add_trace_refs(&off);
		r = complete(&off);
		if (r >= 0)
			*ret = off;
		return r;
	}
	return -ENOTSUP;
}

struct published_words {
	const uint64_t *words;
	size_t n;
	bool bad;
};

/* Word @word, or 0 for a member that there is not; what is no offset spoils the source. */
static uint16_t take_offset(struct published_words *s, uint8_t word, uint16_t max)
{
	if (!word)
		return 0;
	if (word >= s->n || s->words[word] > max) {
		s->bad = true;
		return 0;
	}
	return (uint16_t)s->words[word];
}

static void take_walk(struct published_words *s, const struct published *p, struct hw_py_proc *w)
{
	*w = (struct hw_py_proc){
		.interpreters_head = take_offset(s, p->interpreters_head, UINT16_MAX),
		.interp_next = take_offset(s, p->interp_next, UINT16_MAX),
		.interp_threads = take_offset(s, p->interp_threads, UINT16_MAX),
		.tstate_next = take_offset(s, p->tstate_next, UINT16_MAX),
		.tstate_thread_id = take_offset(s, p->tstate_thread_id, UINT16_MAX),
		.tstate_frame = take_offset(s, p->tstate_frame, UINT16_MAX),
		.frame_code = (uint8_t)take_offset(s, p->frame_code, UINT8_MAX),
		.frame_previous = (uint8_t)take_offset(s, p->frame_previous, UINT8_MAX),
		.frame_instr = (uint8_t)take_offset(s, p->frame_instr, UINT8_MAX),
		.frame_entry = (uint8_t)take_offset(s, p->frame_entry, UINT8_MAX),
		.frame_tlbc = (uint8_t)take_offset(s, p->frame_tlbc, UINT8_MAX),
		.code_ident = take_offset(s, p->code_filename, HW_PY_CODE_HEAD_MAX),
		.code_tag = p->code_tag,
		.entry = HW_PY_ENTRY_SHIM,
		.entry_value = OWNER_SHIM,
		.hidden_value = p->hidden_value,
	};
}

static void take_objects(struct published_words *s, const struct published *p,
			 struct hw_py_offsets *off)
{
	off->lines = HW_PY_LINES_LOCATIONS;
	off->code_firstlineno = take_offset(s, p->code_firstlineno, HW_PY_CODE_HEAD_MAX);
	off->code_filename = take_offset(s, p->code_filename, HW_PY_CODE_HEAD_MAX);
	off->code_name = take_offset(s, p->code_name, HW_PY_CODE_HEAD_MAX);
	off->code_qualname = take_offset(s, p->code_qualname, HW_PY_CODE_HEAD_MAX);
	off->code_linetable = take_offset(s, p->code_linetable, HW_PY_CODE_HEAD_MAX);
	off->code_instructions = take_offset(s, p->code_instructions, UINT16_MAX);
	off->code_tlbc = take_offset(s, p->code_tlbc, HW_PY_CODE_HEAD_MAX);
	off->bytes_size = take_offset(s, p->bytes_size, UINT16_MAX);
	off->bytes_data = take_offset(s, p->bytes_data, UINT16_MAX);
	off->str_length = take_offset(s, p->str_length, UINT16_MAX);
	off->str_state = take_offset(s, p->str_state, UINT16_MAX);
	off->str_ascii = take_offset(s, p->str_ascii, UINT16_MAX - 16);
	/* PyCompactUnicodeObject adds utf8_length and utf8 (Include/cpython/unicodeobject.h). */
	off->str_compact = off->str_ascii + 16;
}

static int read_published(struct published_words *s, const struct published *p, bool free_threaded,
			  struct hw_py_offsets *ret)
{
	struct hw_py_offsets off = { 0 };
	int r;

	take_walk(s, p, &off.walk);
	take_objects(s, p, &off);
	/* Include/cpython/unicodeobject.h: 3.14 gave interned, two bits, a byte of its own in
	 * free-threaded builds. */
	off.str_kind_shift = free_threaded && p->minor >= 0x030e ? 8 : 2;
	r = s->bad || !off.code_qualname ? -EBADMSG : complete(&off);
	if (r >= 0)
		*ret = off;
	return r;
}

int hw_py_layout_published(const uint64_t *words, size_t n, uint32_t *ret_version,
			   bool *ret_free_threaded, struct hw_py_offsets *ret)
{
	struct published_words s = { .words = words, .n = n };

	if (n <= WORD_FREE_THREADED || memcmp(&words[WORD_COOKIE], cookie, sizeof(cookie)))
		return -ENOENT;
	if (words[WORD_VERSION] > UINT32_MAX)
		return -EBADMSG;
	*ret_version = (uint32_t)words[WORD_VERSION];
	*ret_free_threaded = words[WORD_FREE_THREADED];
	for (size_t i = 0; i < COUNT(published); i++)
		if (published[i].minor == MINOR(*ret_version))
			return read_published(&s, &published[i], *ret_free_threaded, ret);
	return -ENOTSUP;
}
