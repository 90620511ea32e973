/* SPDX-License-Identifier: Apache-2.0 */
#include "report/clock_text.h"

#include <inttypes.h>
#include <string.h>

#include "base/amount.h"
#include "profile/time_kinds.h"

#define GIL_ROWS       5
#define PLACE_FRAMES   3 /* of where idle threads wait, the innermost */
#define CAUSE_SIZE     64
#define NARROW_COLUMNS 110 /* less has room for one cause only */

static bool is_wall(const struct hw_text *t)
{
	return t->view->opts.clock == HW_CLOCK_WALL;
}

static const char *amount(char buf[static HW_AMOUNT_SIZE], double ns)
{
	return hw_amount(buf, ns, "ns");
}

/* The class with most of @ns but for @without; BUSY when there is none. */
static enum hw_wall_class largest_cause(const uint64_t ns[static HW_WALL_CLASSES],
					enum hw_wall_class without)
{
	enum hw_wall_class best = HW_WALL_BUSY;

	for (size_t i = HW_WALL_BUSY + 1; i < HW_WALL_CLASSES; i++)
		if (i != without && ns[i] && (best == HW_WALL_BUSY || ns[i] > ns[best]))
			best = (enum hw_wall_class)i;
	return best;
}

/* "lock", "network 71%, lock 29%"; "" without any. Only the first when @brief. */
static const char *causes(char buf[static CAUSE_SIZE], const uint64_t ns[static HW_WALL_CLASSES],
			  bool brief)
{
	enum hw_wall_class first = largest_cause(ns, HW_WALL_BUSY);
	enum hw_wall_class second = largest_cause(ns, first);
	double all = (double)hw_clock_blocked(ns);
	double share = first ? 100 * (double)ns[first] / all : 0;
	double rest = second ? 100 * (double)ns[second] / all : 0;

	if (!first)
		buf[0] = 0;
	else if (share >= 99.5)
		snprintf(buf, CAUSE_SIZE, "%s", hw_wall_class_name(first));
	else if (brief || rest < 0.5)
		snprintf(buf, CAUSE_SIZE, "%s %.0f%%", hw_wall_class_name(first), share);
	else
		snprintf(buf, CAUSE_SIZE, "%s %.0f%%, %s %.0f%%", hw_wall_class_name(first), share,
			 hw_wall_class_name(second), rest);
	return buf;
}

static const char *causes_of(char buf[static CAUSE_SIZE], const struct hw_text *t,
			     const struct hw_row *row)
{
	return causes(buf, row->total_ns, t->style.width && t->style.width < NARROW_COLUMNS);
}

/* "lock 30.1 s, network 12.0 s", longest first. */
static void print_sums(FILE *f, const uint64_t ns[static HW_WALL_CLASSES])
{
	uint64_t left[HW_WALL_CLASSES];
	enum hw_wall_class class;
	const char *gap = "";
	char buf[HW_AMOUNT_SIZE];

	memcpy(left, ns, sizeof(left));
	while ((class = largest_cause(left, HW_WALL_BUSY)) != HW_WALL_BUSY) {
		fprintf(f, "%s%s %s", gap, hw_wall_class_name(class),
			amount(buf, (double)left[class]));
		left[class] = 0;
		gap = ", ";
	}
}

static void print_idle_sum(FILE *f, const struct hw_view *v)
{
	char buf[HW_AMOUNT_SIZE];
	size_t threads = 0;
	double ns = 0;

	for (size_t i = 0; i < v->idle.n; i++) {
		threads += v->idle.items[i].threads;
		ns += (double)hw_clock_blocked(v->idle.items[i].ns);
	}
	if (threads)
		fprintf(f,
			"idle     %zu thread%s, which waited %s for work: below, not in these "
			"figures\n",
			threads, threads == 1 ? "" : "s", amount(buf, ns));
}

void hw_clock_text_head(FILE *f, const struct hw_text *t)
{
	const struct hw_view *v = t->view;
	uint64_t blocked = hw_clock_blocked(v->ns);
	char buf[HW_AMOUNT_SIZE];

	fprintf(f, "clock    %s: threads were ", v->name);
	if (is_wall(t))
		fprintf(f, "on CPUs for %s (%" PRIu64 " samples) and ",
			amount(buf, (double)v->ns[HW_WALL_BUSY]), v->samples_cpu);
	fprintf(f, "blocked for %s (%" PRIu64 " samples)", amount(buf, (double)blocked),
		v->samples_blocked);
	fputs(", all added up\n", f);
	if (blocked) {
		fputs("blocked  ", f);
		print_sums(f, v->ns);
		fputc('\n', f);
	}
	print_idle_sum(f, v);
}

size_t hw_clock_text_width(const struct hw_text *t, bool totals, size_t cause)
{
	size_t split = is_wall(t) ? 20 : 0, total = is_wall(t) ? 11 : 20;

	return (totals ? total : 0) + split + 2 + cause;
}

