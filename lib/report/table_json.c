/* SPDX-License-Identifier: Apache-2.0 */
#include "report/table_json.h"

#include <errno.h>

#include "profile/time_kinds.h"
#include "report/json.h"
#include "report/ratios_json.h"
#include "view/location.h"

static json_t *integer(uint64_t n)
{
	return json_integer(n < INT64_MAX ? (json_int_t)n : INT64_MAX);
}

static json_t *seconds(uint64_t ns)
{
	return hw_json_real((double)ns / 1e9);
}

/* The causes of blocked time that there are. */
static json_t *blocked_to_json(const uint64_t ns[static HW_WALL_CLASSES])
{
	hw_auto(json_decref) json_t *o = json_object();

	for (size_t i = HW_WALL_BUSY + 1; i < HW_WALL_CLASSES; i++)
		if (ns[i] && json_object_set_new(o, hw_wall_class_name((enum hw_wall_class)i),
						 seconds(ns[i])) < 0)
			return NULL;
	return hw_take_ptr(o);
}

/* What tells a row of @by from the others. */
static json_t *identity_to_json(const struct hw_row *row, enum hw_by by)
{
	const char *kind = row->kind == HW_FRAME_MARKER ? "marker" : hw_kind_name(row->kind);

	switch (by) {
	case HW_BY_FUNCTION:
		return json_pack("{s:o, s:o, s:I, s:o, s:o, s:o}", "name",
				 hw_json_string(row->name), "file", hw_json_string(row->file),
				 "line", (json_int_t)row->line, "module",
				 hw_json_string(row->module), "kind", hw_json_string(kind),
				 "build_id", hw_json_string(row->build_id));
	case HW_BY_LINE:
		return json_pack("{s:o, s:I}", "file", hw_json_string(row->file), "line",
				 (json_int_t)row->line);
	case HW_BY_POSITION:
		return json_pack("{s:o, s:I, s:I, s:I, s:I}", "file", hw_json_string(row->file),
				 "line", (json_int_t)row->line, "column", (json_int_t)row->column,
				 "end_line", (json_int_t)row->end_line, "end_column",
				 (json_int_t)row->end_column);
	case HW_BY_MODULE:
		return json_pack("{s:o, s:o, s:o}", "name", hw_json_string(row->name), "kind",
				 hw_json_string(kind), "build_id", hw_json_string(row->build_id));
	case HW_BY_THREAD:
		return json_pack("{s:o, s:I, s:I}", "name", hw_json_string(row->name), "pid",
				 (json_int_t)row->pid, "tid", (json_int_t)row->tid);
	case HW_BY_PROCESS:
		return json_pack("{s:o, s:I}", "name", hw_json_string(row->name), "pid",
				 (json_int_t)row->pid);
	}
	return NULL;
}

static json_t *row_to_json(const struct hw_row *row, enum hw_by by, bool split)
{
	hw_auto(json_decref) json_t *o = identity_to_json(row, by);

	if (hw_json_add(o, "{s:o, s:o, s:o, s:o}", "self", integer(row->self.samples), "total",
			integer(row->total.samples), "self_period", integer(row->self.period),
			"total_period", integer(row->total.period)) < 0)
		return NULL;
	if (split && hw_json_add(o, "{s:o, s:o, s:o, s:o}", "self_cpu_s",
				 seconds(row->self_ns[HW_WALL_BUSY]), "self_blocked_s",
				 blocked_to_json(row->self_ns), "total_cpu_s",
				 seconds(row->total_ns[HW_WALL_BUSY]), "total_blocked_s",
				 blocked_to_json(row->total_ns)) < 0)
		return NULL;
	return hw_take_ptr(o);
}

