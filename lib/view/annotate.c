/* SPDX-License-Identifier: Apache-2.0 */
#include "view/annotate.h"

#include <errno.h>
#include <string.h>

#include "base/array.h"
#include "base/text.h"
#include "view/view.h"

#define NO_FILE UINT32_MAX

struct line_builder {
	const struct hw_profile *p;
	const struct hw_annotate_opts *opts;
	struct hw_annotate a;
	char *name;		 /* FILE */
	uint32_t file;		 /* string of the file */
	uint32_t *row_of_line;	 /* HW_NO_ROW, or index in a.rows; max_line + 1 of them */
	uint32_t *counted_in;	 /* by line: the last stack added to its total */
	uint32_t max_line;
	uint32_t func_line, func_last; /* with a function: where it begins, its last line seen */
};

/* Whether @name is @wanted, or ends in it behind @separator. */
static bool ends_in(const char *name, const char *wanted, char separator)
{
	size_t n = strlen(name), m = strlen(wanted);

	if (!m || n < m || strcmp(name + n - m, wanted))
		return false;
	return n == m || name[n - m - 1] == separator;
}

static bool in_function(const struct line_builder *b, const struct hw_frame *f)
{
	return !b->a.function || ends_in(hw_profile_str(b->p, f->name), b->a.function, '.');
}

/* Whether frames stand in the lines that are shown. */
static bool is_here(const struct line_builder *b, const struct hw_frame *f)
{
	return f->file == b->file && f->line && f->line <= b->max_line && in_function(b, f);
}

/* "lib/x.py:f" into its two parts: the colon is the first one behind the last '/'. */
static int split_where(struct line_builder *b)
{
	const char *slash = strrchr(b->opts->where, '/');
	const char *colon = strchr(slash ? slash : b->opts->where, ':');
	size_t size = colon ? (size_t)(colon - b->opts->where) : strlen(b->opts->where);

	b->name = strndup(b->opts->where, size);
	if (!b->name)
		return -ENOMEM;
	if (!colon || !colon[1])
		return 0;
	b->a.function = strdup(colon + 1);
	return b->a.function ? 0 : -ENOMEM;
}

/* A view of @event; of blocked time with all waits, each where it is charged. */
static int view_event(const struct line_builder *b, int event, struct hw_view *ret)
{
	struct hw_view_opts opts = { .event = event,
				     .native_all = b->opts->native_all,
				     .keep_idle = true };

	if (event == hw_clock_off_cpu_event(b->p)) {
		opts.clock = HW_CLOCK_BLOCKED;
		opts.event = -1;
	}
	return hw_view_make(b->p, &opts, ret);
}

/* The paths, or with @of_file the functions in it, with most samples of the event. */
static char *hottest_names(const struct line_builder *b, bool of_file)
{
	const struct hw_table_opts opts = { .by = of_file ? HW_BY_FUNCTION : HW_BY_LINE,
					    .sort = HW_SORT_TOTAL };
	hw_auto(hw_view_done) struct hw_view v = { 0 };
	hw_auto(hw_table_done) struct hw_table t = { 0 };
	const char *seen[HW_ANNOTATE_NAMES] = { 0 };
	char *names = NULL;
	size_t size, n = 0;
	FILE *f = open_memstream(&names, &size);

	if (f && (view_event(b, b->opts->event, &v) < 0 || hw_table_build(&v, &opts, &t) < 0))
		t.n_rows = 0;
	for (size_t i = 0; f && i < t.n_rows && n < HW_ANNOTATE_NAMES; i++) {
		const struct hw_row *row = &t.rows[t.order[i]];
		const char *name = of_file ? row->name : row->file;
		bool known = !name[0] || !row->line ||
			     (of_file && strcmp(row->file, hw_profile_str(b->p, b->file)));

		for (size_t j = 0; j < n; j++)
			known |= !strcmp(seen[j], name);
		if (known)
			continue;
		seen[n++] = name;
		fprintf(f, "%s\n", name);
	}
	if (f)
		fclose(f);
	return names;
}

/* Adds @path to the lines of *names. */
static void add_name(char **names, const char *path)
{
	char *longer = *names ? hw_text("%s%s\n", *names, path) : NULL;

	if (!longer)
		return;
	free(*names);
	*names = longer;
}

