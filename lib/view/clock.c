/* SPDX-License-Identifier: Apache-2.0 */
#include "view/clock.h"

#include <errno.h>
#include <string.h>

const char *hw_clock_name(enum hw_clock clock)
{
	static const char *const names[] = {
		[HW_CLOCK_CPU] = "cpu",
		[HW_CLOCK_BLOCKED] = "blocked",
		[HW_CLOCK_WALL] = "wall",
	};

	return names[clock];
}

bool hw_clock_is_event(const char *name, const char *base)
{
	size_t size = strlen(base);

	return !strncmp(name, base, size) && (!name[size] || name[size] == ':');
}

int hw_clock_cpu_event(const struct hw_profile *p)
{
	static const char *const clocks[] = { "cpu-clock", "task-clock", "cycles", "cpu-cycles" };

	for (size_t i = 0; i < p->session.n_events; i++)
		for (size_t j = 0; j < sizeof(clocks) / sizeof(clocks[0]); j++)
			if (hw_clock_is_event(p->session.events[i].name, clocks[j]))
				return (int)i;
	return -ENOENT;
}

int hw_clock_off_cpu_event(const struct hw_profile *p)
{
	for (size_t i = 0; i < p->session.n_events; i++)
		if (!strcmp(p->session.events[i].name, HW_EVENT_OFF_CPU))
			return (int)i;
	return -ENOENT;
}

uint64_t hw_clock_blocked(const uint64_t ns[static HW_WALL_CLASSES])
{
	uint64_t sum = 0;

	for (size_t i = HW_WALL_BUSY + 1; i < HW_WALL_CLASSES; i++)
		sum += ns[i];
	return sum;
}

enum hw_wall_class hw_clock_cause(const struct hw_sample *s)
{
	uint32_t class = s->flags >> HW_SAMPLE_WAIT_SHIFT & 0xff;

	return class > HW_WALL_BUSY && class < HW_WALL_CLASSES ? (enum hw_wall_class) class
							       : HW_WALL_OTHER;
}