size_t hw_clock_text_cause_width(const struct hw_text *t, const struct hw_row *row)
{
	char buf[CAUSE_SIZE];
	size_t n = strlen(causes_of(buf, t, row));

	return n > strlen("CAUSE") ? n : strlen("CAUSE");
}

void hw_clock_text_heading(FILE *f, const struct hw_text *t, bool totals, size_t cause)
{
	if (totals && !is_wall(t))
		fprintf(f, "  %7s", "TOTAL %");
	if (totals)
		fprintf(f, "  %9s", "TOTAL");
	if (is_wall(t))
		fprintf(f, "  %8s  %8s", "ON CPU", "BLOCKED");
	fprintf(f, "  %-*s", (int)cause, "CAUSE");
}

void hw_clock_text_row(FILE *f, const struct hw_text *t, bool totals, size_t cause,
		       const struct hw_row *row)
{
	char a[HW_AMOUNT_SIZE], b[HW_AMOUNT_SIZE], why[CAUSE_SIZE];

	if (totals && !is_wall(t))
		fprintf(f, "  %7.1f", 100 * hw_table_share(t->table, &row->total));
	if (totals)
		fprintf(f, "  %9s", amount(a, (double)row->total.period));
	if (is_wall(t))
		fprintf(f, "  %8s  %8s", amount(a, (double)row->total_ns[HW_WALL_BUSY]),
			amount(b, (double)hw_clock_blocked(row->total_ns)));
	fprintf(f, "  %-*s", (int)cause, causes_of(why, t, row));
}

/* "Condition.wait < Queue.get < _worker", and where the last of them is. */
static void print_place(FILE *f, const struct hw_text *t, const struct hw_idle *idle)
{
	const struct hw_profile *p = t->view->profile;
	uint32_t frames[HW_PROFILE_STACK_MAX];
	size_t n = hw_idle_frames(&t->view->charge, &t->view->idle, idle, frames);
	const struct hw_frame *frame = NULL;

	for (size_t i = 0; i < n && i < PLACE_FRAMES; i++) {
		frame = hw_profile_get_frame(p, frames[i]);
		fputs(i ? " < " : "  ", f);
		hw_put(f, &t->style, frame->name ? hw_profile_str(p, frame->name) : "[unknown]", 0,
		       0, HW_CUT_RIGHT);
	}
	if (frame && frame->line) {
		fputs("  ", f);
		hw_put(f, &t->style, hw_profile_str(p, frame->file), 0, 0, HW_CUT_RIGHT);
		fprintf(f, ":%u", frame->line);
	}
}

static void print_idle(FILE *f, const struct hw_text *t)
{
	const struct hw_view *v = t->view;
	char buf[HW_AMOUNT_SIZE], why[CAUSE_SIZE];

	if (v->idle.n)
		fputs("\nidle threads, blocked at one place nearly all the time (--idle puts them "
		      "in):\n",
		      f);
	for (size_t i = 0; i < v->idle.n; i++) {
		const struct hw_idle *idle = &v->idle.items[i];

		fprintf(f, "%7zu thread%s  %9s  %s", idle->threads, idle->threads == 1 ? " " : "s",
			amount(buf, (double)hw_clock_blocked(idle->ns)),
			causes(why, idle->ns, false));
		print_place(f, t, idle);
		fputc('\n', f);
	}
}

static void print_gil_row(FILE *f, const struct hw_text *t, const struct hw_gil_row *row)
{
	char buf[HW_AMOUNT_SIZE];

	fprintf(f, "%7.1f  %9s  ", 100 * row->seconds / t->gil->ran_s,
		amount(buf, row->seconds * 1e9));
	hw_put(f, &t->style, row->function, 0, 0, HW_CUT_RIGHT);
	fputs("  ", f);
	hw_put(f, &t->style, row->line ? row->file : row->module, 0, 0, HW_CUT_RIGHT);
	if (row->line)
		fprintf(f, ":%u", row->line);
	fputc('\n', f);
}

static void print_gil(FILE *f, const struct hw_text *t)
{
	const struct hw_gil_view *gil = t->gil;
	char waited[HW_AMOUNT_SIZE], ran[HW_AMOUNT_SIZE];

	if (!(gil->waited_s > 0))
		return;
	fprintf(f, "\nGIL: %zu thread%s waited %s for it, all added up", gil->threads,
		gil->threads == 1 ? "" : "s", amount(waited, gil->waited_s * 1e9));
	if (!(gil->ran_s > 0)) {
		fputs("; nothing was seen on a CPU meanwhile\n", f);
		return;
	}
	fprintf(f, "; what ran meanwhile, for %s:\n", amount(ran, gil->ran_s * 1e9));
	for (size_t i = 0; i < gil->n_rows && i < GIL_ROWS; i++)
		print_gil_row(f, t, &gil->rows[i]);
	if (gil->n_rows > GIL_ROWS)
		fprintf(f, "... and %zu more lines (--json has all)\n", gil->n_rows - GIL_ROWS);
}

void hw_clock_text_below(FILE *f, const struct hw_text *t)
{
	print_idle(f, t);
	print_gil(f, t);
}
