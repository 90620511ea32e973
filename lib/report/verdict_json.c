/* SPDX-License-Identifier: Apache-2.0 */
#include "report/verdict_json.h"

#include "report/json.h"

json_t *hw_budget_to_json(const struct hw_verdict *v)
{
	hw_auto(json_decref) json_t *array = json_array();

	for (size_t i = 0; i < v->n_budget; i++) {
		const struct hw_budget_row *row = &v->budget[i];
		json_t *o =
			json_pack("{s:s, s:o, s:o}", "class", hw_slice_name(row->slice), "seconds",
				  hw_json_real(row->seconds), "share", hw_json_real(row->share));

		if (json_array_append_new(array, o) < 0)
			return NULL;
	}
	return hw_take_ptr(array);
}

json_t *hw_verdict_to_json(const struct hw_verdict *v)
{
	return json_pack("{s:s, s:o, s:o, s:s, s:o, s:o}", "class", hw_bound_class_name(v->class), "share",
			 hw_json_real(v->share), "sentence", hw_json_string(v->sentence),
			 "evidence_level", hw_evidence_level_name(v->level),
			 "evidence", hw_json_strings(v->evidence), "advice",
			 hw_json_strings(v->advice));
}
