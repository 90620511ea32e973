/* SPDX-License-Identifier: Apache-2.0 */
#include "resolve/resolve.h"

#include <errno.h>
#include <string.h>

#include "base/array.h"
#include "base/log.h"
#include "resolve/merge.h"
#include "py/code.h"
#include "sym/insn.h"
#include "sym/kallsyms.h"

/* In the count of a chain: it is in the eval function, see is_counted_eval(). */
#define SWITCH_FRAMES_MAX 16
#define CHAIN_EVAL 0x80000000u

/* No frame: the word on the stack was no return address. */
#define NOT_A_FRAME UINT32_MAX

/* Longest stack without inlined calls: all parts, and a marker. */
#define STACK_MAX (HW_NATIVE_MAX + HW_PYTHON_MAX + HW_KERNEL_MAX + 1)
_Static_assert(STACK_MAX < HW_PROFILE_STACK_MAX, "inlined calls get the rest");

enum key_kind { KEY_NATIVE = 1, KEY_JIT, KEY_PYTHON, KEY_KERNEL };

/* What a frame was made from; equal keys give equal frames. */
struct frame_key {
	uint32_t kind;	/* enum key_kind */
	uint32_t extra; /* native: HW_NATIVE_ flags; JIT: the program; Python: which copy of the
			 * bytecode */
	uint64_t owner; /* native: the binary, or the program where there is none; JIT: the name, a
			 * string of the profile; Python: the code */
	uint64_t addr;	/* native: vaddr, or address; Python: instruction; kernel: address */
};

struct hw_resolver {
	struct hw_profile *profile;
	struct hw_kallsyms *kallsyms; /* read at the first kernel frame */
	bool kallsyms_tried;
	struct hw_insns *insns;
	struct hw_intern *frame_keys; /* struct frame_key; its number is an index of frames */
	uint32_t *frames;	      /* frame numbers of the profile; for native code where in
				       * chains its frames are, or NOT_A_FRAME */
	size_t cap_frames;
	uint32_t *chains; /* of native code: a count, then so many frame numbers, the innermost of
			   * inlined calls first */
	size_t n_chains, cap_chains;
	uint64_t doubts[HW_DOUBT_COUNT];
	uint32_t doubts_seen; /* by the sample at hand, a bit each */
	struct hw_merged merged[HW_NATIVE_MAX + HW_PYTHON_MAX];
	uint32_t stack[HW_PROFILE_STACK_MAX];
	size_t n_stack;
};

static const struct {
	const char *reason, *advice;
} doubt_texts[HW_DOUBT_COUNT] = {
	[HW_DOUBT_NO_ROWS] = { "native callers missing: that code has neither unwind rows nor a frame "
			       "pointer",
			       "build it with -fasynchronous-unwind-tables or "
			       "-fno-omit-frame-pointer; Python frames are whole all the same" },
	[HW_DOUBT_NO_RULE] = { "native callers missing: the unwind rows there need an expression that "
			       "is not evaluated", "Python frames are whole all the same" },
	[HW_DOUBT_UNMAPPED] = { "native callers missing: the code was mapped a moment before", "" },
	[HW_DOUBT_BAD_FRAME] = { "native callers missing: the stack held no return address where one "
				 "should be", "Python frames are whole all the same" },
	[HW_DOUBT_NATIVE_FAULT] = { "native stack unreadable at that moment", "" },
	[HW_DOUBT_TOO_DEEP] = { "stack deeper than is recorded: its root is missing", "" },
	[HW_DOUBT_PYTHON_FAULT] = { "Python stack unreadable at that moment: callers missing", "" },
	[HW_DOUBT_CODE_GONE] = { "Python function gone before its name was read", "" },
	[HW_DOUBT_KALLSYMS] = { "kernel functions without names",
				"record as root or with CAP_SYSLOG, and with kernel.kptr_restrict "
				"below 2; see `hwprof doctor`" },
};

const char *hw_doubt_reason(enum hw_doubt doubt)
{
	return doubt_texts[doubt].reason;
}

