/* SPDX-License-Identifier: Apache-2.0 */
#include "bound/rules.h"

#include <math.h>
#include <stdio.h>

#include "base/text.h"
#include "bound/remedies.h"
#include "bound/sentences.h"

static bool is_gain(const struct hw_rule_case *in, double gain_s)
{
	return hw_case_share(in->run, gain_s) >= HW_RULE_LEAST_GAIN;
}

static double percent_of_wall(const struct hw_rule_case *in, double seconds)
{
	return 100 * hw_case_share(in->run, seconds);
}

/* Puts the finding at @line, the line of a function, or at the function. */
static void put_at(struct hw_finding *f, const struct hw_place *place)
{
	if (!place)
		return;
	f->function = place->function;
	f->file = place->file;
	f->module = place->module;
	f->line = place->line;
}

static void put_at_line_of(const struct hw_rule_case *in, const struct hw_place *function,
			   enum hw_slice slice, struct hw_finding *f)
{
	if (function)
		put_at(f, hw_places_line_of(in->run->places, function, slice));
}

/* "; 82 % of it here", or "". */
static const char *here(char buf[static 64], const struct hw_rule_case *in,
			const struct hw_place *function, enum hw_slice slice)
{
	buf[0] = 0;
	if (function)
		snprintf(buf, 64, "; %.0f %% of what was sampled of it is here",
			 100 * function->seconds[slice] / in->run->places->all.seconds[slice]);
	return buf;
}
#define HERE(in, function, slice) here((char[64]){ 0 }, in, function, slice)

/* --- the run as a whole --- */

static bool look_starved(const struct hw_rule_case *in, struct hw_finding *f)
{
	const struct hw_wall *w = in->run->wall;
	char quota[64] = "", steal[80] = "";

	f->gain_s = in->run->budget->seconds[HW_SLICE_STARVED];
	if (!is_gain(in, f->gain_s))
		return false;
	f->title = hw_text("no CPU to run on");
	if (w && w->throttled_s > 0)
		snprintf(quota, sizeof(quota), "; the quota held it back for %.2f s",
			 w->throttled_s);
	if (w && w->steal_s > 0)
		snprintf(steal, sizeof(steal), "; %.2f s were stolen from the machine's %u CPUs",
			 w->steal_s, in->run->facts->cpus);
	f->evidence = hw_text("ready to run but without a CPU for %.1f %% of wall%s%s",
			      percent_of_wall(in, f->gain_s), quota, steal);
	f->advice = hw_text("%s", hw_remedy(in->run, HW_SLICE_STARVED, NULL));
	return true;
}

/* How much shorter busy time that one thread fills alone would be on as many CPUs as there are, if
 * @wanting threads could run. */
static double serial_gain_s(const struct hw_rule_case *in, double wanting)
{
	double cores = fmin(in->run->facts->cpus ? in->run->facts->cpus : 1, wanting);

	return cores > 1 ? in->run->budget->busy_s * (1 - 1 / cores) : 0;
}

/* The function that held the GIL while others waited for it. */
static const struct hw_place *gil_holder(const struct hw_places *places)
{
	const struct hw_place *holder = NULL;

	for (size_t i = 0; places && i < places->n_functions; i++)
		if (places->functions[i].wanted_gil_s > (holder ? holder->wanted_gil_s : 0))
			holder = &places->functions[i];
	return holder;
}

static bool look_gil(const struct hw_rule_case *in, struct hw_finding *f)
{
	const struct hw_shape *shape = &in->run->shape;
	const struct hw_place *holder = gil_holder(in->run->places);
	char held[64] = "";

	f->gain_s = shape->gil_fight ? serial_gain_s(in, shape->wanting) : 0;
	if (!is_gain(in, f->gain_s))
		return false;
	if (holder) {
		put_at(f, holder);
		snprintf(held, sizeof(held), "; %.0f %% of that time this function held it",
			 100 * holder->wanted_gil_s / in->run->places->all.wanted_gil_s);
	}
	f->title = hw_text("threads queue for the GIL");
	f->evidence =
		hw_text("%.1f threads wanted to run on average, one could; they waited %.2f s "
			"in all%s",
			shape->wanting, in->run->wall->thread_s[HW_WALL_GIL], held);
	f->advice =
		hw_text("run this work in processes (ProcessPoolExecutor), or in native code that "
			"releases the GIL; more threads only wait more");
	return true;
}

