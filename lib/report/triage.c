/* SPDX-License-Identifier: Apache-2.0 */
#include "report/triage.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "report/json.h"
#include "report/verdict_json.h"

#define BAR_COLUMNS 30

static const struct {
	const char *class, *title;
} titles[] = {
	{ "cpu", "CPU-bound" },	     { "memory", "memory-bound" },    { "io", "I/O-bound" },
	{ "idle", "idle, waiting" }, { "lock", "waiting for locks" }, { "mixed", "mixed" },
};

static const char *title_of(const char *class)
{
	for (size_t i = 0; i < sizeof(titles) / sizeof(titles[0]); i++)
		if (!strcmp(titles[i].class, class))
			return titles[i].title;
	return class;
}

static void print_title(FILE *f, const char *title, const struct hw_style *style)
{
	fprintf(f, "\n%s%s%s\n", hw_style_color(style, HW_COLOR_BOLD), title,
		hw_style_color(style, HW_COLOR_NONE));
}

static void print_verdict(FILE *f, const struct hw_triage *t, const struct hw_style *style)
{
	char wall[HW_AMOUNT_SIZE];

	fprintf(f, "%s%s%s: %.0f %% of %s wall\n", hw_style_color(style, HW_COLOR_BOLD),
		title_of(t->verdict->class), hw_style_color(style, HW_COLOR_NONE),
		100 * t->verdict->share,
		hw_amount(wall, t->profile->session.usage.wall_s * 1e9, "ns"));
}

static void print_budget(FILE *f, const struct hw_verdict *v, const struct hw_style *style)
{
	print_title(f, "WHERE THE WALL TIME WENT", style);
	for (size_t i = 0; i < v->n_budget; i++) {
		const struct hw_budget_row *row = &v->budget[i];
		long columns = lround(row->share * BAR_COLUMNS);
		char seconds[HW_AMOUNT_SIZE];

		fprintf(f, "  %-14s %9s %6.1f %%  ", row->class,
			hw_amount(seconds, row->seconds * 1e9, "ns"), 100 * row->share);
		while (columns-- > 0)
			fputs(style->utf8 ? "█" : "#", f);
		fputc('\n', f);
	}
}

static void print_sentences(FILE *f, char *const *sentences, const struct hw_style *style)
{
	for (; sentences && *sentences; sentences++) {
		fputs("  - ", f);
		hw_put(f, style, *sentences, 0, 0, HW_CUT_RIGHT);
		fputc('\n', f);
	}
}

/* "foo.py:12", or the module of native code without a line; caller frees. */
static char *place_of(const struct hw_hot_row *row)
{
	const char *file = row->file[0] ? row->file : row->module;
	char *text;

	if (!row->line || !row->file[0])
		return strdup(file);
	return asprintf(&text, "%s:%u", file, row->line) < 0 ? NULL : text;
}

static int print_lines(FILE *f, const struct hw_hot *hot, const struct hw_style *style)
{
	char buf[HW_AMOUNT_SIZE];

	print_title(f, "HOTTEST LINES", style);
	fprintf(f, "  of %s: %s on CPUs, %" PRIu64 " samples; +- is the estimated standard error\n",
		hot->what, hw_amount(buf, hot->seconds * 1e9, "ns"), hot->n_samples);
	fprintf(f, "  %7s  %5s  %9s  %-32s  %s\n", "SHARE %", "+-", "TIME", "FUNCTION", "LINE");
	for (size_t i = 0; i < hot->n_lines; i++) {
		const struct hw_hot_row *row = &hot->lines[i];
		hw_autofree char *place = place_of(row);

		if (!place)
			return -ENOMEM;
		fprintf(f, "  %7.1f  %5.1f  %9s  ", 100 * row->share,
			100 * hw_standard_error(row->share, hot->n_samples),
			hw_amount(buf, row->seconds * 1e9, "ns"));
		hw_put(f, style, row->function, 32, 32, HW_CUT_RIGHT);
		fputs("  ", f);
		hw_put(f, style, place, style->width > 62 + 16 ? style->width - 62 : 0, 0,
		       HW_CUT_LEFT);
		fputc('\n', f);
	}
	return 0;
}

