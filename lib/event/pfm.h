/* SPDX-License-Identifier: Apache-2.0
 * libpfm4: the event names of this machine's PMUs, as their makers write them. The library is
 * initialized at the first call; LIBPFM_FORCE_PMU and its other variables work (libpfm(3)). */
#ifndef HW_EVENT_PFM_H
#define HW_EVENT_PFM_H

#include "event/event.h"

/* Encodes "EVENT:UMASK:attribute=value", with "pmu::" before it or not. Returns 0 and sets the
 * attr, unit and scale of *ret, or, leaving it alone,
 *   -ENOENT  no such event, umask or attribute on the PMUs present
 *   -EOPNOTSUPP  an attribute that belongs to the opener: period, freq, cpu    -ENOMEM */
int hw_pfm_find(const char *name, struct hw_event *ret);

/* Calls @visit for every event and umask of the PMUs present, but for libpfm4's copy of perf's
 * generic names; as hw_event_visit(). */
int hw_pfm_visit(int (*visit)(void *ctx, const struct hw_event_info *info), void *ctx);

/* When @name starts with "pmu::" of a PMU that libpfm4 knows and this machine has not, a
 * description of that PMU ("Intel Skylake"); else NULL. */
const char *hw_pfm_absent_pmu(const char *name);

#endif