const char *hw_doubt_advice(enum hw_doubt doubt)
{
	return doubt_texts[doubt].advice;
}

struct hw_resolver *hw_resolver_new(struct hw_profile *profile)
{
	struct hw_resolver *rs = calloc(1, sizeof(*rs));

	if (!rs)
		return NULL;
	rs->profile = profile;
	rs->frame_keys = hw_intern_new();
	rs->insns = hw_insns_new(HW_INSN_HERE);
	return rs->frame_keys && rs->insns ? rs : hw_resolver_free(rs);
}

struct hw_resolver *hw_resolver_free(struct hw_resolver *rs)
{
	if (!rs)
		return NULL;
	free(rs->chains);
	free(rs->frames);
	hw_intern_free(rs->frame_keys);
	hw_kallsyms_free(rs->kallsyms);
	hw_insns_free(rs->insns);
	free(rs);
	return NULL;
}

static void doubt(struct hw_resolver *rs, enum hw_doubt d)
{
	rs->doubts_seen |= 1U << d;
}

uint64_t hw_resolver_doubts(const struct hw_resolver *rs, enum hw_doubt d)
{
	return rs->doubts[d];
}

/* Adds a frame with these texts to the profile. */
static int add_frame(struct hw_resolver *rs, struct hw_frame frame, const char *name,
		     const char *file, const char *module, const char *build_id, uint32_t *ret)
{
	struct hw_profile *p = rs->profile;
	struct hw_module_info info;
	int r;

	r = hw_profile_string(p, name, &frame.name);
	if (r >= 0)
		r = hw_profile_string(p, file ? file : "", &frame.file);
	if (r >= 0)
		r = hw_profile_string(p, module, &info.path);
	if (r >= 0)
		r = hw_profile_string(p, build_id, &info.build_id);
	if (r >= 0)
		r = hw_profile_module(p, &info, &frame.module);
	return r < 0 ? r : hw_profile_frame(p, &frame, ret);
}

/* Finds @key among the frames made before. Returns 1 with its frame in *ret, or 0: then the caller
 * makes it and puts it at *ret_slot. */
static int find_frame(struct hw_resolver *rs, const struct frame_key *key, uint32_t *ret,
		      uint32_t **ret_slot)
{
	uint32_t i;
	int r = hw_reserve(rs->frames, rs->cap_frames, hw_intern_count(rs->frame_keys) + 1U);

	if (r < 0)
		return r;
	r = hw_intern_add(rs->frame_keys, key, sizeof(*key), &i);
	if (r < 0)
		return r;
	*ret_slot = &rs->frames[i];
	if (r)
		**ret_slot = NOT_A_FRAME;
	*ret = **ret_slot;
	return !r;
}

/* Makes room for a chain of @n frames and returns it, or NULL without memory. */
static uint32_t *new_chain(struct hw_resolver *rs, uint32_t n, uint32_t *ret)
{
	uint32_t *chain;

	if (rs->n_chains > NOT_A_FRAME - n - 1 ||
	    hw_reserve(rs->chains, rs->cap_chains, rs->n_chains + n + 1) < 0)
		return NULL;
	chain = &rs->chains[rs->n_chains];
	*ret = (uint32_t)rs->n_chains;
	*chain = n;
	rs->n_chains += n + 1;
	return chain + 1;
}

/* Where to look a code address up: a return address may lie behind the end of its function. */
static uint64_t lookup_addr(uint64_t addr, uint32_t flags)
{
	return addr - !(flags & (HW_NATIVE_EXACT | HW_NATIVE_SIGNAL));
}

/* Whether @vaddr lies in the eval function of a CPython whose Python frames are put in order by
 * counting its calls. */
static bool is_counted_eval(const struct hw_binary *b, uint64_t vaddr)
{
	return b->python > 0 && b->runtime.offsets.walk.entry == HW_PY_ENTRY_NONE &&
	       hw_py_runtime_is_eval(&b->runtime, vaddr);
}

