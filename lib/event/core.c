/* SPDX-License-Identifier: Apache-2.0 */
#include "event/core.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "event/cores/cores.h"

const struct hw_core *const hw_cores[] = {
	&hw_core_generic,     &hw_core_skylake,	    &hw_core_icelake,	  &hw_core_golden_cove,
	&hw_core_zen2,	      &hw_core_zen3,	    &hw_core_zen4,	  &hw_core_cortex_a57,
	&hw_core_neoverse_n1, &hw_core_neoverse_n2, &hw_core_neoverse_n2_r0p2,
	&hw_core_neoverse_v1, &hw_core_neoverse_v2, NULL,
};

/* One CPU as its paragraph of /proc/cpuinfo describes it: arch/x86/kernel/cpu/proc.c and
 * arch/arm64/kernel/cpuinfo.c write these keys. */
struct paragraph {
	struct hw_core_id id;
	bool has_vendor, has_model;
};

static void read_line(struct paragraph *p, const char *line)
{
	const char *colon = strchr(line, ':'), *value;
	size_t len = 0;
	unsigned long number;

	if (!colon)
		return;
	value = colon + 1 + strspn(colon + 1, " \t");
	while (colon > line && strchr(" \t", colon[-1]))
		colon--;
	len = (size_t)(colon - line);
	number = strtoul(value, NULL, 0);
#define IS(key) (len == sizeof(key) - 1 && !strncmp(line, key, len))
	if (IS("vendor_id") || IS("CPU implementer")) {
		snprintf(p->id.vendor, sizeof(p->id.vendor), "%.*s", (int)strcspn(value, " \t\n"),
			 value);
		p->has_vendor = true;
	} else if (IS("model") || IS("CPU part")) {
		p->id.model = (uint32_t)number;
		p->has_model = true;
	} else if (IS("cpu family")) {
		p->id.family = (uint32_t)number;
	} else if (IS("stepping")) {
		p->id.revision = (uint32_t)number;
	} else if (IS("CPU variant")) {
		p->id.revision = (p->id.revision & 15) | ((uint32_t)number & 15) << 4;
	} else if (IS("CPU revision")) {
		p->id.revision = (p->id.revision & ~15u) | ((uint32_t)number & 15);
	}
#undef IS
}

static void end_paragraph(struct paragraph *p, struct hw_core_id *all, bool *any)
{
	if (p->has_vendor && p->has_model) {
		if (!*any)
			*all = p->id;
		else if (strcmp(all->vendor, p->id.vendor) || all->family != p->id.family ||
			 all->model != p->id.model)
			all->mixed = true;
		*any = true;
	}
	*p = (struct paragraph){ 0 };
}

int hw_core_identify(FILE *f, struct hw_core_id *ret)
{
	struct paragraph p = { 0 };
	struct hw_core_id all;
	bool any = false;
	char line[256]; /* longer lines, as of flags, continue as others that have no key */

	while (fgets(line, sizeof(line), f)) {
		if (line[0] == '\n')
			end_paragraph(&p, &all, &any);
		else
			read_line(&p, line);
	}
	end_paragraph(&p, &all, &any);
	if (!any)
		return -ENOENT;
	*ret = all;
	return 0;
}

static bool matches(const struct hw_core_match *m, const struct hw_core_id *id)
{
	return !strcmp(m->vendor, id->vendor) && m->family == id->family &&
	       id->model >= m->model_first && id->model <= m->model_last &&
	       id->revision >= m->revision_first && id->revision <= m->revision_last;
}

const struct hw_core *hw_core_of(const struct hw_core_id *id)
{
	for (size_t i = 1; !id->mixed && hw_cores[i]; i++)
		for (const struct hw_core_match *m = hw_cores[i]->matches; m->vendor; m++)
			if (matches(m, id))
				return hw_cores[i];
	return &hw_core_generic;
}

const struct hw_core *hw_core_here(struct hw_core_id *ret_id)
{
	hw_autofclose FILE *f = fopen("/proc/cpuinfo", "re");

	*ret_id = (struct hw_core_id){ 0 };
	if (f)
		hw_core_identify(f, ret_id);
	return hw_core_of(ret_id);
}

const struct hw_core *hw_core_find(const char *name)
{
	for (size_t i = 0; hw_cores[i]; i++)
		if (!strcmp(hw_cores[i]->name, name))
			return hw_cores[i];
	return NULL;
}

bool hw_core_is_generic(const struct hw_core *core)
{
	return core == &hw_core_generic;
}

const struct hw_metric_set *hw_core_set(const struct hw_core *core, const char *name)
{
	for (const struct hw_metric_set *set = core->sets; set->name; set++)
		if (!strcmp(set->name, name))
			return set;
	return NULL;
}

bool hw_core_smt(void)
{
	hw_autofclose FILE *f = fopen("/sys/devices/system/cpu/smt/active", "re");

	return f && fgetc(f) == '1';
}

const char *hw_core_describe(char buf[static HW_CORE_TEXT_SIZE], const struct hw_core_id *id)
{
	if (id->mixed)
		snprintf(buf, HW_CORE_TEXT_SIZE, "cores of several kinds");
	else if (!id->vendor[0])
		snprintf(buf, HW_CORE_TEXT_SIZE, "a CPU that does not say what it is");
	else if (!id->family)
		snprintf(buf, HW_CORE_TEXT_SIZE, "implementer %s part 0x%x", id->vendor, id->model);
	else
		snprintf(buf, HW_CORE_TEXT_SIZE, "%s family %u model %u", id->vendor, id->family,
			 id->model);
	return buf;
}
