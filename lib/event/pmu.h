/* SPDX-License-Identifier: Apache-2.0
 * The PMUs of sysfs: /sys/bus/event_source/devices/PMU/{type,format/,events/,cpumask,cpus}
 * (linux: Documentation/ABI/testing/sysfs-bus-event_source-devices-*).
 *
 *	format/umask:	config:8-15		where the bits of the term "umask=" go
 *	events/tsc:	event=0x00		an event of its own name, as terms
 *	events/energy-pkg.unit: Joules		what it counts, and
 *	events/energy-pkg.scale: 2.3e-10	what a count is multiplied by to be that
 *
 * @devices_fd is always a directory that holds one directory per PMU. */
#ifndef HW_EVENT_PMU_H
#define HW_EVENT_PMU_H

#include "event/event.h"

/* Opens that of this machine: a descriptor, or a negative errno. */
int hw_pmu_devices_open(void);

/* Encodes the @terms, "event=0x3c,umask=1" or "energy-pkg,config1=2", for the PMU @pmu.
 * Returns 0 and sets the attr, unit and scale of *ret, or, leaving it alone,
 *   -ENOENT  no such PMU, term or event    -EINVAL  a value is missing, malformed or too large
 *   -EBADMSG  sysfs is not of the form above */
int hw_pmu_find(int devices_fd, const char *pmu, const char *terms, struct hw_event *ret);

/* Calls @visit for each event that a PMU names, "msr/tsc/"; as hw_event_visit(). */
int hw_pmu_visit(int devices_fd, int (*visit)(void *ctx, const struct hw_event_info *info),
		 void *ctx);

/* The CPUs on which events of PMU type @type are to be opened, one per socket for what a socket
 * shares: their number (> 0) and *ret_cpus (caller frees); 0: the PMU does not restrict them, or
 * is not there; or -ENOMEM. */
int hw_pmu_cpus(int devices_fd, unsigned int type, int **ret_cpus);

/* Whether sysfs shows the PMU of a processor core. */
bool hw_pmu_has_core(int devices_fd);

#endif