static bool look_turns(const struct hw_rule_case *in, struct hw_finding *f)
{
	const struct hw_wall *w = in->run->wall;
	const struct hw_shape *shape = &in->run->shape;

	if (shape->takes_turns && shape->busy_s > 0)
		f->gain_s = serial_gain_s(in, (w->thread_s[HW_WALL_BUSY] +
					       w->thread_s[HW_WALL_LOCK]) /
						      shape->busy_s);
	if (!is_gain(in, f->gain_s))
		return false;
	const struct hw_place *function = hw_case_top(in->run, HW_SLICE_LOCK);
	put_at_line_of(in, function, HW_SLICE_LOCK, f);
	f->title = hw_text("threads take turns");
	f->evidence = hw_text("one of %s threads ran at a time, with %s switches a second; they "
			      "waited %.2f s in all, %.0f us for a turn%s",
			      HW_GROUPED(w->threads_peak), HW_GROUPED(shape->switches_per_s),
			      w->thread_s[HW_WALL_LOCK],
			      1e6 * w->thread_s[HW_WALL_LOCK] / (double)w->switches,
			      HERE(in, function, HW_SLICE_LOCK));
	f->advice =
		hw_text("pass on larger pieces of work, hold the lock for less time or give each "
			"thread its own data; with turns this short fewer threads do as much");
	return true;
}

static bool is_serial(const struct hw_bound_case *c)
{
	const struct hw_shape *shape = &c->shape;

	if (!c->wall)
		return c->budget->cpu_s <= 1.05 * c->budget->wall_s;
	return shape->one_by_one && !shape->gil_fight && !shape->takes_turns;
}

static bool look_serial(const struct hw_rule_case *in, struct hw_finding *f)
{
	double computing_s =
		in->run->budget->seconds[HW_SLICE_USER] + in->run->budget->seconds[HW_SLICE_STALL];

	if (in->run->facts->cpus < 2 || !is_serial(in->run))
		return false;
	f->gain_s = computing_s * (1 - 1. / in->run->facts->cpus);
	const struct hw_place *function = hw_case_top(in->run, HW_SLICE_USER);
	if (!is_gain(in, f->gain_s) || percent_of_wall(in, computing_s) < 50)
		return false;
	put_at(f, function);
	f->title = hw_text("one of %u CPUs is used", in->run->facts->cpus);
	f->evidence = hw_text("it computed for %.1f %% of wall, in one thread at a time%s",
			      percent_of_wall(in, computing_s), HERE(in, function, HW_SLICE_USER));
	f->advice = hw_text("%s", hw_serial_remedy(function));
	return true;
}

/* --- what one kind of time, or a trait, takes of the run --- */

static bool look_wait(const struct hw_rule_case *in, struct hw_finding *f)
{
	const struct hw_time_kind *kind = in->kind;
	const struct hw_place *function = hw_case_top(in->run, kind->slice);

	f->gain_s = in->run->budget->seconds[kind->slice];
	if (!is_gain(in, f->gain_s))
		return false;
	put_at_line_of(in, function, kind->slice, f);
	f->title = hw_text("%s", kind->title);
	f->evidence = hw_text("nothing ran and it %s for %.2f s, %.1f %% of wall%s%s", kind->doing,
			      f->gain_s, percent_of_wall(in, f->gain_s),
			      in->run->wall ? "" : " (estimated from counts)",
			      HERE(in, function, kind->slice));
	f->advice = hw_text("%s", hw_remedy(in->run, kind->slice, function));
	return true;
}

