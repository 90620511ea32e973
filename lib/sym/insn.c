/* SPDX-License-Identifier: Apache-2.0 */
#include "sym/insn.h"

#include <errno.h>
#include <string.h>

#include "base/array.h"
#include "base/intern.h"
#include "sym/decode.h"

#define FUNCTION_MAX	(1u << 20) /* bytes of one function that are decoded */
#define BYTES_MAX	(64u << 20) /* of all functions; the cache takes an eighth of that */
#define ANSWERS_MAX	(1u << 17)
#define POINTER_MIN	65536 /* vm.mmap_min_addr is that or less */
#define POINTER_MAX	((1ull << 48) - 1)
#define INSN_MAX_BYTES	16
#define WINDOW_INSNS	32   /* looked at before and behind an instruction: what makes its address? */
#define WINDOW_BYTES	256  /* behind it */

struct insn_place {
	const struct hw_module *module;
	uint64_t vaddr;
};

struct answer {
	int r;
	struct hw_insn insn;
};

/* The first @decoded bytes of a function: bit i is set where an instruction starts. */
struct decoded_function {
	uint8_t *starts;
	size_t cap;
	size_t decoded;
};

/* Bytes of a function from its start on. */
struct text {
	const uint8_t *code;
	size_t size;
	uint64_t start; /* their address */
};

/* The instructions around one. */
struct window {
	struct hw_step steps[2 * WINDOW_INSNS];
	int n, at;	/* all, and which one is in the middle */
	int first, end; /* of the innermost loop around that; without one all up to that */
};

struct hw_insns {
	struct hw_decoder *decoder;
	uint8_t stack_register;
	struct window window; /* to work in */
	struct hw_intern
		*places; /* struct insn_place asked about; its number is an index of answers */
	struct answer *answers;
	size_t cap_answers;
	struct hw_intern *starts; /* struct insn_place: functions, likewise */
	struct decoded_function *functions;
	size_t cap_functions;
	size_t bytes; /* decoded in all */
};

static void forget(struct hw_insns *c)
{
	uint32_t n = c->starts ? hw_intern_count(c->starts) : 0;

	for (uint32_t i = 0; i < n; i++)
		free(c->functions[i].starts);
	c->starts = hw_intern_free(c->starts);
	c->places = hw_intern_free(c->places);
	c->bytes = 0;
}

static int start_over(struct hw_insns *c)
{
	forget(c);
	c->starts = hw_intern_new();
	c->places = hw_intern_new();
	return c->starts && c->places ? 0 : -ENOMEM;
}

struct hw_insns *hw_insns_new(enum hw_insn_arch arch)
{
	hw_auto(hw_insns_free) struct hw_insns *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->decoder = hw_decoder_new(arch);
	if (!c->decoder || start_over(c) < 0)
		return NULL;
	c->stack_register = hw_decoder_stack(c->decoder);
	return hw_take_ptr(c);
}

struct hw_insns *hw_insns_free(struct hw_insns *c)
{
	if (!c)
		return NULL;
	forget(c);
	hw_decoder_free(c->decoder);
	free(c->answers);
	free(c->functions);
	free(c);
	return NULL;
}

static bool is_start(const struct decoded_function *f, size_t at)
{
	return at < f->decoded && f->starts[at / 8] >> at % 8 & 1;
}

/* Marks the starts of instructions up to and with @end. Where the bytes are none, data between
 * instructions maybe, the next byte (on aarch64 the next word) is tried. */
static int mark_starts(struct hw_insns *c, struct decoded_function *f, const struct text *text,
		       size_t end)
{
	size_t old = f->cap, at = f->decoded;

	if (end < at)
		return 0;
	if (hw_reserve(f->starts, f->cap, (end + INSN_MAX_BYTES) / 8 + 1) < 0)
		return -ENOMEM;
	memset(f->starts + old, 0, f->cap - old);
	while (at <= end && at < text->size) {
		size_t n = hw_decode_size(c->decoder, text->code, text->size, at);

		f->starts[at / 8] |= (uint8_t)(1u << at % 8);
		at += n ? n : hw_decoder_step(c->decoder);
	}
	c->bytes += at - f->decoded;
	f->decoded = at;
	return 0;
}

/* The start of the instruction before the one at *@at: false at the start of the function. */
static bool step_back(const struct decoded_function *f, size_t *at)
{
	for (size_t i = 1; i <= INSN_MAX_BYTES && i <= *at; i++)
		if (is_start(f, *at - i)) {
			*at -= i;
			return true;
		}
	return false;
}

static uint32_t bit(uint8_t reg)
{
	return reg == HW_INSN_NO_REG ? 0 : 1u << reg;
}

static uint32_t address_registers(const struct hw_insn *insn)
{
	return bit(insn->base) | bit(insn->index);
}

/* Whether @step reads what may lie anywhere: no constant, no local variable. */
static bool reads_data(const struct hw_insns *c, const struct hw_step *step)
{
	uint32_t registers = address_registers(&step->insn);

	return step->insn.reads && registers && !(registers & bit(c->stack_register));
}

