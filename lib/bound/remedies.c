/* SPDX-License-Identifier: Apache-2.0 */
#include "bound/remedies.h"

#include <math.h>
#include <unistd.h>

#include "bound/sentences.h"

/* A transfer below that is small: a page. Above that a call costs little beside its copying. */
static const double small_bytes = 4096;
static const double large_bytes = 65536;
/* Threads that wait at once for the network: then the other side is the limit. */
static const double many_at_once = 4;
/* Switches a second that show pieces too small to be worth passing on. */
static const double busy_switches_per_s = 1000;
/* Pages touched for each page of peak memory, from which on memory is given back and fetched
 * again. */
static const double churn = 2;
/* The part of the page faults on pages that were there before, from which on that is the thing to
 * tell. */
static const double much_again = 0.3;

double hw_place_trait_share(const struct hw_place *place, enum hw_slice slice, enum hw_trait trait)
{
	if (!place || !(place->seconds[slice] > 0))
		return 0;
	return fmin(place->trait_s[trait] / place->seconds[slice], 1);
}

double hw_place_interpreted(const struct hw_place *place)
{
	double user_s = place->seconds[HW_SLICE_USER] + place->seconds[HW_SLICE_STALL];

	return user_s > 0 ? fmin(place->trait_s[HW_TRAIT_INTERPRETER] / user_s, 1) : 0;
}

/* The functions below choose by what is known; NULL: nothing that asks for another remedy than the
 * usual one. @function may be NULL. */

static const char *remedy_of_starved(const struct hw_bound_case *c, const struct hw_place *function)
{
	(void)function; /* who wants a CPU is not to blame */
	if (!c->wall)
		return NULL;
	return hw_starved_words(hw_shape_starved_by(c->wall, c->facts->cpus))->remedy;
}

static const char *remedy_of_disk(const struct hw_bound_case *c, const struct hw_place *function)
{
	const struct hw_usage *u = &c->facts->usage;

	if (hw_place_trait_share(function, HW_SLICE_DISK, HW_TRAIT_SYNC) >= HW_TRAIT_MUCH)
		return "it waits in fsync: sync once for many writes (one transaction, one batch)";
	if (hw_place_trait_share(function, HW_SLICE_DISK, HW_TRAIT_NAMES) >= HW_TRAIT_MUCH)
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
	return NULL;
}

static const char *remedy_of_network(const struct hw_bound_case *c, const struct hw_place *function)
{
	const struct hw_wall *w = c->wall;

	if (hw_place_trait_share(function, HW_SLICE_NETWORK, HW_TRAIT_CONNECT) >= HW_TRAIT_MUCH)
		return "it waits for connections to be made: keep them open and use them again";
	if (w && w->thread_s[HW_WALL_NETWORK] > many_at_once * w->seconds[HW_WALL_NETWORK])
		return "many threads wait at once already: the other side, or its distance, is the "
		       "limit; ask for less, or for more at a time";
	return NULL;
}

static const char *remedy_of_pipe(const struct hw_bound_case *c, const struct hw_place *function)
{
	const struct hw_wall *w = c->wall;

	(void)function; /* the same for all of them */
	if (w && (double)w->switches > busy_switches_per_s * w->wall_s)
		return "it passes small pieces back and forth: pass on larger ones";
	return NULL;
}

static const char *remedy_of_calls(const struct hw_bound_case *c, const struct hw_place *function)
{
	const struct hw_usage *u = &c->facts->usage;
	double calls = (double)u->io_calls;
	double bytes = (double)u->read_chars + (double)u->written_chars;

	if (hw_place_trait_share(function, HW_SLICE_KERNEL_IO, HW_TRAIT_NAMES) >= HW_TRAIT_MUCH)
		return "most of it is opening and looking up files: keep them open, list a "
		       "directory once (os.scandir), ask less often whether they exist";
	if (hw_place_trait_share(function, HW_SLICE_KERNEL_IO, HW_TRAIT_SYNC) >= HW_TRAIT_MUCH)
		return "sync once for many writes";
	if (u->io_known && calls > 0 && bytes / calls < small_bytes)
		return "the pieces are small: buffer them, and read or write many at a time";
	if (u->io_known && calls > 0 && bytes / calls > large_bytes)
		return "the calls are large already, copying is the cost: read data once and keep "
		       "it, or map the file";
	return NULL;
}

