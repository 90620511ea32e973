/* SPDX-License-Identifier: Apache-2.0 */
#include "report/group_print.h"

#include <errno.h>

#include "report/json.h"
#include "report/verdict_json.h"
#include "report/wall_json.h"

static json_t *member_to_json(const struct hw_group *g, const struct hw_group_member *m)
{
	double user_s = m->usage.user_s, sys_s = m->usage.sys_s;

	return json_pack("{s:i, s:o, s:b, s:b, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "pid",
			 (int)m->pid, "command", hw_json_string(m->command), "alive", m->alive,
			 "idle", hw_group_is_idle(g, m), "wall_s", hw_json_real(m->wall.wall_s),
			 "worked_s", hw_json_real(hw_group_worked_s(m)), "user_s",
			 m->has_usage ? hw_json_real(user_s) : json_null(), "sys_s",
			 m->has_usage ? hw_json_real(sys_s) : json_null(), "cpus",
			 hw_json_real(hw_group_cpus(m)), "wall", hw_wall_to_json(&m->wall), "budget",
			 hw_budget_to_json(&m->verdict), "verdict",
			 hw_verdict_to_json(&m->verdict));
}

int hw_group_print_json(FILE *f, const struct hw_group *g)
{
	hw_auto(json_decref) json_t *members = json_array();
	hw_auto(json_decref) json_t *object = NULL;

	for (size_t i = 0; i < g->n; i++)
		if (json_array_append_new(members, member_to_json(g, &g->members[i])) < 0)
			return -ENOMEM;
	object = json_pack("{s:i, s:o, s:o, s:i, s:o, s:o, s:o, s:o, s:O}", "version", 2, "group",
			   hw_json_string(g->title), "wall_s", hw_json_real(g->wall_s), "cpus",
			   (int)g->cpus, "throttled_s", hw_json_real(g->throttled_s), "steal_s",
			   hw_json_real(g->steal_s), "left_out", hw_json_count((double)g->left_out),
			   "missed", hw_json_count((double)g->missed), "processes", members);
	if (!object)
		return -ENOMEM;
	return hw_json_print(f, object);
}