static void find_loop(struct window *w)
{
	w->first = 0;
	w->end = w->at + 1;
	for (int i = w->at; i < w->n; i++) {
		if (w->steps[i].target > w->steps[w->at].at)
			continue;
		w->end = i + 1;
		while (w->steps[w->first].at < w->steps[i].target)
			w->first++;
		return;
	}
}

/* Describes the instructions around the one at @at of @code, which starts at @start. False when
 * that is none. */
static bool look_around(struct hw_insns *c, const struct decoded_function *f,
			const struct text *text, size_t at, struct window *ret)
{
	size_t place = at;

	for (int i = 0; i < WINDOW_INSNS && step_back(f, &place); i++)
		;
	ret->at = -1;
	for (ret->n = 0; ret->n < 2 * WINDOW_INSNS && is_start(f, place); ret->n++) {
		struct hw_step *step = &ret->steps[ret->n];

		if (!hw_decode(c->decoder, text->code, text->size, place, text->start, step)) {
			if (ret->at >= 0)
				break;
			ret->n = -1; /* what came before bytes that are no code is not known */
			place += hw_decoder_step(c->decoder);
			continue;
		}
		if (place == at)
			ret->at = ret->n;
		place += step->size;
	}
	if (ret->at >= 0)
		find_loop(ret);
	return ret->at >= 0;
}

/* Whether a load made one of the registers @needed, by way of others maybe: by the instructions of
 * the loop, in the order of addresses and whichever way its jumps go, so that what a round hands to
 * the next one is seen. */
static bool is_made_by_load(const struct hw_insns *c, const struct window *w, uint32_t needed)
{
	uint32_t before;

	do {
		before = needed;
		for (int i = w->first; i < w->end; i++) {
			const struct hw_step *step = &w->steps[i];

			if (!(step->writes & needed))
				continue;
			if (reads_data(c, step) && step->writes & needed & ~step->advances)
				return true;
			needed |= step->reads;
		}
	} while (needed != before);
	return false;
}

/* The instruction of the same round that wrote register @reg before the one in the middle, as far
 * as jumps forward are not taken and conditional moves move nothing. NULL: none, or it is not
 * known. */
static const struct hw_step *maker_of(const struct window *w, uint8_t reg)
{
	for (int i = w->at - 1; i >= w->first; i--)
		if (w->steps[i].writes & bit(reg) && !w->steps[i].is_conditional)
			return &w->steps[i];
	return NULL;
}

/* Whether nothing else in a loop around the instruction in the middle writes register @reg, which
 * that overwrites: what it has read there is what its next round uses. */
static bool hands_to_next_round(const struct window *w, uint8_t reg)
{
	if (w->end <= w->at + 1)
		return false; /* no loop: that ends with a jump behind it */
	for (int i = w->first; i < w->end; i++)
		if (i != w->at && w->steps[i].writes & bit(reg))
			return false;
	return true;
}

/* @ret overwrites register @lost, of its own address. Where that came from tells as much: the
 * address is said in other registers, or where it was loaded from is, or the address of the next
 * round of its loop can be made already. Else the value that was loaded has to do, which is of use
 * when it is a pointer. */
static void replace_address(const struct hw_insns *c, const struct window *w, uint8_t lost,
			    struct hw_insn *ret)
{
	const struct hw_step *maker = maker_of(w, lost);
	struct hw_insn use = *ret;
	uint32_t changed = 0;

	if (hands_to_next_round(w, lost))
		return;
	*ret = (struct hw_insn){ .reads = use.reads, .writes = use.writes, .is_value = true,
				 .base = lost, .index = HW_INSN_NO_REG };
	if (!maker || !(maker->is_lea || reads_data(c, maker)))
		return;
	for (const struct hw_step *step = maker; step <= &w->steps[w->at]; step++)
		changed |= step->writes;
	if (changed & address_registers(&maker->insn))
		return;
	ret->is_value = false;
	ret->base = maker->insn.base;
	ret->index = maker->insn.index;
	ret->scale = maker->insn.scale;
	ret->disp = maker->insn.disp + (maker->is_lea && use.index == HW_INSN_NO_REG ? use.disp : 0);
}

/* Describes the instruction in the middle of @w. */
static void describe_insn(const struct hw_insns *c, const struct window *w, struct hw_insn *ret)
{
	const struct hw_step *step = &w->steps[w->at];
	uint32_t needed = address_registers(&step->insn);
	uint32_t lost = step->writes & needed & ~step->advances;

	*ret = step->insn;
	if (!ret->reads && !ret->writes)
		return;
	ret->is_loaded = !step->is_repeated && is_made_by_load(c, w, needed);
	if (lost) {
		bool is_loaded = ret->is_loaded;

		replace_address(c, w, bit(ret->base) & lost ? ret->base : ret->index, ret);
		ret->is_loaded = is_loaded;
	}
}