/* What the instruction before the interrupted one does with memory, as flags of its frame. */
static int flags_of_insn(struct hw_resolver *rs, struct hw_module *m, uint64_t vaddr)
{
	struct hw_insn insn;
	int r = hw_insns_before(rs->insns, m, vaddr, &insn);

	if (r <= 0)
		return r;
	return HW_FRAME_DECODED | (insn.reads ? HW_FRAME_AFTER_LOAD : 0) |
	       (insn.writes ? HW_FRAME_AFTER_STORE : 0) |
	       (insn.is_loaded ? HW_FRAME_ADDR_LOADED : 0);
}

static int make_native(struct hw_resolver *rs, struct hw_binary *b, uint64_t vaddr,
		       uint32_t flags, uint32_t *ret)
{
	struct hw_module *m = hw_binary_handle(b, HW_BINARY_NAMES);
	struct hw_frame frame = { .kind = HW_FRAME_NATIVE, .addr = vaddr };
	struct hw_symbol symbols[HW_INLINES_MAX + 1];
	uint32_t *chain;
	int n, leaf_flags, r = 0;

	if (!m)
		return -ENOMEM;
	leaf_flags = flags & HW_NATIVE_EXACT ? flags_of_insn(rs, m, vaddr) : 0;
	if (leaf_flags < 0)
		return leaf_flags;
	n = hw_module_inlines(m, lookup_addr(vaddr, flags), symbols, HW_INLINES_MAX + 1);
	if (n < 0)
		return n;
	if (flags & HW_NATIVE_SIGNAL && !strcmp(symbols[n - 1].name, "[unknown]"))
		symbols[n - 1].name = "[signal]";
	chain = new_chain(rs, (uint32_t)n, ret);
	if (!chain)
		return -ENOMEM;
	for (int i = 0; i < n && r >= 0; i++) {
		frame.flags = (uint8_t)((b->python ? HW_FRAME_INTERPRETER : 0) |
					(i < n - 1 ? HW_FRAME_INLINED : 0) |
					(i ? 0 : leaf_flags));
		frame.line = symbols[i].line;
		r = add_frame(rs, frame, symbols[i].name, symbols[i].file,
			      hw_module_name(b->module), hw_module_build_id(b->module), &chain[i]);
	}
	if (is_counted_eval(b, lookup_addr(vaddr, flags)))
		rs->chains[*ret] |= CHAIN_EVAL;
	return r;
}

/* Code without a name, in no file. */
static int make_anonymous(struct hw_resolver *rs, const struct hw_vma *vma, uint64_t addr,
			  uint32_t flags, uint32_t *ret)
{
	struct hw_frame frame = { .kind = HW_FRAME_NATIVE, .addr = addr };
	const char *module = vma && vma->what->path[0] ? vma->what->path : "[anonymous]";
	uint32_t *chain = new_chain(rs, 1, ret);

	if (!chain)
		return -ENOMEM;
	return add_frame(rs, frame, flags & HW_NATIVE_SIGNAL ? "[signal]" : "[unknown]", NULL,
			 vma ? module : "[unmapped]", "", chain);
}

/* Whether @pc is a guess that proves wrong: no return address. */
static bool is_wrong_guess(const struct hw_vma *vma, const struct hw_binary *b, uint64_t vaddr,
			   uint32_t flags)
{
	if (!(flags & HW_NATIVE_BY_FP))
		return false;
	return b ? !hw_module_follows_call(b->module, vaddr) : !vma;
}

/* Code that the process made itself and gave a name. The key holds the name, for other code may
 * come to lie there later. Returns 1, 0 when it has no name, or an error. */