static void print_gains(FILE *f, const struct hw_hot *hot, const struct hw_style *style)
{
	char wall[HW_AMOUNT_SIZE], saved[HW_AMOUNT_SIZE];
	size_t n_printed = 0;

	hw_amount(wall, hot->wall_s * 1e9, "ns");
	print_title(f, "WHAT TO GAIN", style);
	fputs("  by halving the time above of one function (Amdahl's law)\n", f);
	for (size_t i = 0; i < hot->n_functions; i++) {
		struct hw_gain gain = hw_hot_gain(hot, &hot->functions[i]);

		if (gain.speedup < 1.005) /* "at most 1.00x" is no advice */
			continue;
		fputs("  ", f);
		hw_put(f, style, hot->functions[i].function, 32, 32, HW_CUT_RIGHT);
		fprintf(f, "  at most %.2fx, %s of %s\n", gain.speedup,
			hw_amount(saved, gain.saved_s * 1e9, "ns"), wall);
		n_printed++;
	}
	if (!n_printed)
		fprintf(f, "  no function has even 1 %% of %s wall: nothing\n", wall);
	else if (hot->parallel)
		fputs("  Threads ran in parallel: these are upper bounds, for code on the longest "
		      "path.\n",
		      f);
}

int hw_triage_print(FILE *f, const struct hw_triage *t, const struct hw_style *style)
{
	const struct hw_verdict *v = t->verdict;
	int r = 0;

	print_verdict(f, t, style);
	print_budget(f, v, style);
	print_title(f, "EVIDENCE", style);
	fprintf(f, "  - level of evidence: %s (of rusage, bpf, hardware)\n", hw_evidence_level_name(v->level));
	print_sentences(f, v->evidence, style);
	if (t->hot) {
		r = print_lines(f, t->hot, style);
		print_gains(f, t->hot, style);
	}
	if (v->advice && v->advice[0])
		print_title(f, "ADVICE", style);
	print_sentences(f, v->advice, style);
	return r;
}

static json_t *row_to_json(const struct hw_hot *hot, const struct hw_hot_row *row, bool gain)
{
	struct hw_gain g = hw_hot_gain(hot, row);
	json_t *o = json_pack("{s:o, s:o, s:I, s:o, s:I, s:o, s:o}", "function",
			      hw_json_string(row->function), "file", hw_json_string(row->file),
			      "line", (json_int_t)row->line, "module", hw_json_string(row->module),
			      "samples", (json_int_t)row->samples, "share",
			      hw_json_real(row->share), "seconds", hw_json_real(row->seconds));

	if (gain && (json_object_set_new(o, "speedup_max", hw_json_real(g.speedup)) < 0 ||
		     json_object_set_new(o, "saved_max_s", hw_json_real(g.saved_s)) < 0)) {
		json_decref(o);
		return NULL;
	}
	return o;
}

static json_t *rows_to_json(const struct hw_hot *hot, const struct hw_hot_row *rows, size_t n,
			    bool gain)
{
	hw_auto(json_decref) json_t *array = json_array();

	for (size_t i = 0; i < n; i++)
		if (json_array_append_new(array, row_to_json(hot, &rows[i], gain)) < 0)
			return NULL;
	return hw_take_ptr(array);
}

static json_t *hot_to_json(const struct hw_hot *hot)
{
	if (!hot)
		return json_null();
	return json_pack("{s:s, s:I, s:o, s:b, s:o, s:o}", "of", hot->what, "samples",
			 (json_int_t)hot->n_samples, "seconds", hw_json_real(hot->seconds),
			 "parallel", hot->parallel, "lines",
			 rows_to_json(hot, hot->lines, hot->n_lines, false), "functions",
			 rows_to_json(hot, hot->functions, hot->n_functions, true));
}

int hw_triage_print_json(FILE *f, const struct hw_triage *t)
{
	const struct hw_session *s = &t->profile->session;
	hw_auto(json_decref) json_t *root = json_pack(
		"{s:i, s:o, s:i, s:o, s:o, s:o, s:o, s:o, s:o}", "version", 1, "command",
		hw_json_strings(s->argv), "exit_status", s->exit_status, "wall_s",
		hw_json_real(s->usage.wall_s), "user_s", hw_json_real(s->usage.user_s), "sys_s",
		hw_json_real(s->usage.sys_s), "budget", hw_budget_to_json(t->verdict), "verdict",
		hw_verdict_to_json(t->verdict), "hot", hot_to_json(t->hot));

	return root ? hw_json_print(f, root) : -ENOMEM;
}
