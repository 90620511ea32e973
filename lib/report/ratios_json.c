/* SPDX-License-Identifier: Apache-2.0 */
#include "report/ratios_json.h"

#include <errno.h>

static json_t *event_to_json(const struct hw_session_event *e)
{
	bool timed = e->enabled_ns > 0, counted = e->counted > 0;
	double share = timed ? 100 * (double)e->running_ns / (double)e->enabled_ns : -1;

	return json_pack("{s:o, s:o, s:o, s:o, s:b, s:o, s:o, s:o}", "name", hw_json_string(e->name),
			 "unit", hw_json_string(e->unit), "samples",
			 hw_json_count((double)e->samples), "precise", json_integer(e->precise),
			 "addresses", e->addresses, "group", json_integer(e->group), "counted",
			 counted ? hw_json_count((double)e->counted) : json_null(), "running_pct",
			 timed ? hw_json_real(share) : json_null());
}

json_t *hw_events_to_json(const struct hw_session *s)
{
	hw_auto(json_decref) json_t *array = json_array();

	for (size_t i = 0; i < s->n_events; i++)
		if (json_array_append_new(array, event_to_json(&s->events[i])) < 0)
			return NULL;
	return hw_take_ptr(array);
}

static int set_ratio(json_t *object, const char *key, const char *error_key, struct hw_ratio ratio)
{
	if (ratio.value < 0)
		return 0;
	if (json_object_set_new(object, key, hw_json_real(ratio.value)) < 0 ||
	    json_object_set_new(object, error_key, hw_json_real(ratio.error)) < 0)
		return -ENOMEM;
	return 0;
}

int hw_ratios_set_json(json_t *object, const struct hw_ratios *r, const struct hw_ratio_sums *sums)
{
	int failed = 0;

	if (r->ipc)
		failed = set_ratio(object, "ipc", "ipc_error", hw_ratio_ipc(r, sums));
	if (r->misses && !failed)
		failed = set_ratio(object, "misses_per_1000", "misses_per_1000_error",
				   hw_ratio_misses(r, sums));
	return failed;
}