static int jit_frame(struct hw_resolver *rs, struct hw_program *program, const struct hw_vma *vma,
		     uint64_t pc, uint32_t flags, uint32_t *ret)
{
	struct frame_key key = { .kind = KEY_JIT, .extra = program->id, .addr = pc };
	struct hw_frame frame = { .kind = HW_FRAME_NATIVE, .addr = pc };
	uint32_t *slot, *chain, name, at;
	struct hw_symbol symbol;
	int r;

	r = hw_program_jit(program, lookup_addr(pc, flags), &symbol);
	if (r <= 0)
		return r;
	r = hw_profile_string(rs->profile, symbol.name, &name);
	if (r < 0)
		return r;
	key.owner = name;
	r = find_frame(rs, &key, ret, &slot);
	if (r)
		return r;
	chain = new_chain(rs, 1, &at);
	if (!chain)
		return -ENOMEM;
	r = add_frame(rs, frame, symbol.name, NULL,
		      vma->what->path[0] ? vma->what->path : "[JIT]", "", chain);
	if (r < 0)
		return r;
	*ret = *slot = at;
	return 1;
}

/* Finds or makes the frames of one native address: *ret is where in chains, or NOT_A_FRAME. */
static int native_frame(struct hw_resolver *rs, const struct hw_process_version *v, uint64_t pc,
			uint32_t flags, uint32_t *ret)
{
	const struct hw_vma *vma = hw_mappings_find(v->mappings, pc);
	struct hw_binary *b = vma ? vma->what->binary : NULL;
	struct frame_key key = { .kind = KEY_NATIVE, .extra = flags, .addr = pc };
	uint32_t *slot, at;
	int r;

	if (b && hw_module_vaddr(b->module, vma->file_off + (pc - vma->start), &key.addr) < 0)
		b = NULL;
	r = vma && !b ? jit_frame(rs, v->program, vma, pc, flags, ret) : 0;
	if (r)
		return r < 0 ? r : 0;
	key.owner = b ? (uintptr_t)b : v->program->id;
	r = find_frame(rs, &key, ret, &slot);
	if (r || is_wrong_guess(vma, b, key.addr, flags))
		return r < 0 ? r : 0;
	r = b ? make_native(rs, b, key.addr, flags, &at) :
		make_anonymous(rs, vma, pc, flags, &at);
	if (r >= 0)
		*ret = *slot = at;
	return r;
}

static int make_python(struct hw_resolver *rs, const struct hw_py_code *code,
		       const struct hw_raw_python *raw, uint32_t *ret)
{
	struct hw_frame frame = { .kind = HW_FRAME_PYTHON };
	struct hw_py_position at;

	if (!code) {
		frame.kind = HW_FRAME_MARKER;
		return add_frame(rs, frame, "[Python function gone]", NULL, "", "", ret);
	}
	at = hw_py_code_position(code, raw->instr, raw->tlbc);
	frame.func_line = code->first_line;
	frame.line = at.line;
	if (at.column != HW_PY_NO_COLUMN && at.end_column != HW_PY_NO_COLUMN) {
		frame.end_line = at.end_line;
		frame.column = at.column + 1;
		frame.end_column = at.end_column + 1;
	}
	return add_frame(rs, frame, code->name, code->file, "", "", ret);
}

static int python_frame(struct hw_resolver *rs, const struct hw_raw_python *raw,
			const struct hw_py_code *code, uint32_t *ret)
{
	struct frame_key key = { .kind = KEY_PYTHON, .extra = raw->tlbc, .owner = (uintptr_t)code,
				 .addr = raw->instr };
	uint32_t *slot;
	int r;

	if (!code) {
		doubt(rs, HW_DOUBT_CODE_GONE);
		key.addr = key.extra = 0;
	}
	r = find_frame(rs, &key, ret, &slot);
	if (r)
		return r < 0 ? r : 0;
	r = make_python(rs, code, raw, slot);
	if (r >= 0)
		*ret = *slot;
	return r;
}

static void read_kallsyms(struct hw_resolver *rs)
{
	int r;

	if (rs->kallsyms_tried)
		return;
	rs->kallsyms_tried = true;
	r = hw_kallsyms_read(&rs->kallsyms);
	if (r < 0)
		log_debug("kernel symbols: %s", strerror(-r));
}