/* @ratios: of the table. */
static json_t *rows_to_json(const struct hw_table *t, enum hw_by by, bool split,
			    const struct hw_ratios *ratios)
{
	hw_auto(json_decref) json_t *array = json_array();

	for (size_t i = 0; i < t->n_rows; i++) {
		const struct hw_row *row = &t->rows[t->order[i]];
		json_t *o;

		if (by == HW_BY_LINE && !(row->file[0] && row->line))
			continue; /* no line to name */
		if (by == HW_BY_POSITION && !row->column)
			continue;
		o = row_to_json(row, by, split);
		if (json_array_append_new(array, o) < 0)
			return NULL;
		if (ratios->self && hw_ratios_set_json(o, ratios, &ratios->self[t->order[i]]) < 0)
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

/* The clock that the view tells, if any. */
static const char *clock_of(const struct hw_view *v)
{
	bool time = hw_view_has_waits(v) || v->opts.event == hw_clock_cpu_event(v->profile);

	return time ? hw_clock_name(v->opts.clock) : NULL;
}

static int add_table_head(json_t *root, const struct hw_view *v,
			  const struct hw_table_json_opts *opts)
{
	const struct hw_session *s = &v->profile->session;
	int r = hw_json_add(root, "{s:i, s:o, s:o, s:o, s:o, s:o, s:o}", "version", 1, "clock",
			    hw_json_string(clock_of(v)), "event", hw_json_string(v->name), "unit",
			    hw_json_string(v->unit), "events", hw_events_to_json(s), "samples",
			    integer(v->all.samples), "period", integer(v->all.period));

	if (r < 0)
		return r;
	return hw_json_add(root, "{s:o, s:o, s:o, s:b, s:o, s:o, s:o, s:o, s:o, s:o}", "lost",
			   integer(s->lost), "truncated", integer(v->truncated), "cut_bytes",
			   integer(opts->cut_bytes), "complete", s->complete, "command",
			   hw_json_strings(s->argv), "wall_s", hw_json_real(s->usage.wall_s),
			   "user_s", hw_json_real(s->usage.user_s), "sys_s",
			   hw_json_real(s->usage.sys_s), "losses", losses_to_json(s), "doubts",
			   hw_json_strings(s->doubts));
}

static json_t *place_to_json(const struct hw_view *v, const struct hw_idle *idle)
{
	const struct hw_profile *p = v->profile;
	uint32_t frames[HW_PROFILE_STACK_MAX];
	size_t n = hw_idle_frames(&v->charge, &v->idle, idle, frames);
	hw_auto(json_decref) json_t *array = json_array();

	for (size_t i = 0; i < n; i++) {
		const struct hw_frame *f = hw_profile_get_frame(p, frames[i]);
		json_t *o = json_pack("{s:o, s:o, s:o}", "name",
				      hw_json_string(hw_profile_str(p, f->name)), "file",
				      hw_json_string(hw_profile_str(p, f->file)), "line",
				      json_integer(f->line));

		if (json_array_append_new(array, o) < 0)
			return NULL;
	}
	return hw_take_ptr(array);
}

static json_t *idle_to_json(const struct hw_view *v)
{
	hw_auto(json_decref) json_t *array = json_array();

	for (size_t i = 0; i < v->idle.n; i++) {
		const struct hw_idle *idle = &v->idle.items[i];
		json_t *o = json_pack("{s:o, s:o, s:o}", "threads", integer(idle->threads),
				      "blocked_s", blocked_to_json(idle->ns), "stack",
				      place_to_json(v, idle));

		if (json_array_append_new(array, o) < 0)
			return NULL;
	}
	return hw_take_ptr(array);
}

static json_t *gil_row_to_json(const struct hw_gil_row *row)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "name", hw_json_string(row->function),
			 "file", hw_json_string(row->file), "line", json_integer(row->line),
			 "module", hw_json_string(row->module), "samples", integer(row->samples),
			 "cpu_s", hw_json_real(row->seconds));
}

static json_t *gil_to_json(const struct hw_gil_view *gil)
{
	hw_auto(json_decref) json_t *lines = json_array();

	for (size_t i = 0; i < gil->n_rows; i++)
		if (json_array_append_new(lines, gil_row_to_json(&gil->rows[i])) < 0)
			return NULL;
	return json_pack("{s:o, s:o, s:o, s:o, s:o}", "threads", integer(gil->threads), "waited_s",
			 hw_json_real(gil->waited_s), "ran_s", hw_json_real(gil->ran_s), "samples",
			 integer(gil->samples), "lines", hw_take_ptr(lines));
}

static int add_clock_view(json_t *root, const struct hw_view *v,
			  const struct hw_table_json_opts *opts)
{
	return hw_json_add(root, "{s:o, s:o, s:o, s:o}", "cpu_s", seconds(v->ns[HW_WALL_BUSY]),
			   "blocked_s", blocked_to_json(v->ns), "idle", idle_to_json(v), "gil",
			   gil_to_json(opts->gil));
}

/* Adds the table by @by to @root as @key, and before the first of them what all share. */
static int add_table_rows(json_t *root, const struct hw_view *v,
			  const struct hw_table_json_opts *opts, enum hw_by by, const char *key)
{
	hw_auto(hw_ratios_done) struct hw_ratios ratios = { 0 };
	hw_auto(hw_table_done) struct hw_table t = { 0 };
	struct hw_table_opts table = opts->table;
	bool waits = hw_view_has_waits(v);
	int r;

	table.by = by;
	table.count_samples = !waits; /* waits are of very different length */
	r = hw_table_build(v, &table, &t);
	if (r >= 0 && by == HW_BY_FUNCTION)
		r = add_table_head(root, v, opts);
	if (r >= 0 && by == HW_BY_FUNCTION && waits)
		r = add_clock_view(root, v, opts);
	if (r >= 0 && !waits)
		r = hw_ratios_build(v, &t, &ratios);
	if (r >= 0 && json_object_set_new(root, key, rows_to_json(&t, by, waits, &ratios)) < 0)
		r = -ENOMEM;
	return r;
}

int hw_table_json_print(FILE *f, const struct hw_view *v, const struct hw_table_json_opts *opts)
{
	static const char *const keys[] = {
		[HW_BY_FUNCTION] = "functions", [HW_BY_LINE] = "lines",
		[HW_BY_POSITION] = "positions", [HW_BY_MODULE] = "modules",
		[HW_BY_THREAD] = "threads",	[HW_BY_PROCESS] = "processes",
	};
	hw_auto(json_decref) json_t *root = json_object();
	enum hw_by by = opts->table.by;
	int r = add_table_rows(root, v, opts, HW_BY_FUNCTION, keys[HW_BY_FUNCTION]);

	if (r >= 0)
		r = add_table_rows(root, v, opts, HW_BY_LINE, keys[HW_BY_LINE]);
	if (r >= 0)
		r = add_table_rows(root, v, opts, HW_BY_POSITION, keys[HW_BY_POSITION]);
	if (r >= 0 && by != HW_BY_FUNCTION && by != HW_BY_LINE && by != HW_BY_POSITION)
		r = add_table_rows(root, v, opts, by, keys[by]);
	return r < 0 ? r : hw_json_print(f, root);
}
