/* SPDX-License-Identifier: Apache-2.0
 * A verdict in JSON, as `hwprof stat` and `hwprof boundness` print it. */
#ifndef HW_REPORT_VERDICT_JSON_H
#define HW_REPORT_VERDICT_JSON_H

#include <jansson.h>

#include "bound/verdict.h"

/* [{"class":"user","seconds":1.5,"share":0.75}, ...]; a new reference, NULL without memory. */
json_t *hw_budget_to_json(const struct hw_verdict *v);

/* {"class":"cpu","share":0.93,"sentence":"...","evidence_level":"bpf","evidence":["..."],
 * "advice":["..."]}; the same. */
json_t *hw_verdict_to_json(const struct hw_verdict *v);

#endif
