/* SPDX-License-Identifier: Apache-2.0 */
#include "bound/rules.h"

#include <math.h>
#include <stdio.h>
#include <unistd.h>

#include "base/amount.h"
#include "base/text.h"
#include "bound/shape.h"

/* Of a function's time in a slice: enough to give it its advice. */
static const double mostly = 0.6;
static const double much = 0.3;
/* A transfer below that is small: a page. Above that a call costs little beside its copying. */
static const double small_bytes = 4096;
static const double large_bytes = 65536;
/* Threads that wait at once for the network: then the other side is the limit. */
static const double many_at_once = 4;
/* Pages touched for each page of peak memory, from which on memory is given back and fetched again.
 */
/* The part of the page faults on pages that were there before from which on that is the thing to
 * tell. */
static const double much_again = 0.3;
static const double churn = 2;
/* Switches a second that show pieces too small to be worth passing on. */
static const double busy_switches_per_s = 1000;

#define GROUPED(value) hw_grouped((char[HW_GROUPED_SIZE]){ 0 }, (double)(value), 0)

static bool is_gain(const struct hw_rule_case *in, double gain_s)
{
	return gain_s >= HW_RULE_LEAST_GAIN * in->budget->wall_s;
}

static double pct_of_wall(const struct hw_rule_case *in, double seconds)
{
	return 100 * seconds / in->budget->wall_s;
}

