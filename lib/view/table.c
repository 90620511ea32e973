/* SPDX-License-Identifier: Apache-2.0 */
#include "view/table.h"

#include <errno.h>
#include <string.h>

#include "base/array.h"

/* What makes two frames, or two tasks, one row. No padding: compared byte by byte. */
struct row_key {
	uint32_t kind, module, name, file, line, end_line, column, end_column;
	int32_t pid, tid;
};

struct table_builder {
	const struct hw_view *v;
	const struct hw_profile *p;
	const struct hw_table_opts *opts;
	struct hw_table t;
	struct hw_intern *keys; /* struct row_key: its number is the row */
};

static struct row_key function_key(const struct hw_frame *f)
{
	/* Inlining gives one native function several files: its module tells more. */
	bool native = f->kind == HW_FRAME_NATIVE || f->kind == HW_FRAME_KERNEL;

	return (struct row_key){
		.kind = f->kind,
		.module = f->module,
		.name = f->name,
		.file = native ? 0 : f->file,
		.line = f->func_line,
	};
}

static struct row_key place_key(enum hw_by by, const struct hw_frame *f)
{
	struct row_key key = { .file = f->file, .line = f->line };

	if (by == HW_BY_POSITION) {
		key.end_line = f->end_line;
		key.column = f->column;
		key.end_column = f->end_column;
	}
	return key;
}

static struct row_key frame_key(enum hw_by by, const struct hw_frame *f)
{
	switch (by) {
	case HW_BY_LINE:
	case HW_BY_POSITION:
		return f->file && f->line ? place_key(by, f) : function_key(f);
	case HW_BY_MODULE:
		if (f->kind == HW_FRAME_PYTHON)
			return (struct row_key){ .kind = f->kind, .file = f->file };
		if (f->kind == HW_FRAME_MARKER)
			return (struct row_key){ .kind = f->kind, .name = f->name };
		return (struct row_key){ .kind = f->kind, .module = f->module };
	default:
		return function_key(f);
	}
}

static struct hw_row frame_row(const struct hw_profile *p, enum hw_by by, const struct hw_frame *f)
{
	const struct hw_module_info *module = hw_profile_get_module(p, f->module);
	struct hw_row row = {
		.kind = f->kind,
		.name = hw_profile_str(p, f->name),
		.file = hw_profile_str(p, f->file),
		.line = by == HW_BY_LINE || by == HW_BY_POSITION ? f->line : f->func_line,
		.module = hw_profile_str(p, module->path),
		.build_id = hw_profile_str(p, module->build_id),
		.inlined = by == HW_BY_FUNCTION && f->flags & HW_FRAME_INLINED,
	};

	if (by == HW_BY_POSITION) {
		row.end_line = f->end_line;
		row.column = f->column;
		row.end_column = f->end_column;
	}
	if (by != HW_BY_MODULE)
		return row;
	if (f->kind != HW_FRAME_MARKER)
		row.name = f->kind == HW_FRAME_PYTHON ? row.file : row.module;
	row.line = 0;
	if (f->kind != HW_FRAME_PYTHON)
		row.file = "";
	return row;
}

/* The row with @key in *ret_row; a new one starts as @fresh. */
static int row_with_key(struct table_builder *b, const struct row_key *key,
			const struct hw_row *fresh, uint32_t *ret_row)
{
	struct hw_table *t = &b->t;
	uint32_t id;
	int r;

	if (hw_reserve(t->rows, t->cap_rows, t->n_rows + 1) < 0)
		return -ENOMEM;
	r = hw_intern_add(b->keys, key, sizeof(*key), &id);
	if (r < 0)
		return -ENOMEM;
	if (r > 0) {
		t->rows[t->n_rows] = *fresh;
		if (!t->rows[t->n_rows].name[0])
			t->rows[t->n_rows].name = "[unknown]";
		t->n_rows++;
	}
	*ret_row = id;
	return 0;
}

