/* SPDX-License-Identifier: Apache-2.0
 * Events and ratios for machines; the keys are in man/hwprof-report.1. */
#ifndef HW_REPORT_RATIOS_JSON_H
#define HW_REPORT_RATIOS_JSON_H

#include "report/json.h"
#include "view/ratios.h"

/* The events of @s, how they were sampled and what they counted: a new array, NULL without
 * memory. */
json_t *hw_events_to_json(const struct hw_session *s);

/* Sets in @object the ratios of @sums that can be told. Returns 0 or -ENOMEM. */
int hw_ratios_set_json(json_t *object, const struct hw_ratios *r, const struct hw_ratio_sums *sums);

#endif
