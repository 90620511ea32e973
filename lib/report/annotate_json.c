/* SPDX-License-Identifier: Apache-2.0 */
#include "report/annotate_print.h"

#include <errno.h>

#include "report/json.h"
#include "report/ratios_json.h"

/* One of the events in which the line has samples. */
static json_t *weights_to_json(const struct hw_annotate_row *row, size_t event)
{
	const struct hw_weight *self = &row->self[event], *total = &row->total[event];

	return json_pack("{s:o, s:o, s:o, s:o}", "self", hw_json_count((double)self->samples), "total",
			 hw_json_count((double)total->samples), "self_period",
			 hw_json_count((double)self->period), "total_period",
			 hw_json_count((double)total->period));
}

static json_t *events_of_line(const struct hw_profile *p, const struct hw_annotate *a,
			      const struct hw_annotate_row *row)
{
	hw_auto(json_decref) json_t *events = json_object();

	for (size_t e = 0; e < a->n_events; e++) {
		hw_auto(json_decref) json_t *name = hw_json_string(p->session.events[e].name);

		if (!row->total[e].samples)
			continue;
		if (!name || json_object_set_new(events, json_string_value(name),
						 weights_to_json(row, e)) < 0)
			return NULL;
	}
	return hw_take_ptr(events);
}

static json_t *line_to_json(const struct hw_profile *p, const struct hw_annotate *a,
			    const struct hw_annotate_row *row)
{
	hw_auto(json_decref) json_t *o = json_pack("{s:I}", "line", (json_int_t)row->line);

	if (row->line <= a->source.n_lines &&
	    hw_json_add(o, "{s:o}", "text",
			hw_json_string(hw_source_line(&a->source, row->line))) < 0)
		return NULL;
	if (hw_json_add(o, "{s:o}", "events", events_of_line(p, a, row)) < 0 ||
	    hw_ratios_set_json(o, &a->ratios, &row->sums) < 0)
		return NULL;
	return hw_take_ptr(o);
}

static json_t *lines_to_json(const struct hw_profile *p, const struct hw_annotate *a)
{
	hw_auto(json_decref) json_t *array = json_array();

	for (size_t i = 0; i < a->n_rows; i++)
		if (json_array_append_new(array, line_to_json(p, a, &a->rows[i])) < 0)
			return NULL;
	return hw_take_ptr(array);
}

int hw_annotate_json_print(FILE *f, const struct hw_profile *p, const struct hw_annotate *a,
			   uint64_t cut_bytes)
{
	const struct hw_session *s = &p->session;
	hw_auto(json_decref) json_t *root = json_pack(
		"{s:i, s:o, s:o, s:b, s:o, s:I, s:I, s:o, s:o, s:o, s:o, s:o, s:b, s:o, s:o, s:o}",
		"version", 1, "file", hw_json_string(a->file), "source", hw_json_string(a->path),
		"changed", a->changed, "function", hw_json_string(a->function), "first_line",
		(json_int_t)a->first, "last_line", (json_int_t)a->last, "event",
		hw_json_string(s->events[a->event].name), "samples",
		hw_json_count((double)a->all[a->event].samples), "period",
		hw_json_count((double)a->all[a->event].period), "events", hw_events_to_json(s),
		"lost", hw_json_count((double)s->lost), "complete", s->complete, "cut_bytes",
		hw_json_count((double)cut_bytes), "doubts", hw_json_strings(s->doubts), "lines",
		lines_to_json(p, a));

	return root ? hw_json_print(f, root) : -ENOMEM;
}