/* A path in the profile is relative where Python was given the script so. */
static bool is_meant(const char *path, const char *name)
{
	return ends_in(path, name, '/') || (path[0] != '/' && ends_in(name, path, '/'));
}

/* Finds the one file of the profile that the user means: one with just that path, else with that
 * end. */
static int find_file(struct line_builder *b, char **ret_names)
{
	hw_autofree char *several = strdup("");
	uint32_t n = hw_intern_count(b->p->frames), found = NO_FILE, n_found = 0;
	hw_autofree bool *seen = calloc(hw_intern_count(b->p->strings) + 1ul, sizeof(*seen));

	if (!seen)
		return -ENOMEM;
	for (uint32_t i = 0; i < n; i++) {
		const struct hw_frame *f = hw_profile_get_frame(b->p, i);
		const char *path = hw_profile_str(b->p, f->file);

		if (!f->line || seen[f->file] || !is_meant(path, b->name))
			continue;
		seen[f->file] = true;
		add_name(&several, path);
		found = f->file;
		n_found++;
		if (!strcmp(path, b->name)) {
			n_found = 1;
			break;
		}
	}
	b->file = found;
	if (n_found == 1)
		return 0;
	*ret_names = n_found ? hw_take_ptr(several) : hottest_names(b, false);
	return n_found ? -ENOTUNIQ : -ENOENT;
}

/* How far the lines go, and where the function is. */
static int find_lines(struct line_builder *b, char **ret_names)
{
	b->max_line = HW_ANNOTATE_LINE_MAX;
	b->func_line = UINT32_MAX;
	for (uint32_t i = 0; i < hw_intern_count(b->p->frames); i++) {
		const struct hw_frame *f = hw_profile_get_frame(b->p, i);
		uint32_t begin = f->func_line && f->func_line <= f->line ? f->func_line : f->line;

		if (!is_here(b, f))
			continue;
		if (begin < b->func_line)
			b->func_line = begin;
		if (f->line > b->func_last)
			b->func_last = f->line;
	}
	if (!b->func_last) {
		*ret_names = hottest_names(b, true);
		return -ENOENT;
	}
	b->max_line = b->func_last;
	return 0;
}

static int new_row(struct line_builder *b, uint32_t line, uint32_t *ret)
{
	struct hw_annotate_row row = { .line = line };

	if (hw_reserve(b->a.rows, b->a.cap_rows, b->a.n_rows + 1) < 0)
		return -ENOMEM;
	row.self = calloc(2 * b->a.n_events, sizeof(*row.self));
	if (!row.self)
		return -ENOMEM;
	row.total = row.self + b->a.n_events;
	*ret = (uint32_t)b->a.n_rows;
	b->a.rows[b->a.n_rows++] = row;
	return 0;
}

static void add(struct hw_weight *sum, const struct hw_weight *w)
{
	sum->samples += w->samples;
	sum->period += w->period;
}

/* Adds @sum, number @id of @v, the samples of @event, to the lines in which its stack stands. */
static int add_to_lines(struct line_builder *b, size_t event, const struct hw_view *v,
		   const struct hw_view_sum *sum, uint32_t id)
{
	uint32_t frames[HW_PROFILE_STACK_MAX];
	size_t self, n = hw_view_frames(v, sum->stack, sum->class, frames, &self);

	for (size_t i = 0; i < n; i++) {
		const struct hw_frame *f = hw_profile_get_frame(b->p, frames[i]);
		uint32_t *row = is_here(b, f) ? &b->row_of_line[f->line] : NULL;

		if (!row)
			continue;
		if (*row == HW_NO_ROW) {
			if (new_row(b, f->line, row) < 0)
				return -ENOMEM;
			b->counted_in[f->line] = UINT32_MAX;
		}
		if (i == self)
			add(&b->a.rows[*row].self[event], &sum->weight);
		if (b->counted_in[f->line] != id)
			add(&b->a.rows[*row].total[event], &sum->weight);
		b->counted_in[f->line] = id;
	}
	return 0;
}

