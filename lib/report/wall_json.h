/* SPDX-License-Identifier: Apache-2.0
 * The wall budget in JSON, as `hwprof stat` and `hwprof boundness` print it. */
#ifndef HW_REPORT_WALL_JSON_H
#define HW_REPORT_WALL_JSON_H

#include <jansson.h>

#include "profile/wall.h"

/* {"busy":1.5,"starved":0,...}: seconds by class. A new reference, NULL without memory. */
json_t *hw_wall_seconds_to_json(const double seconds[static HW_WALL_CLASSES]);

/* {"wall_s", "seconds":{class:s}, "thread_s":{class:s}, "width_s":[s], "switches", "threads",
 * "threads_peak", "throttled_s", "steal_s", "points":[{"end_s","seconds":{class:s},"rss_bytes"}]};
 * width_s ends with its last number that is not 0. null when @w is NULL or not known; otherwise as
 * above. */
json_t *hw_wall_to_json(const struct hw_wall *w);

#endif
