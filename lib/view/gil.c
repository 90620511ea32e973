/* SPDX-License-Identifier: Apache-2.0 */
#include "view/gil.h"

#include <errno.h>

#include "base/array.h"

static struct hw_gil_row fresh_gil_row(const struct hw_profile *p, const struct hw_frame *f)
{
	const struct hw_module_info *module = f ? hw_profile_get_module(p, f->module) : NULL;

	return (struct hw_gil_row){
		.function = !f	      ? "[no stack]"
			    : f->name ? hw_profile_str(p, f->name)
				      : "[unknown]",
		.file = f ? hw_profile_str(p, f->file) : "",
		.module = module ? hw_profile_str(p, module->path) : "",
		.line = f ? f->line : 0,
	};
}

static int add_gil_run(struct hw_gil_view *v, const struct hw_charge *c, struct hw_intern *keys,
		   const struct hw_sample *s, double worth_ns)
{
	const struct hw_frame *f = hw_charge_frame(c, s->stack, false);
	struct hw_charge_key key = hw_charge_line(f);
	double seconds = (double)s->period * worth_ns / 1e9;
	uint32_t id;
	int r = hw_reserve(v->rows, v->cap_rows, v->n_rows + 1);

	if (r >= 0)
		r = hw_intern_add(keys, &key, sizeof(key), &id);
	if (r < 0)
		return -ENOMEM;
	if (r > 0)
		v->rows[v->n_rows++] = fresh_gil_row(c->profile, f);
	v->rows[id].samples++;
	v->rows[id].seconds += seconds;
	v->samples++;
	v->ran_s += seconds;
	return 0;
}

static int add_gil_wait(struct hw_gil_view *v, const struct hw_profile *p,
			struct hw_intern *threads, const struct hw_sample *s)
{
	const struct hw_task *task = hw_profile_get_task(p, s->task);
	int32_t key[2] = { task->pid, task->tid };
	uint32_t id;

	if (hw_intern_add(threads, key, sizeof(key), &id) < 0)
		return -ENOMEM;
	v->threads = hw_intern_count(threads);
	v->waited_s += (double)s->period / 1e9;
	return 0;
}

static int compare_gil_rows(const void *pa, const void *pb)
{
	const struct hw_gil_row *a = pa, *b = pb;

	if (a->seconds != b->seconds)
		return a->seconds < b->seconds ? 1 : -1;
	return (a->line > b->line) - (a->line < b->line);
}

int hw_gil_view(const struct hw_view *v, struct hw_gil_view *ret)
{
	hw_auto(hw_intern_free) struct hw_intern *keys = hw_intern_new();
	hw_auto(hw_intern_free) struct hw_intern *threads = hw_intern_new();
	hw_auto(hw_gil_view_done) struct hw_gil_view g = { 0 };
	const struct hw_profile *p = v->profile;
	int r = keys && threads ? 0 : -ENOMEM;

	for (size_t i = 0; r >= 0 && i < p->n_samples; i++) {
		const struct hw_sample *s = &p->samples[i];

		if (s->event == v->off_cpu_event && hw_clock_cause(s) == HW_WALL_GIL)
			r = add_gil_wait(&g, p, threads, s);
		else if (s->event == v->opts.event && v->worth_ns > 0 &&
			 s->flags & HW_SAMPLE_GIL_WANTED)
			r = add_gil_run(&g, &v->charge, keys, s, v->worth_ns);
	}
	if (r < 0)
		return r;
	if (g.n_rows) /* qsort(3) wants no NULL */
		qsort(g.rows, g.n_rows, sizeof(*g.rows), compare_gil_rows);
	*ret = g;
	g = (struct hw_gil_view){ 0 };
	return 0;
}

void hw_gil_view_done(struct hw_gil_view *v)
{
	free(v->rows);
	*v = (struct hw_gil_view){ 0 };
}
