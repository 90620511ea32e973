/* SPDX-License-Identifier: Apache-2.0 */
#include "report/table_json.h"

#include <errno.h>

#include "report/json.h"
#include "report/where.h"

static json_t *integer(uint64_t n)
{
	return json_integer(n < INT64_MAX ? (json_int_t)n : INT64_MAX);
}

static json_t *row_to_json(const struct hw_row *row, enum hw_by by)
{
	hw_auto(json_decref) json_t *o = json_object();
	bool code = by != HW_BY_THREAD && by != HW_BY_PROCESS, failed = false;
	bool place = by == HW_BY_LINE || by == HW_BY_POSITION;

	if (!place)
		failed |= json_object_set_new(o, "name", hw_json_string(row->name)) < 0;
	if (by == HW_BY_FUNCTION || place) {
		failed |= json_object_set_new(o, "file", hw_json_string(row->file)) < 0;
		failed |= json_object_set_new(o, "line", json_integer(row->line)) < 0;
	}
	if (by == HW_BY_POSITION) {
		failed |= json_object_set_new(o, "column", json_integer(row->column)) < 0;
		failed |= json_object_set_new(o, "end_line", json_integer(row->end_line)) < 0;
		failed |= json_object_set_new(o, "end_column", json_integer(row->end_column)) < 0;
	}
	if (by == HW_BY_FUNCTION)
		failed |= json_object_set_new(o, "module", hw_json_string(row->module)) < 0;
	if (code && !place) {
		const char *kind =
			row->kind == HW_FRAME_MARKER ? "marker" : hw_kind_name(row->kind);

		failed |= json_object_set_new(o, "kind", hw_json_string(kind)) < 0;
		failed |= json_object_set_new(o, "build_id", hw_json_string(row->build_id)) < 0;
	}
	if (!code)
		failed |= json_object_set_new(o, "pid", json_integer(row->pid)) < 0;
	if (by == HW_BY_THREAD)
		failed |= json_object_set_new(o, "tid", json_integer(row->tid)) < 0;
	failed |= json_object_set_new(o, "self", integer(row->self.samples)) < 0;
	failed |= json_object_set_new(o, "total", integer(row->total.samples)) < 0;
	failed |= json_object_set_new(o, "self_period", integer(row->self.period)) < 0;
	failed |= json_object_set_new(o, "total_period", integer(row->total.period)) < 0;
	return failed ? NULL : hw_take_ptr(o);
}

static json_t *rows_to_json(const struct hw_table *t, enum hw_by by)
{
	hw_auto(json_decref) json_t *array = json_array();

	for (size_t i = 0; i < t->n_rows; i++) {
		const struct hw_row *row = &t->rows[t->order[i]];

		if (by == HW_BY_LINE && !(row->file[0] && row->line))
			continue; /* no line to name */
		if (by == HW_BY_POSITION && !row->column)
			continue;
		if (json_array_append_new(array, row_to_json(row, by)) < 0)
			return NULL;
	}
	return hw_take_ptr(array);
}

static json_t *losses_to_json(const struct hw_session *s)
{
	hw_auto(json_decref) json_t *array = json_array();

	for (size_t i = 0; i < s->n_losses; i++) {
		const struct hw_session_loss *l = &s->losses[i];
		json_t *o =
			json_pack("{s:o, s:o, s:o}", "reason", hw_json_string(l->reason), "advice",
				  hw_json_string(l->advice), "count", integer(l->count));

		if (json_array_append_new(array, o) < 0)
			return NULL;
	}
	return hw_take_ptr(array);
}

static int set_head(json_t *root, const struct hw_profile *p, const struct hw_table *t,
		    const struct hw_table_json_opts *opts)
{
	const struct hw_session *s = &p->session;
	const struct hw_session_event *e = &s->events[opts->table.event];
	bool failed = false;

	failed |= json_object_set_new(root, "version", json_integer(1)) < 0;
	failed |= json_object_set_new(root, "event", hw_json_string(e->name)) < 0;
	failed |= json_object_set_new(root, "unit", hw_json_string(e->unit)) < 0;
	failed |= json_object_set_new(root, "samples", integer(t->all.samples)) < 0;
	failed |= json_object_set_new(root, "period", integer(t->all.period)) < 0;
	failed |= json_object_set_new(root, "lost", integer(s->lost)) < 0;
	failed |= json_object_set_new(root, "truncated", integer(t->truncated)) < 0;
	failed |= json_object_set_new(root, "cut_bytes", integer(opts->cut_bytes)) < 0;
	failed |= json_object_set_new(root, "complete", json_boolean(s->complete)) < 0;
	failed |= json_object_set_new(root, "command", hw_json_strings(s->argv)) < 0;
	failed |= json_object_set_new(root, "wall_s", hw_json_real(s->usage.wall_s)) < 0;
	failed |= json_object_set_new(root, "user_s", hw_json_real(s->usage.user_s)) < 0;
	failed |= json_object_set_new(root, "sys_s", hw_json_real(s->usage.sys_s)) < 0;
	failed |= json_object_set_new(root, "losses", losses_to_json(s)) < 0;
	failed |= json_object_set_new(root, "doubts", hw_json_strings(s->doubts)) < 0;
	return failed ? -ENOMEM : 0;
}

/* Adds the table by @by to @root as @key, and before the first of them what all share. */
static int set_rows(json_t *root, const struct hw_profile *p, const struct hw_table_json_opts *opts,
		    enum hw_by by, const char *key)
{
	hw_auto(hw_table_done) struct hw_table t = { 0 };
	struct hw_table_opts table = opts->table;
	int r;

	table.by = by;
	table.count_samples = true;
	r = hw_table_build(p, &table, &t);
	if (r >= 0 && by == HW_BY_FUNCTION)
		r = set_head(root, p, &t, opts);
	if (r >= 0 && json_object_set_new(root, key, rows_to_json(&t, by)) < 0)
		r = -ENOMEM;
	return r;
}

int hw_table_json_print(FILE *f, const struct hw_profile *p, const struct hw_table_json_opts *opts)
{
	static const char *const keys[] = {
		[HW_BY_FUNCTION] = "functions", [HW_BY_LINE] = "lines",
		[HW_BY_POSITION] = "positions", [HW_BY_MODULE] = "modules",
		[HW_BY_THREAD] = "threads",	[HW_BY_PROCESS] = "processes",
	};
	hw_auto(json_decref) json_t *root = json_object();
	enum hw_by by = opts->table.by;
	int r = set_rows(root, p, opts, HW_BY_FUNCTION, keys[HW_BY_FUNCTION]);

	if (r >= 0)
		r = set_rows(root, p, opts, HW_BY_LINE, keys[HW_BY_LINE]);
	if (r >= 0)
		r = set_rows(root, p, opts, HW_BY_POSITION, keys[HW_BY_POSITION]);
	if (r >= 0 && by != HW_BY_FUNCTION && by != HW_BY_LINE && by != HW_BY_POSITION)
		r = set_rows(root, p, opts, by, keys[by]);
	return r < 0 ? r : hw_json_print(f, root);
}
