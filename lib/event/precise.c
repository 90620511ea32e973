/* SPDX-License-Identifier: Apache-2.0 */
#include "event/precise.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include "base/text.h"
#include "base/dirs.h"
#include "event/perf.h"
#include "event/pmu.h"

#define RARE_PERIOD 0x7fffffff /* the probe is never enabled: it only must be a sampling event */

/* Whether the kernel may honour precise_ip for events of the core PMU. AMD's is none that can, but
 * its kernel hands such events on to the PMU of instruction-based sampling. */
static bool core_may_be_precise(void)
{
	static const char *const levels[] = { "cpu/caps/max_precise", "cpu_core/caps/max_precise" };
	hw_autoclose int devices_fd = hw_pmu_devices_open();
	uint64_t level;

	if (devices_fd < 0)
		return false;
	for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++)
		if (!hw_dir_read_u64(devices_fd, levels[i], &level) && level)
			return true;
	return faccessat(devices_fd, "ibs_op", F_OK, 0) == 0;
}

static bool may_be_precise(const struct perf_event_attr *attr)
{
	switch (attr->type) {
	case PERF_TYPE_SOFTWARE:
	case PERF_TYPE_TRACEPOINT:
	case PERF_TYPE_BREAKPOINT:
		return false;
	case PERF_TYPE_HARDWARE:
	case PERF_TYPE_HW_CACHE:
	case PERF_TYPE_RAW:
		return core_may_be_precise();
	default:
		return true; /* a PMU of its own: its kernel driver refuses what it cannot */
	}
}

int hw_event_settle_precise(struct hw_event *event)
{
	struct hw_event probe = *event;
	int r;

	if (!event->attr.precise_ip)
		return 0;
	probe.attr.sample_period = RARE_PERIOD;
	if (!may_be_precise(&probe.attr))
		probe.attr.precise_ip = 0;
	while ((r = hw_event_probe(&probe)) == -EINVAL || r == -EOPNOTSUPP || r == -ENOENT) {
		if (!probe.attr.precise_ip)
			break;
		probe.attr.precise_ip--;
	}
	if (r < 0)
		return r;
	event->attr.precise_ip = probe.attr.precise_ip;
	if (event->attr.precise_ip)
		event->attr.sample_type |= PERF_SAMPLE_ADDR;
	return 0;
}

char *hw_event_explain_skid(const struct hw_event *event, unsigned int asked)
{
	unsigned int got = event->attr.precise_ip;

	if (event->attr.type == PERF_TYPE_SOFTWARE)
		return hw_text("%s is counted by the kernel, not by the CPU: it has no precise samples, "
			       "leave out the :p",
			       event->name);
	if (got)
		return hw_text("this CPU samples %s with precise_ip %u, not %u: the place of a sample "
			       "may be one instruction late",
			       event->name, got, asked);
	return hw_text("this CPU takes no precise samples of %s: their places skid, some instructions "
		       "behind the one that counted, so a line may show what the one before it did",
		       event->name);
}