static bool look_calls(const struct hw_rule_case *in, struct hw_finding *f)
{
	const struct hw_usage *u = &in->run->facts->usage;
	double calls = (double)u->io_calls;
	double bytes = (double)u->read_chars + (double)u->written_chars;
	char figures[128] = "";

	f->gain_s = in->run->budget->seconds[HW_SLICE_KERNEL_IO];
	if (!is_gain(in, f->gain_s))
		return false;
	const struct hw_place *function = hw_case_top(in->run, HW_SLICE_KERNEL_IO);
	put_at_line_of(in, function, HW_SLICE_KERNEL_IO, f);
	if (u->io_known && calls > 0)
		snprintf(figures, sizeof(figures), ", %s reads and writes of %s bytes on average",
			 HW_GROUPED(calls), HW_GROUPED(bytes / calls));
	f->title = hw_text("calls for I/O");
	f->evidence = hw_text("the kernel worked for its I/O for %.1f %% of wall%s%s",
			      percent_of_wall(in, f->gain_s), figures,
			      HERE(in, function, HW_SLICE_KERNEL_IO));
	f->advice = hw_text("%s", hw_remedy(in->run, HW_SLICE_KERNEL_IO, function));
	return true;
}

/* The function with the most time of that trait. */
static const struct hw_place *top_of_trait(const struct hw_places *places, enum hw_trait trait)
{
	const struct hw_place *best = NULL;

	for (size_t i = 0; i < places->n_lines; i++)
		if (places->lines[i].trait_s[trait] > (best ? best->trait_s[trait] : 0))
			best = &places->lines[i];
	return best;
}

static bool look_trait(const struct hw_rule_case *in, struct hw_finding *f)
{
	const struct hw_trait_row *trait = hw_trait_row(in->trait);
	double seconds = in->run->places ? in->run->places->all.trait_s[in->trait] : 0;

	f->gain_s = fmin(seconds, in->run->budget->wall_s);
	if (!is_gain(in, f->gain_s))
		return false;
	const struct hw_place *top = top_of_trait(in->run->places, in->trait);
	put_at(f, top);
	f->title = hw_text("%s", trait->title);
	f->evidence = hw_text("%.2f s of thread time %s, %.0f %% of them here", seconds,
			      trait->spent, 100 * top->trait_s[in->trait] / seconds);
	f->advice = hw_text("%s", trait->remedy);
	return true;
}

/* --- a function --- */

/* The most wall time that @function could have in @slice: all of its time there, had it been alone.
 */
static double most_s(const struct hw_rule_case *in, const struct hw_place *function,
		     enum hw_slice slice)
{
	return fmin(function->seconds[slice], in->run->budget->seconds[slice]);
}

static bool look_faults(const struct hw_rule_case *in, struct hw_finding *f)
{
	const struct hw_place *function = in->function;
	const struct hw_usage *u = &in->run->facts->usage;
	char figures[128] = "";

	f->gain_s = most_s(in, function, HW_SLICE_FAULTS);
	if (!is_gain(in, f->gain_s))
		return false;
	put_at_line_of(in, function, HW_SLICE_FAULTS, f);
	f->title = hw_text("page faults");
	if (hw_usage_memory_faults(u))
		snprintf(figures, sizeof(figures),
			 "; the run had %s, for %.0f MB of memory at its peak",
			 HW_GROUPED(hw_usage_memory_faults(u)), (double)u->max_rss_bytes / 1e6);
	if (in->run->faults && in->run->faults->all.again)
		snprintf(figures, sizeof(figures),
			 "; of all faults %.0f %% touch pages that had been given back before",
			 100 * hw_faults_share(in->run->faults, in->run->faults->all.again));
	f->evidence = hw_text("%.2f s of CPU time in page faults here%s",
			      function->seconds[HW_SLICE_FAULTS], figures);
	f->advice = hw_text("%s", hw_remedy(in->run, HW_SLICE_FAULTS, function));
	return true;
}