/* Describes the instruction before @offset of @text, or at it when that is repeated. */
static int before(struct hw_insns *c, const struct decoded_function *f, const struct text *text,
		  size_t offset, struct hw_insn *ret)
{
	struct window *w = &c->window;
	struct hw_step step;
	size_t at = offset;

	if (!is_start(f, offset) ||
	    !hw_decode(c->decoder, text->code, text->size, offset, text->start, &step))
		return 0;
	if (!step.is_repeated &&
	    (!step_back(f, &at) ||
	     !hw_decode(c->decoder, text->code, text->size, at, text->start, &step)))
		return 0;
	*ret = step.insn;
	if (!ret->reads && !ret->writes && !step.jumps_if)
		return 1; /* of no interest: spares the rest, which takes 50 times as long */
	if (!look_around(c, f, text, at, w))
		return 0;
	if (w->steps[w->at].jumps_if && w->at > 0 && w->steps[w->at - 1].is_fusible)
		w->at--;
	describe_insn(c, w, ret);
	return 1;
}

int hw_insns_before_in(struct hw_insns *c, const uint8_t *code, size_t size, size_t offset,
		       struct hw_insn *ret)
{
	const struct text text = { .code = code, .size = size };
	struct decoded_function f = { 0 };
	int r;

	if (offset >= size)
		return 0;
	r = mark_starts(c, &f, &text, offset + WINDOW_BYTES);
	if (r >= 0)
		r = before(c, &f, &text, offset, ret);
	free(f.starts);
	return r;
}

/* Finds or makes the function that starts at @start. */
static int get_function(struct hw_insns *c, const struct insn_place *start,
			struct decoded_function **ret)
{
	uint32_t i;
	int r;

	if (hw_reserve(c->functions, c->cap_functions, hw_intern_count(c->starts) + 1U) < 0)
		return -ENOMEM;
	r = hw_intern_add(c->starts, start, sizeof(*start), &i);
	if (r < 0)
		return -ENOMEM;
	if (r)
		c->functions[i] = (struct decoded_function){ 0 };
	*ret = &c->functions[i];
	return 0;
}

static int find_before(struct hw_insns *c, struct hw_module *m, uint64_t vaddr,
		       struct hw_insn *ret)
{
	struct insn_place start = { .module = m };
	hw_autofree uint8_t *code = NULL;
	struct hw_symbol symbol;
	struct decoded_function *f;
	struct text text;
	size_t offset, size;
	int r = hw_module_find(m, vaddr, &symbol);

	if (r < 0)
		return r;
	if (!symbol.start || symbol.offset_bytes > FUNCTION_MAX)
		return 0;
	start.vaddr = symbol.start;
	offset = (size_t)symbol.offset_bytes;
	/* the last instructions of a segment have not as many bytes behind them */
	for (size = offset + WINDOW_BYTES; size > offset; size -= INSN_MAX_BYTES) {
		free(code);
		code = malloc(size);
		if (!code)
			return -ENOMEM;
		if (hw_module_read(m, symbol.start, code, size) == 0)
			break;
	}
	if (size == offset)
		return 0;
	text = (struct text){ .code = code, .size = size, .start = symbol.start };
	r = get_function(c, &start, &f);
	if (r >= 0)
		r = mark_starts(c, f, &text, offset + WINDOW_BYTES);
	return r < 0 ? r : before(c, f, &text, offset, ret);
}

int hw_insns_before(struct hw_insns *c, struct hw_module *m, uint64_t vaddr, struct hw_insn *ret)
{
	struct insn_place at = { .module = m, .vaddr = vaddr };
	struct answer *a;
	uint32_t i;
	int r;

	if ((c->bytes > BYTES_MAX || hw_intern_count(c->places) > ANSWERS_MAX) && start_over(c) < 0)
		return -ENOMEM;
	if (hw_reserve(c->answers, c->cap_answers, hw_intern_count(c->places) + 1U) < 0)
		return -ENOMEM;
	r = hw_intern_add(c->places, &at, sizeof(at), &i);
	if (r < 0)
		return -ENOMEM;
	a = &c->answers[i];
	if (r) {
		*a = (struct answer){ 0 };
		a->r = find_before(c, m, vaddr, &a->insn);
	}
	*ret = a->insn;
	return a->r;
}

uint64_t hw_insn_addr(const struct hw_insn *insn, const uint64_t *regs, size_t n_regs)
{
	uint64_t addr = (uint64_t)insn->disp;

	if (!insn->reads && !insn->writes)
		return 0;
	if (insn->base != HW_INSN_NO_REG)
		addr += insn->base < n_regs ? regs[insn->base] : 0;
	if (insn->index != HW_INSN_NO_REG)
		addr += insn->index < n_regs ? regs[insn->index] * insn->scale : 0;
	if (insn->is_value && (addr < POINTER_MIN || addr > POINTER_MAX))
		return 0;
	return addr;
}
