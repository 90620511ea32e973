/* SPDX-License-Identifier: Apache-2.0 */
#include "report/comparison_print.h"

#include <errno.h>

#include "bound/sentences.h"
#include "report/json.h"

static json_t *command_json(const struct hw_comparison *c, enum hw_side side)
{
	const struct hw_compare_command *command = &c->commands[side];
	enum hw_bound_class class;
	size_t n = hw_comparison_bound(c, side, &class);

	return json_pack("{s:o, s:b, s:I, s:o, s:o, s:I}", "command", hw_json_string(command->text),
			 "shell", command->shell, "failures", (json_int_t)command->failures,
			 "failure_status",
			 command->failures ? json_integer(command->failure_status) : json_null(),
			 "verdict", n ? json_string(hw_bound_class_name(class)) : json_null(),
			 "verdict_runs", (json_int_t)n);
}

static json_t *order_json(const struct hw_comparison *c)
{
	hw_auto(json_decref) json_t *array = json_array();

	for (size_t i = 0; i < c->n_pairs; i++)
		if (json_array_append_new(array, json_string(c->b_first[i] ? "BA" : "AB")) < 0)
			return NULL;
	return hw_take_ptr(array);
}

static json_t *side_json(const struct hw_comparison *c, const struct hw_compare_row *row,
			 enum hw_side side)
{
	const struct hw_compare_side *s = &row->sides[side];
	hw_auto(json_decref) json_t *values = json_array(), *o = NULL;

	for (size_t i = 0; i < c->n_pairs; i++)
		if (json_array_append_new(values, hw_json_real(s->values[i])) < 0)
			return NULL;
	o = json_pack("{s:o, s:o, s:o, s:o, s:o}", "mean", hw_json_real(s->mean), "stddev",
		      c->n_pairs > 1 ? hw_json_real(s->deviation) : json_null(), "median",
		      hw_json_real(s->median), "min", hw_json_real(s->min), "max",
		      hw_json_real(s->max));
	if (row->budget && hw_json_add(o, "{s:o}", "share",
				       hw_json_real(s->mean / c->rows[0].sides[side].mean)) < 0)
		return NULL;
	if (hw_json_add(o, "{s:O}", "values", values) < 0)
		return NULL;
	return hw_take_ptr(o);
}

static json_t *ratio_json(const struct hw_compare_row *row)
{
	const struct hw_shift *r = &row->ratio;

	if (!row->has_ratio)
		return json_null();
	return json_pack("{s:o, s:o, s:o}", "estimate", hw_json_real(r->estimate), "low",
			 r->bounded ? hw_json_real(r->low) : json_null(), "high",
			 r->bounded ? hw_json_real(r->high) : json_null());
}

static json_t *row_json(const struct hw_comparison *c, const struct hw_compare_row *row)
{
	static const char *const units[] = {
		[HW_UNIT_SECONDS] = "s",
		[HW_UNIT_BYTES] = "bytes",
		[HW_UNIT_COUNT] = "",
		[HW_UNIT_CPUS] = "CPUs",
	};

	return json_pack("{s:o, s:s, s:b, s:o, s:o, s:o, s:o}", "name", hw_json_string(row->name),
			 "unit", units[row->unit], "budget", row->budget, "a",
			 side_json(c, row, HW_SIDE_A), "b", side_json(c, row, HW_SIDE_B), "ratio",
			 ratio_json(row), "p", hw_json_real(row->p));
}

static json_t *rows_json(const struct hw_comparison *c)
{
	hw_auto(json_decref) json_t *array = json_array();

	for (size_t i = 0; i < c->n_rows; i++)
		if (!c->rows[i].unknown &&
		    json_array_append_new(array, row_json(c, &c->rows[i])) < 0)
			return NULL;
	return hw_take_ptr(array);
}

static json_t *conclusion_json(const struct hw_comparison *c)
{
	static const char *const results[] = {
		[HW_CONCLUDE_TOO_FEW] = "too-few-pairs",
		[HW_CONCLUDE_NONE] = "no-difference-shown",
		[HW_CONCLUDE_A_FASTER] = "a-faster",
		[HW_CONCLUDE_B_FASTER] = "b-faster",
	};
	hw_autofree char *sentence = hw_comparison_sentence(c);

	if (!sentence)
		return NULL;
	return json_pack("{s:s, s:o, s:o, s:b, s:o}", "result",
			 results[hw_comparison_conclusion(c)], "p", hw_json_real(c->rows[0].p),
			 "detectable", hw_json_real(hw_comparison_detectable(c)), "exact",
			 c->n_pairs <= HW_SIGNED_RANK_EXACT, "sentence", hw_json_string(sentence));
}

static json_t *notes_json(const struct hw_comparison *c)
{
	char **notes = NULL;
	json_t *array;

	if (hw_comparison_notes(c, &notes) < 0)
		return NULL;
	array = hw_json_strings(notes);
	hw_sentences_free(notes);
	return array;
}

int hw_comparison_json(FILE *f, const struct hw_comparison *c)
{
	hw_auto(json_decref) json_t *o = json_pack(
		"{s:i, s:o, s:o, s:I, s:I, s:I, s:o, s:o, s:s, s:o, s:o}", "version", 1, "a",
		command_json(c, HW_SIDE_A), "b", command_json(c, HW_SIDE_B), "pairs",
		(json_int_t)c->n_pairs, "pairs_wanted", (json_int_t)c->wanted, "warmup_pairs",
		(json_int_t)c->warmups, "order", order_json(c), "rows", rows_json(c),
		"evidence_level", hw_evidence_level_name(c->level), "conclusion",
		conclusion_json(c), "notes", notes_json(c));

	return o ? hw_json_print(f, o) : -ENOMEM;
}