static bool look_stall(const struct hw_rule_case *in, struct hw_finding *f)
{
	const struct hw_place *function = in->function;
	double stall_s = function->seconds[HW_SLICE_STALL];
	char error[64] = "";

	f->gain_s = most_s(in, function, HW_SLICE_STALL);
	if (!is_gain(in, f->gain_s))
		return false;
	put_at_line_of(in, function, HW_SLICE_STALL, f);
	f->title = hw_text("held up by memory");
	if (in->run->facts->stall_error > 0)
		snprintf(error, sizeof(error), ", an estimate, +- %.0f points",
			 100 * in->run->facts->stall_error);
	f->evidence = hw_text("%.0f %% of its %.2f s in user mode%s",
			      100 * stall_s / (stall_s + function->seconds[HW_SLICE_USER]),
			      stall_s + function->seconds[HW_SLICE_USER], error);
	f->advice = hw_text("%s", hw_remedy(in->run, HW_SLICE_STALL, function));
	return true;
}

static bool look_loop(const struct hw_rule_case *in, struct hw_finding *f)
{
	const struct hw_place *function = in->function;
	double share = hw_place_interpreted(function);

	f->gain_s = share * most_s(in, function, HW_SLICE_USER);
	if (!function->python || share < HW_TRAIT_MOSTLY || !is_gain(in, f->gain_s) ||
	    hw_place_trait_share(function, HW_SLICE_USER, HW_TRAIT_IMPORT) >= HW_TRAIT_MUCH)
		return false;
	put_at_line_of(in, function, HW_SLICE_USER, f);
	f->title = hw_text("interpreted code");
	f->evidence = hw_text("%.0f %% of its %.2f s of computing is the interpreter itself, no "
			      "library",
			      100 * share, function->seconds[HW_SLICE_USER]);
	f->advice =
		hw_text("if it is a loop over values, vectorize it (numpy) or compile it (Cython, "
			"numba); else look for a better algorithm or a cache here first");
	return true;
}

static bool look_native(const struct hw_rule_case *in, struct hw_finding *f)
{
	const struct hw_place *function = in->function;
	double share = 1 - hw_place_interpreted(function);

	f->gain_s = share * most_s(in, function, HW_SLICE_USER);
	if (share <= 1 - HW_TRAIT_MOSTLY || !is_gain(in, f->gain_s) ||
	    hw_place_trait_share(function, HW_SLICE_USER, HW_TRAIT_IMPORT) >= HW_TRAIT_MUCH)
		return false;
	put_at_line_of(in, function, HW_SLICE_USER, f);
	f->title = hw_text("%s", function->python ? "native code it calls" : "computing");
	f->evidence = hw_text("%.2f s of computing, %.0f %% of it in native code",
			      function->seconds[HW_SLICE_USER], 100 * share);
	f->advice = hw_text(
		"%s", function->python
			      ? "the library works here: call it for less, with smaller types, or "
				"with a better algorithm; `hwprof report --tree` names its parts"
			      : "make this function cheaper first: algorithm, then vector "
				"instructions (-O3 -march=native); `hwprof report --by line` shows "
				"its lines");
	return true;
}

/* The gain orders what they find; what is hard to do or overlaps another finding weighs less. */
const struct hw_rule hw_rules[] = {
	{ "starved", look_starved, HW_RULE_RUN, 1 },
	{ "gil", look_gil, HW_RULE_RUN, 1 },
	{ "turns", look_turns, HW_RULE_RUN, 1 },
	{ "serial", look_serial, HW_RULE_RUN, 0.5 },
	{ NULL, look_wait, HW_RULE_WAITS, 1 },
	{ "calls", look_calls, HW_RULE_RUN, 1 },
	{ NULL, look_trait, HW_RULE_TRAITS, 1 },
	{ "faults", look_faults, HW_RULE_FUNCTIONS, 1 },
	{ "stall", look_stall, HW_RULE_FUNCTIONS, 1 },
	{ "interpreted", look_loop, HW_RULE_FUNCTIONS, 1 },
	{ "native", look_native, HW_RULE_FUNCTIONS, 0.9 },
};
const size_t hw_n_rules = sizeof(hw_rules) / sizeof(hw_rules[0]);
