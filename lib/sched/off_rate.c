/* SPDX-License-Identifier: Apache-2.0 */
#include "sched/off_rate.h"

#define LOOK_NS	  20000000
#define PERIOD_NS 1000000000 /* no longer ones are doubled */

uint64_t hw_off_rate_next(struct hw_off_rate *rate, uint64_t now_ns, uint64_t taken,
			  uint64_t period_ns)
{
	uint64_t ns = now_ns - rate->at_ns, more = taken - rate->taken;
	uint64_t wanted = ns * HW_OFF_RATE_PER_S / 1000000000;

	if (!rate->least_ns || ns < LOOK_NS)
		return period_ns;
	rate->at_ns = now_ns;
	rate->taken = taken;
	if (more > wanted && period_ns < PERIOD_NS)
		return period_ns * 2;
	/* Not at half of what is wanted: it would go up again at the next look. */
	if (more < wanted / 4 && period_ns > rate->least_ns)
		return period_ns / 2;
	return period_ns;
}
