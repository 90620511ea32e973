/* SPDX-License-Identifier: Apache-2.0 */
#include "report/annotate.h"

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

static json_t *row_to_json(const struct hw_profile *p, const struct hw_annotate *a,
			   const struct hw_annotate_row *row)
{
	hw_auto(json_decref) json_t *o = json_object(), *events = json_object();
	bool failed = false;

	failed |= json_object_set_new(o, "line", json_integer(row->line)) < 0;
	if (row->line <= a->source.n_lines)
		failed |= json_object_set_new(o, "text",
					      hw_json_string(hw_source_line(&a->source,
									    row->line))) < 0;
	for (size_t e = 0; e < a->n_events; e++) {
		hw_auto(json_decref) json_t *name = hw_json_string(p->session.events[e].name);

		if (row->total[e].samples)
			failed |= !name || json_object_set_new(events, json_string_value(name),
							       weights_to_json(row, e)) < 0;
	}
	failed |= json_object_set_new(o, "events", hw_take_ptr(events)) < 0;
	failed |= hw_ratios_set_json(o, &a->ratios, &row->sums) < 0;
	return failed ? NULL : hw_take_ptr(o);
}

static json_t *rows_to_json(const struct hw_profile *p, const struct hw_annotate *a)
{
	hw_auto(json_decref) json_t *array = json_array();

	for (size_t i = 0; i < a->n_rows; i++)
		if (json_array_append_new(array, row_to_json(p, a, &a->rows[i])) < 0)
			return NULL;
	return hw_take_ptr(array);
}

int hw_annotate_json_print(FILE *f, const struct hw_profile *p, const struct hw_annotate *a,
			   uint64_t cut_bytes)
{
	const struct hw_session *s = &p->session;
	hw_auto(json_decref) json_t *root = json_object();
	bool failed = false;

	failed |= json_object_set_new(root, "version", json_integer(1)) < 0;
	failed |= json_object_set_new(root, "file", hw_json_string(a->file)) < 0;
	failed |= json_object_set_new(root, "source", hw_json_string(a->path)) < 0;
	failed |= json_object_set_new(root, "changed", json_boolean(a->changed)) < 0;
	failed |= json_object_set_new(root, "function", hw_json_string(a->function)) < 0;
	failed |= json_object_set_new(root, "first_line", json_integer(a->first)) < 0;
	failed |= json_object_set_new(root, "last_line", json_integer(a->last)) < 0;
	failed |= json_object_set_new(root, "event", hw_json_string(s->events[a->event].name)) < 0;
	failed |= json_object_set_new(root, "samples",
				      hw_json_count((double)a->all[a->event].samples)) < 0;
	failed |= json_object_set_new(root, "period",
				      hw_json_count((double)a->all[a->event].period)) < 0;
	failed |= json_object_set_new(root, "events", hw_events_to_json(s)) < 0;
	failed |= json_object_set_new(root, "lost", hw_json_count((double)s->lost)) < 0;
	failed |= json_object_set_new(root, "complete", json_boolean(s->complete)) < 0;
	failed |= json_object_set_new(root, "cut_bytes", hw_json_count((double)cut_bytes)) < 0;
	failed |= json_object_set_new(root, "doubts", hw_json_strings(s->doubts)) < 0;
	failed |= json_object_set_new(root, "lines", rows_to_json(p, a)) < 0;
	return failed ? -ENOMEM : hw_json_print(f, root);
}
