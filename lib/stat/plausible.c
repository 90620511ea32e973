/* SPDX-License-Identifier: Apache-2.0 */
#include "stat/plausible.h"

#include <stdio.h>

#include "base/text.h"
#include "event/role.h"

static const double cycles_per_ns_max = 10, instructions_per_cycle_max = 16;
static const double clock_proof_s = 0.001, rusage_proof_s = 0.02;
static const double cycles_proof = 1e3, instructions_proof = 1e6;

/* Of one run. */
struct run {
	const struct hw_events *events;
	const struct hw_count *counts;
	const struct hw_usage *usage;
	unsigned int cpus;
};

static bool has_count(const struct hw_count *count)
{
	return count->status == HW_COUNTER_OK && count->running_pct > 0;
}

/* What event @i of @run counts, and in which modes it really did. */
static enum hw_event_role role_of(const struct run *run, size_t i, unsigned int *ret_modes)
{
	const struct hw_event *event = &run->events->items[i];
	enum hw_event_role role = hw_event_role_of(event->name, ret_modes);

	if (run->counts[i].user_only)
		*ret_modes = HW_MODE_USER;
	return role;
}

/* The count of @role in the same modes as event @i; < 0 when there is none. */
static double beside(const struct run *run, size_t i, enum hw_event_role role)
{
	unsigned int modes, others;

	role_of(run, i, &modes);
	for (size_t j = 0; j < run->events->count; j++) {
		const struct hw_count *count = &run->counts[j];

		if (role_of(run, j, &others) == role && others == modes && has_count(count))
			return count->value;
	}
	return -1;
}

/* Seconds of CPU time for which event @i was on a counter, at the least: 0 when that is too little
 * to prove anything. */
static double proven_s(const struct run *run, size_t i)
{
	double on_counter = run->counts[i].running_pct / 100, clock_s = 0, usage_s = 0;
	unsigned int modes;

	role_of(run, i, &modes);
	if (modes & HW_MODE_USER)
		usage_s += run->usage->user_s;
	if (modes & HW_MODE_KERNEL)
		usage_s += run->usage->sys_s;
	for (size_t j = 0; j < run->events->count; j++) {
		const struct perf_event_attr *attr = &run->events->items[j].attr;

		if (attr->type == PERF_TYPE_SOFTWARE && attr->config == PERF_COUNT_SW_TASK_CLOCK &&
		    has_count(&run->counts[j]))
			clock_s = run->counts[j].value / 1e9;
	}
	if (modes & HW_MODE_USER && modes & HW_MODE_KERNEL && on_counter * clock_s >= clock_proof_s)
		return on_counter * clock_s;
	return on_counter * usage_s >= rusage_proof_s ? on_counter * usage_s : 0;
}

static bool explain_times(const struct run *run, size_t i, char **ret_why)
{
	const struct hw_count *count = &run->counts[i];
	double most_s = 1.1 * run->usage->wall_s * run->cpus + 0.1;
	const char *name = run->events->items[i].name;

	if (count->running_pct > 101) {
		*ret_why =
			hw_text("%s was on a counter for %.1f %% of the time that it was enabled: "
				"the kernel's times of it cannot be, so its count is not scaled "
				"right",
				name, count->running_pct);
		return true;
	}
	if (count->enabled_s > most_s) {
		*ret_why =
			hw_text("%s was enabled for %.3f s, more than %u CPUs have in %.3f s: the "
				"kernel's times of it cannot be",
				name, count->enabled_s, run->cpus, run->usage->wall_s);
		return true;
	}
	return false;
}

static bool explain_zero(const struct run *run, size_t i, enum hw_event_role role, char **ret_why)
{
	const char *name = run->events->items[i].name;
	double busy_s = proven_s(run, i), cycles = beside(run, i, HW_ROLE_CYCLES);
	double instructions = beside(run, i, HW_ROLE_INSTRUCTIONS);
	static const char *const dead = "this machine has no such counter behind the event, as "
					"virtual machines do";

	if (run->counts[i].value != 0)
		return false;
	if (role == HW_ROLE_BRANCHES && instructions >= instructions_proof) {
		*ret_why = hw_text("%s stayed 0 beside %.0f instructions: %s", name, instructions,
				   dead);
		return true;
	}
	if (role == HW_ROLE_INSTRUCTIONS && cycles >= cycles_proof) {
		*ret_why = hw_text("%s stayed 0 beside %.0f cycles: %s", name, cycles, dead);
		return true;
	}
	if ((role == HW_ROLE_CYCLES || role == HW_ROLE_INSTRUCTIONS) && busy_s > 0) {
		*ret_why = hw_text("%s stayed 0 while the program ran for %.3f s: %s", name, busy_s,
				   dead);
		return true;
	}
	return false;
}

static bool explain_excess(const struct run *run, size_t i, enum hw_event_role role, char **ret_why)
{
	const struct hw_count *count = &run->counts[i];
	const char *name = run->events->items[i].name;
	double cycles = beside(run, i, HW_ROLE_CYCLES);

	if (role == HW_ROLE_CYCLES && count->enabled_s >= clock_proof_s &&
	    count->value > cycles_per_ns_max * 1e9 * count->enabled_s) {
		*ret_why =
			hw_text("%s makes %.1f GHz in the %.3f s that it was enabled, faster than "
				"any CPU",
				name, count->value / count->enabled_s / 1e9, count->enabled_s);
		return true;
	}
	if (role == HW_ROLE_INSTRUCTIONS && cycles >= cycles_proof && count->running_pct > 99.99 &&
	    count->value > instructions_per_cycle_max * cycles) {
		*ret_why =
			hw_text("%s makes %.1f a cycle, more than any CPU retires: one of the two "
				"counts is wrong",
				name, count->value / cycles);
		return true;
	}
	return false;
}

bool hw_count_is_impossible(const struct hw_events *events, size_t i,
			    const struct hw_count *counts, const struct hw_usage *usage,
			    unsigned int cpus, char **ret_why)
{
	const struct run run = { events, counts, usage, cpus };
	unsigned int modes;
	enum hw_event_role role = role_of(&run, i, &modes);

	return has_count(&counts[i]) &&
	       (explain_times(&run, i, ret_why) || explain_zero(&run, i, role, ret_why) ||
		explain_excess(&run, i, role, ret_why));
}

bool hw_count_is_doubtful_zero(const struct hw_event *event, const struct hw_count *count)
{
	return event->attr.type == PERF_TYPE_RAW && has_count(count) && count->value == 0;
}
