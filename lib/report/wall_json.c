/* SPDX-License-Identifier: Apache-2.0 */
#include "report/wall_json.h"

#include "profile/time_kinds.h"
#include "report/json.h"

json_t *hw_wall_seconds_to_json(const double seconds[static HW_WALL_CLASSES])
{
	hw_auto(json_decref) json_t *object = json_object();

	for (int class = 0; class < HW_WALL_CLASSES; class++)
		if (json_object_set_new(object, hw_wall_class_name(class),
					hw_json_real(seconds[class])) < 0)
			return NULL;
	return hw_take_ptr(object);
}

static json_t *widths_to_json(const struct hw_wall *w)
{
	hw_auto(json_decref) json_t *array = json_array();
	size_t n = HW_WALL_WIDTHS;

	while (n && !(w->width_s[n - 1] > 0))
		n--;
	for (size_t i = 0; i < n; i++)
		if (json_array_append_new(array, hw_json_real(w->width_s[i])) < 0)
			return NULL;
	return hw_take_ptr(array);
}

static json_t *points_to_json(const struct hw_wall *w)
{
	hw_auto(json_decref) json_t *array = json_array();

	for (size_t i = 0; i < w->n_points; i++) {
		const struct hw_wall_point *point = &w->points[i];
		json_t *o = json_pack("{s:o, s:o, s:o}", "end_s", hw_json_real(point->end_s),
				      "seconds", hw_wall_seconds_to_json(point->seconds),
				      "rss_bytes", hw_json_count((double)point->rss_bytes));

		if (json_array_append_new(array, o) < 0)
			return NULL;
	}
	return hw_take_ptr(array);
}

json_t *hw_wall_to_json(const struct hw_wall *w)
{
	if (!w || !w->known)
		return json_null();
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "wall_s",
			 hw_json_real(w->wall_s), "seconds", hw_wall_seconds_to_json(w->seconds),
			 "thread_s", hw_wall_seconds_to_json(w->thread_s), "width_s",
			 widths_to_json(w), "switches", hw_json_count((double)w->switches),
			 "threads", hw_json_count((double)w->threads), "threads_peak",
			 hw_json_count((double)w->threads_peak), "throttled_s",
			 hw_json_real(w->throttled_s), "steal_s", hw_json_real(w->steal_s),
			 "points", points_to_json(w));
}
