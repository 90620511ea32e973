/* SPDX-License-Identifier: Apache-2.0 */
#include "report/hot.h"

#include <errno.h>
#include <string.h>

#include "base/array.h"
#include "bound/facts.h"
#include "report/table.h"

#define BIT(class)  (1u << (class))
#define ALL_CLASSES (BIT(HW_BUSY_USER) | BIT(HW_BUSY_FAULT) | BIT(HW_BUSY_IO) | BIT(HW_BUSY_KERNEL))

static const struct focus {
	const char *verdict_class, *what;
	unsigned int classes;
} focuses[] = {
	{ "cpu", "user and kernel", BIT(HW_BUSY_USER) | BIT(HW_BUSY_KERNEL) },
	{ "memory", "page faults", BIT(HW_BUSY_FAULT) },
	{ "io", "kernel work for I/O", BIT(HW_BUSY_IO) },
};
static const struct focus focus_all = { "", "all CPU time", ALL_CLASSES };

/* One row of a ranking while it is added up. */
struct entry {
	uint32_t frame; /* a frame that has the key */
	struct hw_weight weight;
};

struct ranking {
	struct hw_intern *keys;
	struct entry *entries; /* by number of the key */
	size_t n, cap;
};

/* What makes two frames one row; no padding. */
struct entry_key {
	uint32_t kind, module, name, file, line;
};

static int rank(struct ranking *rk, const struct entry_key *key, uint32_t frame,
		const struct hw_weight *w)
{
	uint32_t id;
	int r;

	if (hw_reserve(rk->entries, rk->cap, rk->n + 1) < 0)
		return -ENOMEM;
	r = hw_intern_add(rk->keys, key, sizeof(*key), &id);
	if (r < 0)
		return -ENOMEM;
	if (r > 0)
		rk->entries[rk->n++] = (struct entry){ .frame = frame };
	rk->entries[id].weight.samples += w->samples;
	rk->entries[id].weight.period += w->period;
	return 0;
}

/* The frame that a sample with this stack is charged to; @n is not 0. */
static uint32_t charged_frame(const struct hw_profile *p, const uint32_t *frames, size_t n)
{
	uint32_t native = frames[0];
	bool have_native = false;

	for (size_t i = 0; i < n; i++) {
		enum hw_frame_kind kind = hw_profile_get_frame(p, frames[i])->kind;

		if (kind == HW_FRAME_PYTHON)
			return frames[i];
		if (kind == HW_FRAME_NATIVE && !have_native) {
			native = frames[i];
			have_native = true;
		}
	}
	return native;
}

struct search {
	const struct hw_profile *p;
	const uint8_t *classes;		 /* by stack */
	const struct hw_weight *weights; /* by stack */
	struct ranking lines, functions;
	struct hw_weight in_focus;
};

static struct hw_weight weigh_classes(const struct search *s, unsigned int classes)
{
	struct hw_weight sum = { 0 };

	for (uint32_t i = 0; i < hw_intern_count(s->p->stacks); i++) {
		if (!(classes & BIT(s->classes[i])))
			continue;
		sum.samples += s->weights[i].samples;
		sum.period += s->weights[i].period;
	}
	return sum;
}

static int rank_stack(struct search *s, uint32_t stack)
{
	const struct hw_weight *w = &s->weights[stack];
	size_t n;
	const uint32_t *frames = hw_profile_get_stack(s->p, stack, &n);
	uint32_t frame = charged_frame(s->p, frames, n);
	const struct hw_frame *f = hw_profile_get_frame(s->p, frame);
	struct entry_key line = { f->kind, f->module, f->name, f->file, f->line };
	struct entry_key function = { f->kind, f->module, f->name, 0, f->func_line };
	int r;

	if (f->kind == HW_FRAME_PYTHON)
		function.file = f->file; /* native functions have inlined files: module is enough */
	r = rank(&s->lines, &line, frame, w);
	return r < 0 ? r : rank(&s->functions, &function, frame, w);
}

static int rank_stacks(struct search *s, unsigned int classes)
{
	for (uint32_t i = 0; i < hw_intern_count(s->p->stacks); i++) {
		int r = 0;

		if (s->weights[i].samples && (classes & BIT(s->classes[i])))
			r = rank_stack(s, i);
		if (r < 0)
			return r;
	}
	return 0;
}

static int compare_entries(const void *pa, const void *pb)
{
	const struct entry *a = pa, *b = pb;

	if (a->weight.period != b->weight.period)
		return a->weight.period < b->weight.period ? 1 : -1;
	if (a->weight.samples != b->weight.samples)
		return a->weight.samples < b->weight.samples ? 1 : -1;
	return (a->frame > b->frame) - (a->frame < b->frame);
}

