/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "report/json.h"
#include "profile/time_kinds.h"
#include "report/triage.h"
#include "report/verdict_json.h"
#include "report/wall_json.h"

#define PLACES_MAX 50 /* lines and functions in the output, each */

static json_t *phase_to_json(const struct hw_phase *phase)
{
	return json_pack("{s:o, s:o, s:s, s:o, s:o}", "begin_s", hw_json_real(phase->begin_s),
			 "end_s", hw_json_real(phase->end_s), "class",
			 hw_wall_class_name(phase->class), "share", hw_json_real(phase->share),
			 "seconds", hw_wall_seconds_to_json(phase->seconds));
}

static json_t *phases_to_json(const struct hw_phases *phases)
{
	hw_auto(json_decref) json_t *array = json_array();

	for (size_t i = 0; i < phases->n; i++)
		if (json_array_append_new(array, phase_to_json(&phases->items[i])) < 0)
			return NULL;
	return hw_take_ptr(array);
}

/* Thread time by class, without the classes that have none. */
static json_t *seconds_to_json(const double seconds[static HW_SLICES])
{
	hw_auto(json_decref) json_t *object = json_object();

	for (int i = 0; i < HW_SLICES; i++) {
		const struct hw_time_kind *kind = &hw_time_kinds[i];

		if (seconds[kind->slice] > 0 &&
		    json_object_set_new(object, kind->name, hw_json_real(seconds[kind->slice])) < 0)
			return NULL;
	}
	return hw_take_ptr(object);
}

static json_t *place_row_to_json(const struct hw_diagnosis *d, const struct hw_place *place)
{
	return json_pack("{s:o, s:o, s:I, s:o, s:s, s:I, s:o, s:o, s:o}", "function",
			 hw_json_string(place->function), "file", hw_json_string(place->file),
			 "line", (json_int_t)place->line, "module", hw_json_string(place->module),
			 "class", hw_slice_name(hw_place_slice(&d->places, &d->budget, place)),
			 "samples", (json_int_t)place->samples, "wall_s",
			 hw_json_real(place->wall_s), "wall_share",
			 hw_json_real(place->wall_s / d->budget.wall_s), "thread_s",
			 seconds_to_json(place->seconds));
}

static json_t *places_to_json(const struct hw_diagnosis *d, const struct hw_place *places, size_t n)
{
	hw_auto(json_decref) json_t *array = json_array();

	for (size_t i = 0; i < n && i < PLACES_MAX; i++)
		if (json_array_append_new(array, place_row_to_json(d, &places[i])) < 0)
			return NULL;
	return hw_take_ptr(array);
}

static json_t *finding_to_json(const struct hw_finding *f)
{
	return json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:I, s:o, s:o, s:o}", "rule", f->rule,
			 "title", hw_json_string(f->title), "evidence", hw_json_string(f->evidence),
			 "advice", hw_json_string(f->advice), "function",
			 hw_json_string(f->function), "file", hw_json_string(f->file), "line",
			 (json_int_t)f->line, "module", hw_json_string(f->module), "speedup_max",
			 hw_json_real(f->speedup), "saved_max_s", hw_json_real(f->gain_s));
}

static json_t *findings_to_json(const struct hw_findings *findings)
{
	hw_auto(json_decref) json_t *array = json_array();

	for (size_t i = 0; i < findings->n; i++)
		if (json_array_append_new(array, finding_to_json(&findings->items[i])) < 0)
			return NULL;
	return hw_take_ptr(array);
}

static json_t *samples_to_json(const struct hw_profile *p, const struct hw_diagnosis *d)
{
	return json_pack("{s:I, s:I, s:o}", "cpu", (json_int_t)d->places.n_cpu, "blocked",
			 (json_int_t)d->places.n_blocked, "lost",
			 hw_json_count((double)p->session.lost));
}

int hw_triage_print_json(FILE *f, const struct hw_profile *p, const struct hw_diagnosis *d)
{
	const struct hw_session *s = &p->session;
	hw_auto(json_decref) json_t *root = json_pack(
		"{s:i, s:o, s:i, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
		"version", 2, "command", hw_json_strings(s->argv), "exit_status", s->exit_status,
		"wall_s", hw_json_real(s->usage.wall_s), "user_s", hw_json_real(s->usage.user_s),
		"sys_s", hw_json_real(s->usage.sys_s), "verdict", hw_verdict_to_json(&d->verdict),
		"budget", hw_budget_to_json(&d->verdict), "wall", hw_wall_to_json(&s->wall),
		"phases", phases_to_json(&d->phases), "functions",
		places_to_json(d, d->places.functions, d->places.n_functions), "lines",
		places_to_json(d, d->places.lines, d->places.n_lines), "findings",
		findings_to_json(&d->findings), "samples", samples_to_json(p, d), "not_measured",
		hw_json_strings(d->not_measured));

	return root ? hw_json_print(f, root) : -ENOMEM;
}