static int kernel_frame(struct hw_resolver *rs, uint64_t addr, uint32_t *ret)
{
	struct frame_key key = { .kind = KEY_KERNEL, .addr = addr };
	struct hw_frame frame = { .kind = HW_FRAME_KERNEL, .addr = addr };
	struct hw_symbol sym = { .name = "[unknown]" };
	const char *module = "[kernel]";
	uint32_t *slot;
	int r = find_frame(rs, &key, ret, &slot);

	read_kallsyms(rs);
	if (!rs->kallsyms)
		doubt(rs, HW_DOUBT_KALLSYMS);
	if (r)
		return r < 0 ? r : 0;
	if (rs->kallsyms)
		hw_kallsyms_find(rs->kallsyms, addr, &sym, &module);
	r = add_frame(rs, frame, sym.name, NULL, module, "", slot);
	if (r >= 0)
		*ret = *slot;
	return r;
}

/* The parts of a raw sample, which follow it without gaps, and the codes of its Python frames. */
struct parts {
	const struct hw_raw_native *native;
	const struct hw_raw_python *python;
	const struct hw_py_code *const *codes;
	const __u64 *kernel, *regs;
};

static struct parts parts_of(const struct hw_taken_sample *taken)
{
	const struct hw_raw_sample *raw = taken->raw;
	struct parts p = { .native = (const struct hw_raw_native *)(raw + 1), .codes = taken->codes };

	p.python = (const struct hw_raw_python *)(p.native + raw->n_native);
	p.kernel = (const __u64 *)(p.python + raw->n_python);
	p.regs = p.kernel + raw->n_kernel;
	return p;
}

/* How many of the frames at the leaf are the scheduler's and of those who watch it: the stack of a
 * thread that goes on after it was blocked is taken in its switch. All or none. */
static size_t switch_frames(struct hw_resolver *rs, const struct hw_raw_sample *raw,
			    const struct parts *parts)
{
	for (size_t i = 0; i < raw->n_kernel && i < SWITCH_FRAMES_MAX; i++) {
		struct hw_symbol sym;
		const char *module;

		read_kallsyms(rs);
		if (rs->kallsyms && hw_kallsyms_find(rs->kallsyms, parts->kernel[i], &sym, &module) &&
		    !strcmp(sym.name, "__schedule"))
			return i + 1;
	}
	return 0;
}

static int push_kernel(struct hw_resolver *rs, const struct hw_raw_sample *raw,
		       const struct parts *parts)
{
	size_t first = raw->wait ? switch_frames(rs, raw, parts) : 0;

	for (size_t i = first; i < raw->n_kernel && i < HW_KERNEL_MAX; i++) {
		int r = kernel_frame(rs, parts->kernel[i], &rs->stack[rs->n_stack]);

		if (r < 0)
			return r;
		rs->n_stack++;
	}
	return 0;
}

/* Makes the native frames, which end at the first guess that proves wrong; returns how many there
 * are, with where they are in chains in @frames. */
static int resolve_native(struct hw_resolver *rs, const struct hw_process_version *v,
			  const struct hw_raw_sample *raw, const struct parts *parts,
			  uint32_t frames[HW_NATIVE_MAX])
{
	size_t n = raw->n_native < HW_NATIVE_MAX ? raw->n_native : HW_NATIVE_MAX;

	for (size_t i = 0; i < n; i++) {
		uint64_t cfa = parts->native[i].cfa;
		uint32_t flags = (uint32_t)(cfa - HW_NATIVE_CFA(cfa));
		int r;

		if (!i && !flags)
			flags = HW_NATIVE_EXACT;
		r = native_frame(rs, v, parts->native[i].pc, flags, &frames[i]);
		if (r < 0)
			return r;
		if (frames[i] == NOT_A_FRAME)
			return (int)i;
	}
	return (int)n;
}

/* Pushes the frames of one native address, inlined calls only where there is @room for them. */
static void push_chain(struct hw_resolver *rs, uint32_t at, size_t *room)
{
	const uint32_t *chain = &rs->chains[at];
	uint32_t length = *chain & ~CHAIN_EVAL, inlined = length - 1;

	if (inlined <= *room) {
		memcpy(&rs->stack[rs->n_stack], chain + 1, inlined * sizeof(*chain));
		rs->n_stack += inlined;
		*room -= inlined;
	}
	rs->stack[rs->n_stack++] = chain[length];
}