static int add_event_to_lines(struct line_builder *b, size_t event)
{
	hw_auto(hw_view_done) struct hw_view v = { 0 };
	int r = view_event(b, (int)event, &v);

	if (r < 0)
		return r;
	b->a.all[event] = v.all;
	for (size_t i = 0; i < b->a.n_rows; i++) /* the sums begin anew */
		b->counted_in[b->a.rows[i].line] = UINT32_MAX;
	for (size_t i = 0; r >= 0 && i < v.n_sums; i++)
		r = add_to_lines(b, event, &v, &v.sums[i], (uint32_t)i);
	return r;
}

static int by_line(const void *pa, const void *pb)
{
	const struct hw_annotate_row *a = pa, *b = pb;

	return (a->line > b->line) - (a->line < b->line);
}

static int add_up_lines(struct line_builder *b)
{
	int r;

	b->a.n_events = b->p->session.n_events;
	b->a.all = calloc(b->a.n_events + 1, sizeof(*b->a.all));
	b->row_of_line = malloc((b->max_line + 1ul) * sizeof(*b->row_of_line));
	b->counted_in = malloc((b->max_line + 1ul) * sizeof(*b->counted_in));
	if (!b->a.all || !b->row_of_line || !b->counted_in)
		return -ENOMEM;
	memset(b->row_of_line, 0xff, (b->max_line + 1ul) * sizeof(*b->row_of_line)); /* HW_NO_ROW */
	for (size_t e = 0; e < b->a.n_events; e++)
		if ((r = add_event_to_lines(b, e)) < 0)
			return r;
	qsort(b->a.rows, b->a.n_rows, sizeof(*b->a.rows), by_line);
	hw_ratios_find(b->p, b->opts->event, &b->a.ratios);
	for (size_t i = 0; i < b->a.n_rows; i++)
		for (size_t part = 0; part < HW_PARTS; part++)
			if (b->a.ratios.events[part] >= 0)
				b->a.rows[i].sums.parts[part] =
					b->a.rows[i].total[b->a.ratios.events[part]];
	return 0;
}

/* Reads the file that the user named, or the one of the profile. */
static int read_source(struct line_builder *b)
{
	const char *paths[] = { b->name, b->a.file };

	for (size_t i = 0; i < 2 && !b->a.path; i++) {
		int r = hw_source_read(paths[i], &b->a.source);

		if (r == -ENOMEM)
			return r;
		b->a.source_error = r;
		if (!r && !(b->a.path = strdup(paths[i])))
			return -ENOMEM;
	}
	b->a.changed = b->a.path && b->a.source.changed_unix_s > b->p->session.start_unix_s;
	b->a.first = b->a.function ? b->func_line : 1;
	b->a.last = b->a.function ?
			    hw_source_block_end(&b->a.source, b->func_line, b->func_last) :
			    (uint32_t)b->a.source.n_lines;
	if (b->a.last < b->func_last)
		b->a.last = b->func_last;
	return 0;
}

static int build(struct line_builder *b, char **ret_names)
{
	int r = split_where(b);

	if (r >= 0)
		r = find_file(b, ret_names);
	if (r >= 0)
		r = find_lines(b, ret_names);
	if (r >= 0)
		r = add_up_lines(b);
	if (r < 0)
		return r;
	b->a.file = hw_profile_str(b->p, b->file);
	return read_source(b);
}

int hw_annotate(const struct hw_profile *p, const struct hw_annotate_opts *opts,
		struct hw_annotate *ret, char **ret_names)
{
	struct line_builder b = { .p = p, .opts = opts, .a.event = opts->event };
	int r;

	*ret_names = NULL;
	r = build(&b, ret_names);
	free(b.name);
	free(b.row_of_line);
	free(b.counted_in);
	if (r < 0)
		hw_annotate_done(&b.a);
	else
		*ret = b.a;
	return r;
}

void hw_annotate_done(struct hw_annotate *a)
{
	for (size_t i = 0; i < a->n_rows; i++)
		free(a->rows[i].self);
	free(a->rows);
	free(a->all);
	free(a->path);
	free(a->function);
	hw_source_done(&a->source);
	*a = (struct hw_annotate){ 0 };
}