static int row_of_frame(struct table_builder *b, uint32_t frame, uint32_t *ret_row)
{
	const struct hw_frame *f = hw_profile_get_frame(b->p, frame);
	uint32_t *known = &b->t.row_of_frame[frame];

	if (*known == HW_NO_ROW) {
		struct row_key key = frame_key(b->opts->by, f);
		struct hw_row fresh = frame_row(b->p, b->opts->by, f);
		int r = row_with_key(b, &key, &fresh, known);

		if (r < 0)
			return r;
		b->t.rows[*known].inlined &= fresh.inlined;
	}
	*ret_row = *known;
	return 0;
}

static int row_without_stack(struct table_builder *b, uint32_t *ret_row)
{
	static const struct row_key key = { .kind = HW_FRAME_MARKER };
	static const struct hw_row fresh = {
		.kind = HW_FRAME_MARKER,
		.name = "[no stack]",
		.file = "",
		.module = "",
		.build_id = "",
	};

	return row_with_key(b, &key, &fresh, ret_row);
}

static void add_weight(struct hw_weight *sum, const struct hw_weight *w)
{
	sum->samples += w->samples;
	sum->period += w->period;
}

static void add_self(struct hw_row *row, const struct hw_weight *w, enum hw_wall_class class)
{
	add_weight(&row->self, w);
	row->self_ns[class] += w->period;
}

static void add_total(struct hw_row *row, const struct hw_weight *w, enum hw_wall_class class)
{
	add_weight(&row->total, w);
	row->total_ns[class] += w->period;
}

/* Adds @sum to self of one row and to total of every row in its stack, once. @counted_in holds for
 * each row the number, @id, of the last sum that was added to it. */
static int add_to_rows(struct table_builder *b, const struct hw_view_sum *sum, uint32_t id,
		   uint32_t **counted_in, size_t *cap)
{
	uint32_t frames[HW_PROFILE_STACK_MAX], row;
	size_t self, n = hw_view_frames(b->v, sum->stack, sum->class, frames, &self);

	for (size_t i = 0; i < n || i == 0; i++) {
		size_t n_before = b->t.n_rows;
		int r = n ? row_of_frame(b, frames[i], &row) : row_without_stack(b, &row);

		if (r >= 0)
			r = hw_reserve(*counted_in, *cap, b->t.n_rows);
		if (r < 0)
			return r;
		if (b->t.n_rows > n_before)
			(*counted_in)[row] = UINT32_MAX;
		if (i == self)
			add_self(&b->t.rows[row], &sum->weight, sum->class);
		if ((*counted_in)[row] != id)
			add_total(&b->t.rows[row], &sum->weight, sum->class);
		(*counted_in)[row] = id;
	}
	return 0;
}

static int add_all_sums(struct table_builder *b)
{
	size_t n_frames = hw_intern_count(b->p->frames), cap = 0;
	hw_autofree uint32_t *counted_in = NULL;
	int r = 0;

	b->t.row_of_frame = malloc((n_frames + 1) * sizeof(uint32_t));
	if (!b->t.row_of_frame)
		return -ENOMEM;
	memset(b->t.row_of_frame, 0xff, (n_frames + 1) * sizeof(uint32_t)); /* HW_NO_ROW */
	for (size_t i = 0; r >= 0 && i < b->v->n_sums; i++)
		r = add_to_rows(b, &b->v->sums[i], (uint32_t)i, &counted_in, &cap);
	return r;
}

static int add_task(struct table_builder *b, const struct hw_sample *s, enum hw_wall_class class,
		    uint64_t period)
{
	const struct hw_task *task = hw_profile_get_task(b->p, s->task);
	struct hw_row fresh = {
		.name = hw_profile_str(b->p, task->comm),
		.file = "",
		.module = "",
		.build_id = "",
		.pid = task->pid,
		.tid = b->opts->by == HW_BY_THREAD ? task->tid : 0,
	};
	struct row_key key = { .pid = fresh.pid, .tid = fresh.tid };
	struct hw_weight w = { 1, period };
	uint32_t row;
	int r = row_with_key(b, &key, &fresh, &row);

	if (r < 0)
		return r;
	/* A process has the name of its first thread, the last one that this had. */
	if (fresh.name[0] && (fresh.tid || task->tid == task->pid))
		b->t.rows[row].name = fresh.name;
	add_self(&b->t.rows[row], &w, class);
	add_total(&b->t.rows[row], &w, class);
	return 0;
}