/* Puts the frames in order, into rs->merged; returns how many there are. */
static size_t merge(struct hw_resolver *rs, const struct hw_raw_sample *raw,
		    const struct parts *parts, const uint32_t *native, size_t n_native)
{
	size_t n_python = raw->n_python < HW_PYTHON_MAX ? raw->n_python : HW_PYTHON_MAX;
	uint8_t is_eval[HW_NATIVE_MAX];
	bool any = false;

	for (size_t i = 0; i < n_native; i++) {
		is_eval[i] = rs->chains[native[i]] & CHAIN_EVAL ? 1 : 0;
		any |= is_eval[i];
	}
	if (any)
		return hw_merge_by_eval(is_eval, n_native, parts->python, n_python, rs->merged);
	return hw_merge(parts->native, n_native, parts->python, n_python, rs->merged);
}

static int push_user(struct hw_resolver *rs, const struct hw_process_version *v,
		     const struct hw_raw_sample *raw, const struct parts *parts, uint8_t *native_end)
{
	size_t room = HW_PROFILE_STACK_MAX - STACK_MAX;
	uint32_t native[HW_NATIVE_MAX];
	int n_native = resolve_native(rs, v, raw, parts, native);
	size_t n;

	if (n_native < 0)
		return n_native;
	*native_end = n_native < raw->n_native ? HW_END_BAD_FRAME : raw->native_end;
	n = merge(rs, raw, parts, native, (size_t)n_native);
	for (size_t i = 0; i < n; i++) {
		uint16_t index = rs->merged[i].index;
		int r;

		if (!rs->merged[i].python) {
			push_chain(rs, native[index], &room);
			continue;
		}
		r = python_frame(rs, &parts->python[index], parts->codes[index], &rs->stack[rs->n_stack]);
		if (r < 0)
			return r;
		rs->n_stack++;
	}
	return 0;
}

/* Where the data lie that the instruction before the interrupted one used; 0 when not known. */
static uint64_t data_of(struct hw_resolver *rs, const struct hw_process_version *v,
			const struct hw_raw_sample *raw, const struct parts *parts)
{
	uint64_t pc = raw->n_native ? parts->native[0].pc : 0, vaddr;
	const struct hw_vma *vma = raw->n_regs ? hw_mappings_find(v->mappings, pc) : NULL;
	struct hw_binary *b = vma ? vma->what->binary : NULL;
	struct hw_module *m = b ? hw_binary_handle(b, HW_BINARY_NAMES) : NULL;
	uint64_t regs[HW_SAMPLE_REGS];
	struct hw_insn insn;

	if (!m || hw_module_vaddr(m, vma->file_off + (pc - vma->start), &vaddr) < 0 ||
	    hw_insns_before(rs->insns, m, vaddr, &insn) <= 0)
		return 0;
	memcpy(regs, parts->regs, sizeof(regs));
	return hw_insn_addr(&insn, regs, HW_SAMPLE_REGS);
}

/* How a native walk that ended early is shown. */
static const struct {
	enum hw_doubt doubt;
	const char *text; /* of the frame in place of the callers; NULL: it ended well */
} native_doubts[HW_END_COUNT] = {
	[HW_END_FAULT] = { HW_DOUBT_NATIVE_FAULT, "[stack unreadable]" },
	[HW_END_BAD_FRAME] = { HW_DOUBT_BAD_FRAME, "[broken stack]" },
	[HW_END_NO_ROWS] = { HW_DOUBT_NO_ROWS, "[no unwind rows]" },
	[HW_END_NO_RULE] = { HW_DOUBT_NO_RULE, "[unwind rule not evaluated]" },
	[HW_END_UNMAPPED] = { HW_DOUBT_UNMAPPED, "[code in no known mapping]" },
};

/* Whether the stack is whole: to the root of the native frames, or of the Python frames where those
 * lead further. Names what is missing. */