static const struct hw_wall *wall_of(const struct hw_rule_case *in)
{
	return hw_bound_facts_measured(in->facts) ? in->facts->wall : NULL;
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

static const struct hw_place *top_function(const struct hw_rule_case *in, enum hw_slice slice)
{
	return in->places ? hw_places_top(in->places, slice, true) : NULL;
}

static void put_at_line_of(const struct hw_rule_case *in, const struct hw_place *function,
			   enum hw_slice slice, struct hw_finding *f)
{
	if (function)
		put_at(f, hw_places_line_of(in->places, function, slice));
}

/* The share of @place's time in @slice that has @trait, at most 1. Traits are counted over all of
 * its time: only ask for one that means this slice. */
static double trait_share(const struct hw_place *place, enum hw_slice slice, enum hw_trait trait)
{
	if (!place || !(place->seconds[slice] > 0))
		return 0;
	return fmin(place->trait_s[trait] / place->seconds[slice], 1);
}

/* "; 82 % of it here", or "". */
static const char *here(char buf[static 64], const struct hw_rule_case *in,
			const struct hw_place *function, enum hw_slice slice)
{
	buf[0] = 0;
	if (function)
		snprintf(buf, 64, "; %.0f %% of what was sampled of it is here",
			 100 * function->seconds[slice] / in->places->all.seconds[slice]);
	return buf;
}
#define HERE(in, function, slice) here((char[64]){ 0 }, in, function, slice)

/* --- the run as a whole --- */

static bool look_starved(const struct hw_rule_case *in, struct hw_finding *f)
{
	static const char *const advice[] = {
		[HW_STARVED_OTHERS] =
			"stop or move the other programs (top(1) names them), or give "
			"this one CPUs of its own",
		[HW_STARVED_QUOTA] = "raise the CPU quota of its cgroup (cpu.max), or start fewer "
				     "threads so that the quota lasts",
		[HW_STARVED_STEAL] = "the virtual machine shares its CPUs: take a larger one, or "
				     "one with CPUs of its own",
	};
	const struct hw_wall *w = wall_of(in);
	enum hw_starved_by by = w ? hw_shape_starved_by(w, in->facts->cpus) : HW_STARVED_OTHERS;
	char quota[64] = "", steal[80] = "";

	f->gain_s = in->budget->seconds[HW_SLICE_STARVED];
	if (!is_gain(in, f->gain_s))
		return false;
	f->title = hw_text("no CPU to run on");
	if (w && w->throttled_s > 0)
		snprintf(quota, sizeof(quota), "; the quota held it back for %.2f s",
			 w->throttled_s);
	if (w && w->steal_s > 0)
		snprintf(steal, sizeof(steal), "; %.2f s were stolen from the machine's %u CPUs",
			 w->steal_s, in->facts->cpus);
	f->evidence = hw_text("ready to run but without a CPU for %.1f %% of wall%s%s",
			      pct_of_wall(in, f->gain_s), quota, steal);
	f->advice = hw_text("%s", advice[by]);
	return true;
}

/* How much shorter busy time that one thread fills alone would be on as many CPUs as there are, if
 * @wanting threads could run. */
static double serial_gain_s(const struct hw_rule_case *in, double wanting)
{
	double cores = fmin(in->facts->cpus ? in->facts->cpus : 1, wanting);

	return cores > 1 ? in->budget->busy_s * (1 - 1 / cores) : 0;
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
	const struct hw_wall *w = wall_of(in);
	const struct hw_place *holder = gil_holder(in->places);
	char held[64] = "";
	struct hw_shape shape;

	if (!w)
		return false;
	hw_shape_of(w, &shape);
	f->gain_s = shape.gil_fight ? serial_gain_s(in, shape.wanting) : 0;
	if (!is_gain(in, f->gain_s))
		return false;
	if (holder) {
		put_at(f, holder);
		snprintf(held, sizeof(held), "; %.0f %% of that time this function held it",
			 100 * holder->wanted_gil_s / in->places->all.wanted_gil_s);
	}
	f->title = hw_text("threads queue for the GIL");
	f->evidence =
		hw_text("%.1f threads wanted to run on average, one could; they waited %.2f s "
			"in all%s",
			shape.wanting, w->thread_s[HW_WALL_GIL], held);
	f->advice =
		hw_text("run this work in processes (ProcessPoolExecutor), or in native code that "
			"releases the GIL; more threads only wait more");
	return true;
}

static bool look_turns(const struct hw_rule_case *in, struct hw_finding *f)
{
	const struct hw_wall *w = wall_of(in);
	struct hw_shape shape;

	if (!w)
		return false;
	hw_shape_of(w, &shape);
	if (shape.takes_turns && shape.busy_s > 0)
		f->gain_s = serial_gain_s(
			in, (w->thread_s[HW_WALL_BUSY] + w->thread_s[HW_WALL_LOCK]) / shape.busy_s);
	if (!is_gain(in, f->gain_s))
		return false;
	const struct hw_place *function = top_function(in, HW_SLICE_LOCK);
	put_at_line_of(in, function, HW_SLICE_LOCK, f);
	f->title = hw_text("threads take turns");
	f->evidence = hw_text("one of %s threads ran at a time, with %s switches a second; they "
			      "waited %.2f s in all, %.0f us for a turn%s",
			      GROUPED(w->threads_peak), GROUPED(shape.switches_per_s),
			      w->thread_s[HW_WALL_LOCK],
			      1e6 * w->thread_s[HW_WALL_LOCK] / (double)w->switches,
			      HERE(in, function, HW_SLICE_LOCK));
	f->advice =
		hw_text("pass on larger pieces of work, hold the lock for less time or give each "
			"thread its own data; with turns this short fewer threads do as much");
	return true;
}

static bool is_serial(const struct hw_rule_case *in)
{
	const struct hw_wall *w = wall_of(in);
	struct hw_shape shape;

	if (!w)
		return in->budget->cpu_s <= 1.05 * in->budget->wall_s;
	hw_shape_of(w, &shape);
	return shape.one_by_one && !shape.gil_fight && !shape.takes_turns;
}

static bool look_serial(const struct hw_rule_case *in, struct hw_finding *f)
{
	double computing_s =
		in->budget->seconds[HW_SLICE_USER] + in->budget->seconds[HW_SLICE_STALL];

	if (in->facts->cpus < 2 || !is_serial(in))
		return false;
	f->gain_s = computing_s * (1 - 1. / in->facts->cpus);
	const struct hw_place *function = top_function(in, HW_SLICE_USER);
	if (!is_gain(in, f->gain_s) || pct_of_wall(in, computing_s) < 50)
		return false;
	put_at(f, function);
	f->title = hw_text("one of %u CPUs is used", in->facts->cpus);
	f->evidence = hw_text("it computed for %.1f %% of wall, in one thread at a time%s",
			      pct_of_wall(in, computing_s), HERE(in, function, HW_SLICE_USER));
	f->advice = hw_text(
		"%s", function && !function->python
			      ? "if the items of this work do not need each other, share them "
				"out to threads"
			      : "if the items of this work do not need each other, share them "
				"out to processes (Python threads share the GIL)");
	return true;
}

/* --- waits --- */

static const char *advise_disk(const struct hw_rule_case *in, const struct hw_place *function)
{
	const struct hw_usage *u = &in->facts->usage;

	if (trait_share(function, HW_SLICE_DISK, HW_TRAIT_SYNC) >= much)
		return "it waits in fsync: sync once for many writes (one transaction, one batch)";
	if (trait_share(function, HW_SLICE_DISK, HW_TRAIT_NAMES) >= much)
		return "it waits for the names of files: fewer, larger files, or list a directory "
		       "once";
	if (hw_usage_read_faults(u) * 8 > u->in_blocks / 2)
		return "mapped files are read page by page as they are touched: ask for them ahead "
		       "(madvise MADV_WILLNEED), or read them in large pieces";
	if (u->in_blocks > u->out_blocks)
		return "read ahead in larger pieces, or from several threads, so that reading and "
		       "computing overlap";
	if (u->out_blocks > u->in_blocks)
		return "write less often in larger pieces, and let the kernel write back behind it";
	return "fewer, larger transfers, from several threads if they do not need each other";
}

static const char *advise_network(const struct hw_rule_case *in, const struct hw_place *function)
{
	const struct hw_wall *w = wall_of(in);

	if (trait_share(function, HW_SLICE_NETWORK, HW_TRAIT_CONNECT) >= much)
		return "it waits for connections to be made: keep them open and use them again";
	if (w && w->thread_s[HW_WALL_NETWORK] > many_at_once * w->seconds[HW_WALL_NETWORK])
		return "many threads wait at once already: the other side, or its distance, is the "
		       "limit; ask for less, or for more at a time";
	return "one request after the other waits for its answer: send several at once (asyncio, a "
	       "pool of threads), or ask for more at a time";
}

static const char *advise_pipe(const struct hw_rule_case *in, const struct hw_place *function)
{
	const struct hw_wall *w = wall_of(in);

	(void)function; /* the same for all of them */
	if (w && (double)w->switches > busy_switches_per_s * w->wall_s)
		return "it passes small pieces back and forth: pass on larger ones";
	return "the program at the other end of the pipe is the slow part: look at that one";
}

enum { WAIT_DISK, WAIT_NETWORK, WAIT_PIPE, WAIT_IO, WAIT_LOCK, WAIT_GIL, WAIT_SLEEP, WAIT_CHILD };

static const struct wait {
	enum hw_slice slice;
	const char *title;
	/* chooses the advice; NULL: it is always the same */
	const char *(*advise)(const struct hw_rule_case *in, const struct hw_place *function);
	const char *advice;
} waits[] = {
	[WAIT_DISK] = { HW_SLICE_DISK, "waits for the disk", advise_disk, NULL },
	[WAIT_NETWORK] = { HW_SLICE_NETWORK, "waits for the network", advise_network, NULL },
	[WAIT_PIPE] = { HW_SLICE_PIPE, "waits at a pipe", advise_pipe, NULL },
	[WAIT_IO] = { HW_SLICE_IO_WAIT, "many short waits", NULL,
		      "fewer round trips: batches, or several requests at once" },
	[WAIT_LOCK] = { HW_SLICE_LOCK, "stands still at a lock", NULL,
			"nothing ran meanwhile: whoever held the lock was waiting itself, or is "
			"another program; do "
			"I/O and sleep without holding it" },
	[WAIT_GIL] = { HW_SLICE_GIL, "stands still at the GIL", NULL,
		       "nothing ran meanwhile, so the thread that held the GIL was blocked: native "
		       "code "
		       "that waits must release it (Py_BEGIN_ALLOW_THREADS)" },
	[WAIT_SLEEP] = { HW_SLICE_SLEEP, "sleeps", NULL,
			 "wait for the event itself instead of sleeping, or sleep for less" },
	[WAIT_CHILD] = { HW_SLICE_CHILD, "waits for a child process", NULL,
			 "the other process is the slow part: profile that one, or start it "
			 "earlier" },
};

static bool look_wait(const struct hw_rule_case *in, struct hw_finding *f)
{
	const struct wait *wait = &waits[in->what];
	const struct hw_place *function = top_function(in, wait->slice);

	f->gain_s = in->budget->seconds[wait->slice];
	if (!is_gain(in, f->gain_s))
		return false;
	put_at_line_of(in, function, wait->slice, f);
	f->title = hw_text("%s", wait->title);
	f->evidence = hw_text("nothing ran and it %s for %.2f s, %.1f %% of wall%s%s",
			      hw_time_kind(wait->slice)->doing, f->gain_s, pct_of_wall(in, f->gain_s),
			      wall_of(in) ? "" : " (estimated from counts)",
			      HERE(in, function, wait->slice));
	f->advice = hw_text("%s", wait->advise ? wait->advise(in, function) : wait->advice);
	return true;
}

/* --- the kernel's work --- */

static const char *advise_calls(const struct hw_rule_case *in, const struct hw_place *function)
{
	const struct hw_usage *u = &in->facts->usage;
	double calls = (double)u->io_calls;
	double bytes = (double)u->read_chars + (double)u->written_chars;

	if (trait_share(function, HW_SLICE_KERNEL_IO, HW_TRAIT_NAMES) >= much)
		return "most of it is opening and looking up files: keep them open, list a "
		       "directory "
		       "once (os.scandir), ask less often whether they exist";
	if (trait_share(function, HW_SLICE_KERNEL_IO, HW_TRAIT_SYNC) >= much)
		return "sync once for many writes";
	if (u->io_known && calls > 0 && bytes / calls < small_bytes)
		return "the pieces are small: buffer them, and read or write many at a time";
	if (u->io_known && calls > 0 && bytes / calls > large_bytes)
		return "the calls are large already, copying is the cost: read data once and keep "
		       "it, or map the file";
	return "fewer calls with larger buffers";
}

static bool look_calls(const struct hw_rule_case *in, struct hw_finding *f)
{
	const struct hw_usage *u = &in->facts->usage;
	double calls = (double)u->io_calls;
	double bytes = (double)u->read_chars + (double)u->written_chars;
	char figures[128] = "";

	f->gain_s = in->budget->seconds[HW_SLICE_KERNEL_IO];
	if (!is_gain(in, f->gain_s))
		return false;
	const struct hw_place *function = top_function(in, HW_SLICE_KERNEL_IO);
	put_at_line_of(in, function, HW_SLICE_KERNEL_IO, f);
	if (u->io_known && calls > 0)
		snprintf(figures, sizeof(figures), ", %s reads and writes of %s bytes on average",
			 GROUPED(calls), GROUPED(bytes / calls));
	f->title = hw_text("calls for I/O");
	f->evidence = hw_text("the kernel worked for its I/O for %.1f %% of wall%s%s",
			      pct_of_wall(in, f->gain_s), figures,
			      HERE(in, function, HW_SLICE_KERNEL_IO));
	f->advice = hw_text("%s", advise_calls(in, function));
	return true;
}

enum { WHOLE_IMPORT, WHOLE_COLLECTOR, WHOLE_SPAWN, WHOLE_MAP, WHOLE_YIELD };

/* A trait of the run as a whole. */
static const struct whole {
	enum hw_trait trait;
	const char *title, *what, *advice;
} wholes[] = {
	[WHOLE_IMPORT] = { HW_TRAIT_IMPORT, "imports", "in importing modules",
			   "import inside the function that needs it, or less of it; `python -X "
			   "importtime` lists "
			   "them" },
	[WHOLE_COLLECTOR] = { HW_TRAIT_COLLECTOR, "garbage collection", "in the garbage collector",
			      "call gc.freeze() once the long-lived objects are there, or raise "
			      "gc.set_threshold(); "
			      "fewer objects that refer to each other make it cheaper" },
	[WHOLE_SPAWN] = { HW_TRAIT_SPAWN, "starts processes", "in starting and ending processes",
			  "keep the processes and give them more work each (a pool)" },
	[WHOLE_MAP] = { HW_TRAIT_MAP, "maps memory", "in mapping and unmapping memory",
			"keep large buffers instead of freeing them, or raise "
			"MALLOC_MMAP_THRESHOLD_ and "
			"MALLOC_TRIM_THRESHOLD_" },
	[WHOLE_YIELD] = { HW_TRAIT_YIELD, "spins", "in giving up its turn with sched_yield",
			  "wait on a lock or a condition instead of spinning" },
};

/* The function with the most time of that trait. */
static const struct hw_place *top_of_trait(const struct hw_places *places, enum hw_trait trait)
{
	const struct hw_place *best = NULL;

	for (size_t i = 0; i < places->n_lines; i++)
		if (places->lines[i].trait_s[trait] > (best ? best->trait_s[trait] : 0))
			best = &places->lines[i];
	return best;
}

static bool look_whole(const struct hw_rule_case *in, struct hw_finding *f)
{
	const struct whole *whole = &wholes[in->what];
	double seconds = in->places ? in->places->all.trait_s[whole->trait] : 0;

	f->gain_s = fmin(seconds, in->budget->wall_s);
	if (!is_gain(in, f->gain_s))
		return false;
	put_at(f, top_of_trait(in->places, whole->trait));
	f->title = hw_text("%s", whole->title);
	f->evidence = hw_text(
		"%.2f s of thread time %s, %.0f %% of them here", seconds, whole->what,
		100 * top_of_trait(in->places, whole->trait)->trait_s[whole->trait] / seconds);
	f->advice = hw_text("%s", whole->advice);
	return true;
}

/* --- a function --- */

/* The most wall time that @function could have in @slice: all of its time there, had it been alone.
 */
static double most_s(const struct hw_rule_case *in, const struct hw_place *function,
		     enum hw_slice slice)
{
	return fmin(function->seconds[slice], in->budget->seconds[slice]);
}

static const char *advise_faults(const struct hw_rule_case *in, const struct hw_place *function)
{
	const struct hw_usage *u = &in->facts->usage;
	double touched = (double)hw_usage_memory_faults(u) * (double)sysconf(_SC_PAGESIZE);
	bool again = u->max_rss_bytes && touched > churn * (double)u->max_rss_bytes;

	if (in->faults)
		again = hw_faults_share(in->faults, in->faults->all.again) >= much_again;
	if (trait_share(function, HW_SLICE_FAULTS, HW_TRAIT_LIST) >= much)
		return "it grows a list: a generator, or an array made in its size at once, "
		       "touches "
		       "less memory";
	if (again)
		return "memory is given back and touched anew: reuse one buffer (out= in numpy), "
		       "or "
		       "raise MALLOC_TRIM_THRESHOLD_ and MALLOC_MMAP_THRESHOLD_";
	return "each page is touched for the first time: use less memory, or larger pages (madvise "
	       "MADV_HUGEPAGE, GLIBC_TUNABLES=glibc.malloc.hugetlb=1)";
}

static bool look_faults(const struct hw_rule_case *in, struct hw_finding *f)
{
	const struct hw_place *function = in->function;
	const struct hw_usage *u = &in->facts->usage;
	char figures[128] = "";

	f->gain_s = most_s(in, function, HW_SLICE_FAULTS);
	if (!is_gain(in, f->gain_s))
		return false;
	put_at_line_of(in, function, HW_SLICE_FAULTS, f);
	f->title = hw_text("page faults");
	if (hw_usage_memory_faults(u))
		snprintf(figures, sizeof(figures),
			 "; the run had %s, for %.0f MB of memory at its peak",
			 GROUPED(hw_usage_memory_faults(u)), (double)u->max_rss_bytes / 1e6);
	if (in->faults && in->faults->all.again)
		snprintf(figures, sizeof(figures),
			 "; of all faults %.0f %% touch pages that had been given back before",
			 100 * hw_faults_share(in->faults, in->faults->all.again));
	f->evidence = hw_text("%.2f s of CPU time in page faults here%s",
			      function->seconds[HW_SLICE_FAULTS], figures);
	f->advice = hw_text("%s", advise_faults(in, function));
	return true;
}

/* The share of @function's computing that is CPython's own code. */
static double interpreted(const struct hw_place *function)
{
	double user_s = function->seconds[HW_SLICE_USER] + function->seconds[HW_SLICE_STALL];

	return user_s > 0 ? fmin(function->trait_s[HW_TRAIT_INTERPRETER] / user_s, 1) : 0;
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
	if (in->facts->stall_error > 0)
		snprintf(error, sizeof(error), ", an estimate, +- %.0f points",
			 100 * in->facts->stall_error);
	f->evidence = hw_text("%.0f %% of its %.2f s in user mode%s",
			      100 * stall_s / (stall_s + function->seconds[HW_SLICE_USER]),
			      stall_s + function->seconds[HW_SLICE_USER], error);
	f->advice = hw_text(
		"%s", interpreted(function) >= mostly
			      ? "its objects lie scattered: pack the values (array, numpy), or "
				"walk them in the order in which they were made"
			      : "read memory in order, in blocks that fit the cache; smaller "
				"items (float32, int32) halve the traffic");
	return true;
}

static bool look_loop(const struct hw_rule_case *in, struct hw_finding *f)
{
	const struct hw_place *function = in->function;
	double share = interpreted(function);

	f->gain_s = share * most_s(in, function, HW_SLICE_USER);
	if (!function->python || share < mostly || !is_gain(in, f->gain_s) ||
	    trait_share(function, HW_SLICE_USER, HW_TRAIT_IMPORT) >= much)
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
	double share = 1 - interpreted(function);

	f->gain_s = share * most_s(in, function, HW_SLICE_USER);
	if (share <= 1 - mostly || !is_gain(in, f->gain_s) ||
	    trait_share(function, HW_SLICE_USER, HW_TRAIT_IMPORT) >= much)
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
	{ "starved", look_starved, .weight = 1 },
	{ "gil", look_gil, .weight = 1 },
	{ "turns", look_turns, .weight = 1 },
	{ "serial", look_serial, .weight = 0.5 },
	{ "disk", look_wait, WAIT_DISK, .weight = 1 },
	{ "network", look_wait, WAIT_NETWORK, .weight = 1 },
	{ "pipe", look_wait, WAIT_PIPE, .weight = 1 },
	{ "short-waits", look_wait, WAIT_IO, .weight = 1 },
	{ "lock", look_wait, WAIT_LOCK, .weight = 1 },
	{ "gil-blocked", look_wait, WAIT_GIL, .weight = 1 },
	{ "sleep", look_wait, WAIT_SLEEP, .weight = 1 },
	{ "child", look_wait, WAIT_CHILD, .weight = 1 },
	{ "calls", look_calls, .weight = 1 },
	{ "imports", look_whole, WHOLE_IMPORT, .weight = 1 },
	{ "collector", look_whole, WHOLE_COLLECTOR, .weight = 1 },
	{ "spawn", look_whole, WHOLE_SPAWN, .weight = 1 },
	{ "map", look_whole, WHOLE_MAP, .weight = 1 },
	{ "spin", look_whole, WHOLE_YIELD, .weight = 1 },
	{ "faults", look_faults, .by_function = true, .weight = 1 },
	{ "stall", look_stall, .by_function = true, .weight = 1 },
	{ "interpreted", look_loop, .by_function = true, .weight = 1 },
	{ "native", look_native, .by_function = true, .weight = 0.9 },
};
const size_t hw_n_rules = sizeof(hw_rules) / sizeof(hw_rules[0]);
