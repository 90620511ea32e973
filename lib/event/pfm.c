/* SPDX-License-Identifier: Apache-2.0 */
#include "event/pfm.h"

#include <errno.h>
#include <perfmon/pfmlib_perf_event.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"

static int pfm_error(int code, const char *what)
{
	log_debug("libpfm: %s: %s", what, pfm_strerror(code));
	switch (code) {
	case PFM_SUCCESS:
		return 0;
	case PFM_ERR_NOMEM:
		return -ENOMEM;
	default:
		/* An umask that does not exist is PFM_ERR_ATTR, one that is missing
		 * PFM_ERR_UMASK: in both cases the name as written names no event. */
		return -ENOENT;
	}
}

int hw_pfm_find(const char *name, struct hw_event *ret)
{
	struct perf_event_attr attr = { .size = sizeof(attr) };
	pfm_perf_encode_arg_t arg = { .attr = &attr, .size = sizeof(arg), .cpu = -1 };
	int code = pfm_initialize(); /* cheap when it was done before */

	if (code == PFM_SUCCESS)
		code = pfm_get_os_event_encoding(name, PFM_PLM0 | PFM_PLM3,
						 PFM_OS_PERF_EVENT_EXT, &arg);
	if (code != PFM_SUCCESS)
		return pfm_error(code, name);
	if (attr.sample_period || attr.freq || arg.cpu >= 0)
		return -EOPNOTSUPP;
	ret->attr = attr;
	ret->unit[0] = '\0';
	ret->scale = 1;
	return 0;
}

static bool pmu_info(int pmu, pfm_pmu_info_t *ret)
{
	*ret = (pfm_pmu_info_t){ .size = sizeof(*ret) };
	return pfm_get_pmu_info((pfm_pmu_t)pmu, ret) == PFM_SUCCESS;
}

struct visitor {
	int (*visit)(void *ctx, const struct hw_event_info *info);
	void *ctx;
	const pfm_pmu_info_t *pmu;
	const char *prefix; /* "" or "pmu::" */
};

/* An event that needs a umask is listed once for each; others once. */
static int visit_event(const struct visitor *v, const pfm_event_info_t *event)
{
	char name[HW_EVENT_NAME_SIZE];
	struct hw_event_info info = { .name = name, .group = v->pmu->name };
	bool has_umask = false;

	for (int i = 0; i < event->nattrs; i++) {
		pfm_event_attr_info_t attr = { .size = sizeof(attr) };
		int r;

		if (pfm_get_event_attr_info(event->idx, i, PFM_OS_PERF_EVENT_EXT, &attr) ||
		    attr.type != PFM_ATTR_UMASK)
			continue;
		has_umask = true;
		snprintf(name, sizeof(name), "%s%s:%s", v->prefix, event->name, attr.name);
		info.description = attr.desc ? attr.desc : "";
		r = v->visit(v->ctx, &info);
		if (r)
			return r;
	}
	if (has_umask)
		return 0;
	snprintf(name, sizeof(name), "%s%s", v->prefix, event->name);
	info.description = event->desc ? event->desc : "";
	return v->visit(v->ctx, &info);
}

static int visit_pfm_pmu(struct visitor *v)
{
	char prefix[64];

	/* Without a prefix libpfm4 looks only among the core and the generic PMUs. */
	snprintf(prefix, sizeof(prefix), "%s::", v->pmu->name);
	v->prefix = v->pmu->type == PFM_PMU_TYPE_CORE ? "" : prefix;
	for (int idx = v->pmu->first_event; idx >= 0; idx = pfm_get_event_next(idx)) {
		pfm_event_info_t event = { .size = sizeof(event) };
		int r;

		/* equiv: another name of an event that is in the list itself */
		if (pfm_get_event_info(idx, PFM_OS_PERF_EVENT_EXT, &event) || event.equiv)
			continue;
		r = visit_event(v, &event);
		if (r)
			return r;
	}
	return 0;
}

int hw_pfm_visit(int (*visit)(void *ctx, const struct hw_event_info *info), void *ctx)
{
	if (pfm_initialize() != PFM_SUCCESS)
		return 0;
	for (int pmu = 0; pmu < PFM_PMU_MAX; pmu++) {
		pfm_pmu_info_t info;
		struct visitor v = { .visit = visit, .ctx = ctx, .pmu = &info };
		int r;

		/* The last two are perf's generic names, which event/names.c lists. */
		if (!pmu_info(pmu, &info) || !info.is_present || pmu == PFM_PMU_PERF_EVENT ||
		    pmu == PFM_PMU_PERF_EVENT_RAW)
			continue;
		r = visit_pfm_pmu(&v);
		if (r)
			return r;
	}
	return 0;
}

const char *hw_pfm_absent_pmu(const char *name)
{
	const char *colons = strstr(name, "::");

	if (!colons || pfm_initialize() != PFM_SUCCESS)
		return NULL;
	for (int pmu = 0; pmu < PFM_PMU_MAX; pmu++) {
		size_t len = (size_t)(colons - name);
		pfm_pmu_info_t info;

		if (pmu_info(pmu, &info) && !info.is_present && strlen(info.name) == len &&
		    !strncasecmp(info.name, name, len))
			return info.desc;
	}
	return NULL;
}