static const char *remedy_of_faults(const struct hw_bound_case *c, const struct hw_place *function)
{
	const struct hw_usage *u = &c->facts->usage;
	double touched = (double)hw_usage_memory_faults(u) * (double)sysconf(_SC_PAGESIZE);
	bool again = u->max_rss_bytes && touched > churn * (double)u->max_rss_bytes;

	if (!function) /* who touches the memory is what to find out first */
		return NULL;
	if (c->faults)
		again = hw_faults_share(c->faults, c->faults->all.again) >= much_again;
	if (hw_place_trait_share(function, HW_SLICE_FAULTS, HW_TRAIT_LIST) >= HW_TRAIT_MUCH)
		return "it grows a list: a generator, or an array made in its size at once, "
		       "touches less memory";
	if (again)
		return "memory is given back and touched anew: reuse one buffer (out= in numpy), "
		       "or raise MALLOC_TRIM_THRESHOLD_ and MALLOC_MMAP_THRESHOLD_";
	return "each page is touched for the first time: use less memory, or larger pages (madvise "
	       "MADV_HUGEPAGE, GLIBC_TUNABLES=glibc.malloc.hugetlb=1)";
}

static const char *remedy_of_stall(const struct hw_bound_case *c, const struct hw_place *function)
{
	(void)c;
	if (!function)
		return NULL;
	if (hw_place_interpreted(function) >= HW_TRAIT_MOSTLY)
		return "its objects lie scattered: pack the values (array, numpy), or walk them in "
		       "the order in which they were made";
	return "read memory in order, in blocks that fit the cache; smaller items (float32, int32) "
	       "halve the traffic";
}

static const char *(*const choosers[HW_SLICES])(const struct hw_bound_case *,
						const struct hw_place *) = {
	[HW_SLICE_STARVED] = remedy_of_starved, [HW_SLICE_DISK] = remedy_of_disk,
	[HW_SLICE_NETWORK] = remedy_of_network, [HW_SLICE_PIPE] = remedy_of_pipe,
	[HW_SLICE_KERNEL_IO] = remedy_of_calls, [HW_SLICE_FAULTS] = remedy_of_faults,
	[HW_SLICE_STALL] = remedy_of_stall,
};

const char *hw_remedy(const struct hw_bound_case *c, enum hw_slice slice,
		      const struct hw_place *function)
{
	const char *remedy = choosers[slice] ? choosers[slice](c, function) : NULL;

	return remedy ? remedy : hw_time_kind(slice)->remedy;
}

const char *hw_serial_remedy(const struct hw_place *function)
{
	return function && !function->python
		       ? "if the items of this work do not need each other, share them out to "
			 "threads"
		       : "if the items of this work do not need each other, share them out to "
			 "processes (Python threads share the GIL)";
}

/* CPUs used from which on threads or processes clearly ran at once. */
static const double parallel_cpus = 1.05;

/* Computing: there is no one remedy, but where to look, and whether all CPUs were used. */
static void advise_computing(const struct hw_bound_case *c, struct hw_writer *w)
{
	if (hw_case_is_starved(c))
		hw_writer_say(w, "%s", hw_remedy(c, HW_SLICE_STARVED, NULL));
	if (!c->facts->n_samples)
		hw_writer_say(w, "%s", hw_remedy(c, HW_SLICE_USER, NULL));
	if (c->budget->cpu_s < parallel_cpus * c->budget->wall_s)
		hw_writer_say(w, "it used one CPU at a time: %s",
			     hw_serial_remedy(hw_case_top(c, HW_SLICE_USER)));
}

int hw_advice_write(const struct hw_bound_case *c, enum hw_bound_class largest, char ***ret)
{
	hw_auto(hw_writer_done) struct hw_writer w = { 0 };
	enum hw_slice most = HW_SLICES;

	for (int slice = 0; slice < HW_SLICES; slice++)
		if (hw_slice_class(slice) == largest &&
		    (most == HW_SLICES || c->budget->seconds[slice] > c->budget->seconds[most]))
			most = slice;
	if (hw_case_share(c, c->budget->by_class[largest]) < HW_BOUND_MIN_SHARE)
		hw_writer_say(&w,
			     "no class reaches %.0f %% of wall time: `hwprof boundness COMMAND` "
			     "shows the lines behind each part",
			     HW_BOUND_MIN_SHARE * 100);
	else if (largest == HW_BOUND_CPU)
		advise_computing(c, &w);
	else
		hw_writer_say(&w, "%s", hw_remedy(c, most, hw_case_top(c, most)));
	return hw_writer_take(&w, ret);
}
