/* SPDX-License-Identifier: Apache-2.0 */
#include "list_metrics.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "cmd.h"
#include "event/core.h"
#include "report/json.h"
#include "report/pager.h"
#include "report/style.h"

static json_t *set_json(const struct hw_metric_set *set)
{
	hw_auto(json_decref) json_t *array = json_array();

	for (const struct hw_metric *m = set->metrics; m->name; m++)
		if (json_array_append_new(array, json_pack("{s:s, s:s, s:s, s:s}", "name", m->name,
							   "unit", m->unit, "formula", m->formula,
							   "meaning", m->meaning)) < 0)
			return NULL;
	return hw_take_ptr(array);
}

static int print_json(const struct hw_core *core, const char *cpu)
{
	hw_auto(json_decref) json_t *sets = json_object();
	hw_auto(json_decref) json_t *o = NULL;

	for (const struct hw_metric_set *set = core->sets; set->name; set++)
		if (json_object_set_new(sets, set->name, set_json(set)) < 0)
			return -ENOMEM;
	o = json_pack("{s:s, s:s, s:s, s:b, s:s, s:O}", "core", core->name, "title", core->title,
		      "cpu", cpu, "known", !hw_core_is_generic(core), "source", core->source, "sets",
		      sets);
	return o ? hw_json_print(stdout, o) : -ENOMEM;
}

static void print_set(FILE *f, const struct hw_style *s, const struct hw_metric_set *set)
{
	fprintf(f, "\n%s%s%s\n", hw_style_color(s, HW_COLOR_BOLD), set->name,
		hw_style_color(s, HW_COLOR_NONE));
	for (const struct hw_metric *m = set->metrics; m->name; m++)
		fprintf(f, "  %-22s %-23s %s\n  %-22s = %s\n", m->name, m->unit, m->meaning, "",
			m->formula);
}

static int print_text(const struct hw_core *core, const char *cpu)
{
	struct hw_style s = hw_style_of(STDOUT_FILENO);
	struct hw_pager pager;

	hw_pager_open(&pager, true);
	if (hw_core_is_generic(core))
		fprintf(pager.f, "There is no table for %s: these are perf's generic events.\n", cpu);
	else
		fprintf(pager.f, "This CPU (%s) has the core %s: %s.\n", cpu, core->name, core->title);
	fprintf(pager.f, "Source: %s.\n", core->source);
	for (const struct hw_metric_set *set = core->sets; set->name; set++)
		print_set(pager.f, &s, set);
	fputs("\nThere are tables for:\n", pager.f);
	for (size_t i = 1; hw_cores[i]; i++)
		fprintf(pager.f, "  %-18s %s\n", hw_cores[i]->name, hw_cores[i]->title);
	return hw_pager_close(&pager);
}

int hw_list_metrics(bool json)
{
	struct hw_core_id id;
	const struct hw_core *core = hw_core_here(&id);
	char cpu[HW_CORE_TEXT_SIZE];
	int r;

	hw_core_describe(cpu, &id);
	r = json ? print_json(core, cpu) : print_text(core, cpu);
	if (r < 0)
		log_error_errno(r, "cannot write the list");
	return r < 0 ? HW_EXIT_OURS : 0;
}