static size_t take_rows(struct ranking *rk, const struct hw_profile *p, const struct hw_hot *hot,
			double period, bool functions, struct hw_hot_row *ret)
{
	size_t n = rk->n < HW_HOT_ROWS ? rk->n : HW_HOT_ROWS;

	if (rk->n) /* qsort(3) wants no NULL */
		qsort(rk->entries, rk->n, sizeof(rk->entries[0]), compare_entries);
	for (size_t i = 0; i < n; i++) {
		const struct entry *e = &rk->entries[i];
		const struct hw_frame *f = hw_profile_get_frame(p, e->frame);
		const struct hw_module_info *module = hw_profile_get_module(p, f->module);
		double share = period > 0 ? (double)e->weight.period / period : 0;

		ret[i] = (struct hw_hot_row){
			.function = f->name ? hw_profile_str(p, f->name) : "[unknown]",
			.file = hw_profile_str(p, f->file),
			.module = hw_profile_str(p, module->path),
			.line = functions ? f->func_line : f->line,
			.samples = e->weight.samples,
			.share = share,
			.seconds = share * hot->seconds,
		};
	}
	return n;
}

static const struct focus *choose_focus(const struct search *s, const char *verdict_class)
{
	uint64_t all = weigh_classes(s, ALL_CLASSES).samples;

	for (size_t i = 0; i < sizeof(focuses) / sizeof(focuses[0]); i++)
		if (!strcmp(focuses[i].verdict_class, verdict_class) &&
		    weigh_classes(s, focuses[i].classes).samples * 100 >= all)
			return &focuses[i];
	return &focus_all;
}

static int search(struct search *s, const char *verdict_class, const char *unit, struct hw_hot *hot)
{
	const struct hw_usage *usage = &s->p->session.usage;
	const struct focus *focus = choose_focus(s, verdict_class);
	struct hw_weight all = weigh_classes(s, ALL_CLASSES);
	double busy_s = usage->user_s + usage->sys_s;
	int r;

	if (!all.samples || !all.period)
		return -ENODATA;
	if (!(busy_s > 0) && !strcmp(unit, "ns"))
		busy_s = (double)all.period / 1e9;
	s->in_focus = weigh_classes(s, focus->classes);
	r = rank_stacks(s, focus->classes);
	if (r < 0)
		return r;
	hot->what = focus->what;
	hot->n_samples = s->in_focus.samples;
	hot->seconds = busy_s * (double)s->in_focus.period / (double)all.period;
	hot->wall_s = usage->wall_s;
	hot->parallel = busy_s > 1.05 * usage->wall_s; /* one thread cannot: 5 % for rounding */
	hot->n_lines =
		take_rows(&s->lines, s->p, hot, (double)s->in_focus.period, false, hot->lines);
	hot->n_functions = take_rows(&s->functions, s->p, hot, (double)s->in_focus.period, true,
				     hot->functions);
	return 0;
}

int hw_hot_find(const struct hw_profile *p, const char *verdict_class, struct hw_hot *ret)
{
	hw_auto(hw_intern_free) struct hw_intern *line_keys = hw_intern_new();
	hw_auto(hw_intern_free) struct hw_intern *function_keys = hw_intern_new();
	hw_autofree struct hw_weight *weights = NULL;
	hw_autofree uint8_t *classes = NULL;
	struct search s = { .p = p };
	struct hw_hot hot = { 0 };
	int event = hw_bound_clock_event(p), r;

	if (event < 0)
		return -ENODATA;
	if (!line_keys || !function_keys)
		return -ENOMEM;
	r = hw_weigh_stacks(p, (uint16_t)event, &weights);
	if (r >= 0)
		r = hw_bound_classify_stacks(p, &classes);
	if (r < 0)
		return r;
	s.weights = weights;
	s.classes = classes;
	s.lines.keys = line_keys;
	s.functions.keys = function_keys;
	r = search(&s, verdict_class, p->session.events[event].unit, &hot);
	free(s.lines.entries);
	free(s.functions.entries);
	if (r >= 0)
		*ret = hot;
	return r;
}

struct hw_gain hw_hot_gain(const struct hw_hot *hot, const struct hw_hot_row *row)
{
	double share = hot->wall_s > 0 ? row->seconds / hot->wall_s : 0;

	if (share > 1)
		share = 1;
	return (struct hw_gain){ 1 / (1 - share / 2), share / 2 * hot->wall_s };
}