static int add_tasks(struct table_builder *b)
{
	enum hw_wall_class class;
	uint64_t period;

	for (size_t i = 0; i < b->p->n_samples; i++) {
		const struct hw_sample *s = &b->p->samples[i];
		int r = hw_view_takes(b->v, s, &class, &period) ? add_task(b, s, class, period) : 0;

		if (r < 0)
			return r;
	}
	return 0;
}

static uint64_t value(const struct hw_table *t, const struct hw_weight *w)
{
	return t->by_period ? w->period : w->samples;
}

static int largest_first(uint64_t a, uint64_t b)
{
	return (a < b) - (a > b);
}

static int compare_names(const struct hw_row *a, const struct hw_row *b)
{
	int c = strcmp(a->name, b->name);

	if (!c)
		c = strcmp(a->file, b->file);
	if (!c)
		c = (a->line > b->line) - (a->line < b->line);
	if (!c)
		c = (a->column > b->column) - (a->column < b->column);
	if (!c)
		c = (a->pid > b->pid) - (a->pid < b->pid);
	if (!c)
		c = (a->tid > b->tid) - (a->tid < b->tid);
	return c;
}

struct sorting {
	const struct hw_table *t;
	enum hw_sort sort;
};

static int compare_for_sort(const void *pa, const void *pb, void *ctx)
{
	const struct sorting *s = ctx;
	const struct hw_row *a = &s->t->rows[*(const uint32_t *)pa];
	const struct hw_row *b = &s->t->rows[*(const uint32_t *)pb];
	int self = largest_first(value(s->t, &a->self), value(s->t, &b->self));
	int total = largest_first(value(s->t, &a->total), value(s->t, &b->total));
	int first = s->sort == HW_SORT_TOTAL ? total : self;
	int second = s->sort == HW_SORT_TOTAL ? self : total;

	if (s->sort != HW_SORT_NAME && first)
		return first;
	if (s->sort != HW_SORT_NAME && second)
		return second;
	return compare_names(a, b);
}

static int sort_rows(struct hw_table *t, enum hw_sort sort)
{
	struct sorting s = { t, sort };

	t->order = malloc((t->n_rows + 1) * sizeof(*t->order));
	if (!t->order)
		return -ENOMEM;
	for (size_t i = 0; i < t->n_rows; i++)
		t->order[i] = (uint32_t)i;
	qsort_r(t->order, t->n_rows, sizeof(*t->order), compare_for_sort, &s);
	return 0;
}

static int tabulate(struct table_builder *b)
{
	bool by_task = b->opts->by == HW_BY_THREAD || b->opts->by == HW_BY_PROCESS;
	int r;

	b->t.all = b->v->all;
	b->t.by_period = !b->opts->count_samples && b->v->all.period;
	b->keys = hw_intern_new();
	if (!b->keys)
		return -ENOMEM;
	r = by_task ? add_tasks(b) : add_all_sums(b);
	hw_intern_free(b->keys);
	return r < 0 ? r : sort_rows(&b->t, b->opts->sort);
}

int hw_table_build(const struct hw_view *v, const struct hw_table_opts *opts, struct hw_table *ret)
{
	struct table_builder b = { .v = v, .p = v->profile, .opts = opts };
	int r = tabulate(&b);

	if (r < 0) {
		hw_table_done(&b.t);
		return r;
	}
	*ret = b.t;
	return 0;
}

void hw_table_done(struct hw_table *t)
{
	free(t->rows);
	free(t->order);
	free(t->row_of_frame);
	*t = (struct hw_table){ 0 };
}

double hw_table_share(const struct hw_table *t, const struct hw_weight *w)
{
	uint64_t all = value(t, &t->all);

	return all ? (double)value(t, w) / (double)all : 0;
}