static bool is_truncated(struct hw_resolver *rs, uint8_t native_end, uint8_t python_end)
{
	if (native_end == HW_END_TOO_DEEP || python_end == HW_END_TOO_DEEP)
		doubt(rs, HW_DOUBT_TOO_DEEP);
	if (native_doubts[native_end % HW_END_COUNT].text)
		doubt(rs, native_doubts[native_end % HW_END_COUNT].doubt);
	if (python_end == HW_END_FAULT || python_end == HW_END_BAD_FRAME) {
		doubt(rs, HW_DOUBT_PYTHON_FAULT);
		return true;
	}
	if (native_end == HW_END_LEAF || python_end == HW_END_LEAF || native_end == HW_END_NONE)
		return false;
	return native_end != HW_END_ROOT && python_end != HW_END_ROOT;
}

static int push_marker(struct hw_resolver *rs, const char *text)
{
	struct hw_frame frame = { .kind = HW_FRAME_MARKER };
	int r = add_frame(rs, frame, text, NULL, "", "", &rs->stack[rs->n_stack]);

	if (r >= 0)
		rs->n_stack++;
	return r;
}

static const char *marker_text(uint8_t native_end, uint8_t python_end)
{
	if (native_end == HW_END_TOO_DEEP || python_end == HW_END_TOO_DEEP)
		return "[stack too deep]";
	if (python_end == HW_END_FAULT || python_end == HW_END_BAD_FRAME)
		return "[Python stack unreadable]";
	return native_doubts[native_end % HW_END_COUNT].text;
}

static int store_sample(struct hw_resolver *rs, const struct hw_raw_sample *raw, uint64_t addr,
		      uint32_t flags)
{
	char comm[HW_COMM_SIZE + 1] = { 0 };
	struct hw_task task = { .pid = (int32_t)raw->pid, .tid = (int32_t)raw->tid };
	struct hw_sample sample = {
		.time_ns = raw->time_ns,
		.period = raw->period,
		.addr = addr,
		.event = raw->event,
		.cpu = (uint16_t)raw->cpu,
		.flags = flags | (raw->gil_wanted ? HW_SAMPLE_GIL_WANTED : 0) |
			 (uint32_t)raw->wait << HW_SAMPLE_WAIT_SHIFT |
			 (uint32_t)raw->fault << HW_SAMPLE_FAULT_SHIFT,
	};
	int r;

	memcpy(comm, raw->comm, HW_COMM_SIZE);
	r = hw_profile_string(rs->profile, comm, &task.comm);
	if (r >= 0)
		r = hw_profile_task(rs->profile, &task, &sample.task);
	if (r >= 0)
		r = hw_profile_stack(rs->profile, rs->stack, rs->n_stack, &sample.stack);
	return r < 0 ? r : hw_profile_sample(rs->profile, &sample);
}

int hw_resolver_add(struct hw_resolver *rs, const struct hw_taken_sample *taken)
{
	const struct hw_raw_sample *raw = taken->raw;
	const struct hw_process_version *v = taken->version;
	struct parts parts = parts_of(taken);
	uint8_t native_end = raw->native_end;
	bool truncated;
	int r;

	if (!v)
		return -ENOMEM;
	rs->n_stack = 0;
	rs->doubts_seen = 0;
	r = push_kernel(rs, raw, &parts);
	if (r >= 0)
		r = push_user(rs, v, raw, &parts, &native_end);
	if (r < 0)
		return r;
	truncated = is_truncated(rs, native_end, raw->python_end);
	if (truncated)
		r = push_marker(rs, marker_text(native_end, raw->python_end));
	if (r >= 0)
		r = store_sample(rs, raw, raw->addr ? raw->addr : data_of(rs, v, raw, &parts),
			       truncated ? HW_SAMPLE_TRUNCATED : 0);
	if (r < 0)
		return r;
	for (int d = 0; d < HW_DOUBT_COUNT; d++)
		rs->doubts[d] += rs->doubts_seen >> d & 1;
	return 0;
}
