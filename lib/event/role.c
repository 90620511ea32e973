/* SPDX-License-Identifier: Apache-2.0 */
#include "event/role.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

#define ALL_MODES (HW_MODE_USER | HW_MODE_KERNEL | HW_MODE_HYPERVISOR)

/* Arm: Architecture Reference Manual for A-profile, D13.12, common events. Intel: Software
 * Developer's Manual volume 3, 20.2.1, architectural events, as libpfm4 and perf spell them. */
static const struct {
	const char *name;
	enum hw_event_role role;
} names[] = {
	{ "cycles", HW_ROLE_CYCLES },
	{ "cpu-cycles", HW_ROLE_CYCLES },
	{ "CPU_CYCLES", HW_ROLE_CYCLES },
	{ "CPU_CLK_UNHALTED:THREAD", HW_ROLE_CYCLES },
	{ "CPU_CLK_UNHALTED:THREAD_P", HW_ROLE_CYCLES },
	{ "UNHALTED_CORE_CYCLES", HW_ROLE_CYCLES },
	{ "PERF_COUNT_HW_CPU_CYCLES", HW_ROLE_CYCLES },
	{ "instructions", HW_ROLE_INSTRUCTIONS },
	{ "INST_RETIRED", HW_ROLE_INSTRUCTIONS },
	{ "INST_RETIRED:ANY", HW_ROLE_INSTRUCTIONS },
	{ "INST_RETIRED:ANY_P", HW_ROLE_INSTRUCTIONS },
	{ "INSTRUCTION_RETIRED", HW_ROLE_INSTRUCTIONS },
	{ "RETIRED_INSTRUCTIONS", HW_ROLE_INSTRUCTIONS },
	{ "PERF_COUNT_HW_INSTRUCTIONS", HW_ROLE_INSTRUCTIONS },
	{ "branches", HW_ROLE_BRANCHES },
	{ "branch-instructions", HW_ROLE_BRANCHES },
	{ "PERF_COUNT_HW_BRANCH_INSTRUCTIONS", HW_ROLE_BRANCHES },
	{ "cache-misses", HW_ROLE_CACHE_MISSES },
	{ "LLC-load-misses", HW_ROLE_CACHE_MISSES },
	{ "LL_CACHE_MISS_RD", HW_ROLE_CACHE_MISSES },
	{ "LLC_MISSES", HW_ROLE_CACHE_MISSES },
	{ "LONGEST_LAT_CACHE:MISS", HW_ROLE_CACHE_MISSES },
	{ "MEM_LOAD_RETIRED:L3_MISS", HW_ROLE_CACHE_MISSES },
	{ "PERF_COUNT_HW_CACHE_MISSES", HW_ROLE_CACHE_MISSES },
};

/* How long @name is without the modifiers that follow its last colon; they are in *ret_modes. */
static size_t without_modifiers(const char *name, unsigned int *ret_modes)
{
	const char *colon = strrchr(name, ':');
	unsigned int modes = 0;

	*ret_modes = ALL_MODES;
	if (!colon || !colon[1] || colon[1 + strspn(colon + 1, "ukhp")])
		return strlen(name);
	for (const char *c = colon + 1; *c; c++)
		modes |= *c == 'u' ? HW_MODE_USER : *c == 'k' ? HW_MODE_KERNEL :
			 *c == 'h' ? HW_MODE_HYPERVISOR : 0;
	if (modes)
		*ret_modes = modes;
	return (size_t)(colon - name);
}

enum hw_event_role hw_event_role_of(const char *name, unsigned int *ret_modes)
{
	size_t size = without_modifiers(name, ret_modes);
	const char *pmu = strstr(name, "::"); /* "arm_n1::INST_RETIRED" */

	if (pmu && pmu + 2 < name + size) {
		size -= (size_t)(pmu + 2 - name);
		name = pmu + 2;
	}
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strlen(names[i].name) == size && !strncasecmp(names[i].name, name, size))
			return names[i].role;
	return HW_ROLE_OTHER;
}
