/* SPDX-License-Identifier: Apache-2.0 */
#include "session/plan.h"

#include <errno.h>
#include <sys/random.h>

static int draw_side(const struct hw_plan *plan)
{
	unsigned char drawn;

	if (plan->sides < 2)
		return 0;
	if (plan->draw)
		return plan->draw(plan->ctx);
	if (getrandom(&drawn, 1, 0) != 1)
		return -errno;
	return drawn & 1;
}

int hw_plan_run(const struct hw_plan *plan)
{
	for (size_t i = 0; i < plan->warmups + plan->rounds; i++) {
		bool warmup = i < plan->warmups;
		int first = draw_side(plan);

		if (first < 0)
			return first;
		for (unsigned int turn = 0; turn < plan->sides; turn++) {
			const struct hw_plan_step step = {
				.warmup = warmup,
				.round = warmup ? i : i - plan->warmups,
				.side = turn ^ (unsigned int)first,
				.first = (unsigned int)first,
				.round_ends = turn + 1 == plan->sides,
			};
			int r = plan->run(plan->ctx, &step);

			if (r)
				return r;
		}
	}
	return 0;
}
