/* SPDX-License-Identifier: Apache-2.0 */
#include "bound/case.h"

void hw_bound_case_init(struct hw_bound_case *c, const struct hw_bound_facts *facts,
			const struct hw_budget *budget)
{
	*c = (struct hw_bound_case){ .facts = facts, .budget = budget };
	if (hw_bound_facts_measured(facts)) {
		c->wall = facts->wall;
		hw_shape_of(c->wall, &c->shape);
	}
}

double hw_case_share(const struct hw_bound_case *c, double seconds)
{
	return seconds / c->budget->wall_s;
}

bool hw_case_is_starved(const struct hw_bound_case *c)
{
	return hw_case_share(c, c->budget->seconds[HW_SLICE_STARVED]) >= HW_STARVED_MUCH;
}

const struct hw_place *hw_case_top(const struct hw_bound_case *c, enum hw_slice slice)
{
	return c->places ? hw_places_top(c->places, slice, true) : NULL;
}
