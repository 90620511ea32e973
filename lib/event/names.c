/* SPDX-License-Identifier: Apache-2.0 */
#include "event/names.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define N_ITEMS(array) (sizeof(array) / sizeof((array)[0]))

struct generic {
	const char *name, *alias; /* alias: NULL when there is none */
	uint32_t type;
	uint64_t config;
	const char *unit, *description;
};

#define HW(id) PERF_TYPE_HARDWARE, PERF_COUNT_HW_##id
#define SW(id) PERF_TYPE_SOFTWARE, PERF_COUNT_SW_##id

static const struct generic generics[] = {
	{ "cycles", "cpu-cycles", HW(CPU_CYCLES), "", "CPU cycles at the frequency of the moment" },
	{ "instructions", NULL, HW(INSTRUCTIONS), "", "instructions retired" },
	{ "branches", "branch-instructions", HW(BRANCH_INSTRUCTIONS), "",
	  "branch instructions retired" },
	{ "branch-misses", NULL, HW(BRANCH_MISSES), "", "branches predicted wrongly" },
	{ "cache-references", NULL, HW(CACHE_REFERENCES), "", "accesses to the last-level cache" },
	{ "cache-misses", NULL, HW(CACHE_MISSES), "", "misses of the last-level cache" },
	{ "ref-cycles", NULL, HW(REF_CPU_CYCLES), "", "cycles at a constant reference frequency" },
	{ "bus-cycles", NULL, HW(BUS_CYCLES), "", "bus cycles" },
	{ "stalled-cycles-frontend", "idle-cycles-frontend", HW(STALLED_CYCLES_FRONTEND), "",
	  "cycles in which no instruction could be fetched" },
	{ "stalled-cycles-backend", "idle-cycles-backend", HW(STALLED_CYCLES_BACKEND), "",
	  "cycles in which none could be executed, often for memory" },
	{ "task-clock", NULL, SW(TASK_CLOCK), "ns", "time on a CPU of the task" },
	{ "cpu-clock", NULL, SW(CPU_CLOCK), "ns", "time on a CPU, by its timer" },
	{ "page-faults", "faults", SW(PAGE_FAULTS), "", "page faults, minor and major" },
	{ "minor-faults", NULL, SW(PAGE_FAULTS_MIN), "", "page faults served without a disk" },
	{ "major-faults", NULL, SW(PAGE_FAULTS_MAJ), "", "page faults that waited for a disk" },
	{ "context-switches", "cs", SW(CONTEXT_SWITCHES), "", "switches to another task" },
	{ "cpu-migrations", "migrations", SW(CPU_MIGRATIONS), "", "moves to another CPU" },
	{ "cgroup-switches", NULL, SW(CGROUP_SWITCHES), "", "switches to a task of other cgroups" },
	{ "alignment-faults", NULL, SW(ALIGNMENT_FAULTS), "", "unaligned accesses, fixed up" },
	{ "emulation-faults", NULL, SW(EMULATION_FAULTS), "", "instructions the kernel emulated" },
	{ "bpf-output", NULL, SW(BPF_OUTPUT), "", "records written by BPF programs" },
	{ "dummy", NULL, SW(DUMMY), "", "counts nothing; carries records for tools" },
};

/* The words of cache names; the first spellings are those that are listed. */
#define MAX_SPELLINGS 5

struct cache {
	const char *spellings[MAX_SPELLINGS];
	unsigned int ops; /* bit OP: the operation exists, parse-events.c hw_cache_stat[] */
	const char *description;
};

enum { READ = 1 << PERF_COUNT_HW_CACHE_OP_READ,
       WRITE = 1 << PERF_COUNT_HW_CACHE_OP_WRITE,
       PREFETCH = 1 << PERF_COUNT_HW_CACHE_OP_PREFETCH };

static const struct cache caches[] = {
	[PERF_COUNT_HW_CACHE_L1D] = { { "L1-dcache", "l1-d", "l1d", "L1-data" },
				      READ | WRITE | PREFETCH, "level 1 data cache" },
	[PERF_COUNT_HW_CACHE_L1I] = { { "L1-icache", "l1-i", "l1i", "L1-instruction" },
				      READ | PREFETCH, "level 1 instruction cache" },
	[PERF_COUNT_HW_CACHE_LL] = { { "LLC", "L2" },
				     READ | WRITE | PREFETCH, "last-level cache" },
	[PERF_COUNT_HW_CACHE_DTLB] = { { "dTLB", "d-tlb", "Data-TLB" },
				       READ | WRITE | PREFETCH, "data TLB" },
	[PERF_COUNT_HW_CACHE_ITLB] = { { "iTLB", "i-tlb", "Instruction-TLB" },
				       READ, "instruction TLB" },
	[PERF_COUNT_HW_CACHE_BPU] = { { "branch", "branches", "bpu", "btb", "bpc" },
				      READ, "branch prediction unit" },
	[PERF_COUNT_HW_CACHE_NODE] = { { "node" },
				       READ | WRITE | PREFETCH, "memory of this NUMA node" },
};

/* [0] stands before "-misses", [1] alone: L1-dcache-load-misses, L1-dcache-loads. */
static const char *const cache_ops[][MAX_SPELLINGS] = {
	[PERF_COUNT_HW_CACHE_OP_READ] = { "load", "loads", "read" },
	[PERF_COUNT_HW_CACHE_OP_WRITE] = { "store", "stores", "write" },
	[PERF_COUNT_HW_CACHE_OP_PREFETCH] = { "prefetch", "prefetches", "speculative-read",
					      "speculative-load" },
};

static const char *const cache_results[][MAX_SPELLINGS] = {
	[PERF_COUNT_HW_CACHE_RESULT_ACCESS] = { "refs", "Reference", "ops", "access" },
	[PERF_COUNT_HW_CACHE_RESULT_MISS] = { "misses", "miss" },
};

/* Length of the longest of the spellings that starts @text as a whole word, 0 without one. */
static size_t match_word(const char *const spellings[MAX_SPELLINGS], const char *text)
{
	size_t best = 0;

	for (size_t i = 0; i < MAX_SPELLINGS && spellings[i]; i++) {
		size_t len = strlen(spellings[i]);

		if (len > best && !strncasecmp(text, spellings[i], len) &&
		    (!text[len] || text[len] == '-'))
			best = len;
	}
	return best;
}

/* Index of the word that starts *@text, which is moved behind it; -1 without one. */
static int take_word(const char *const words[][MAX_SPELLINGS], size_t n, const char **text)
{
	for (size_t i = 0; i < n; i++) {
		size_t len = match_word(words[i], *text);

		if (len) {
			*text += len;
			return (int)i;
		}
	}
	return -1;
}

/* What follows the cache: "-op", "-result", "-op-result" or "-result-op"; the default is reads
 * that were tried. */
static int parse_cache_suffix(const char *text, int *ret_op, int *ret_result)
{
	int op = -1, result = -1;

	while (*text) {
		if (*text++ != '-')
			return -ENOENT;
		if (op < 0 && (op = take_word(cache_ops, N_ITEMS(cache_ops), &text)) >= 0)
			continue;
		if (result >= 0)
			return -ENOENT;
		result = take_word(cache_results, N_ITEMS(cache_results), &text);
		if (result < 0)
			return -ENOENT;
	}
	*ret_op = op < 0 ? PERF_COUNT_HW_CACHE_OP_READ : op;
	*ret_result = result < 0 ? PERF_COUNT_HW_CACHE_RESULT_ACCESS : result;
	return 0;
}

static int find_cache(const char *name, uint64_t *ret_config)
{
	for (size_t i = 0; i < N_ITEMS(caches); i++) {
		size_t len = match_word(caches[i].spellings, name);
		int op, result;

		if (!len || parse_cache_suffix(name + len, &op, &result) < 0)
			continue;
		if (!(caches[i].ops & 1u << op))
			return -ENOENT;
		*ret_config = i | (uint64_t)op << 8 | (uint64_t)result << 16;
		return 0;
	}
	return -ENOENT;
}

/* "r" and 1 to 16 hexadecimal digits. */
static int find_raw(const char *name, uint64_t *ret_config)
{
	size_t len = strlen(name);

	if ((name[0] != 'r' && name[0] != 'R') || len < 2 || len > 17 ||
	    strspn(name + 1, "0123456789abcdefABCDEF") != len - 1)
		return -ENOENT;
	*ret_config = strtoull(name + 1, NULL, 16);
	return 0;
}

static const struct generic *find_generic(const char *name)
{
	for (size_t i = 0; i < N_ITEMS(generics); i++)
		if (!strcasecmp(name, generics[i].name) ||
		    (generics[i].alias && !strcasecmp(name, generics[i].alias)))
			return &generics[i];
	return NULL;
}

int hw_names_find(const char *name, struct hw_event *ret)
{
	const struct generic *g = find_generic(name);
	uint32_t type = PERF_TYPE_HW_CACHE;
	uint64_t config;

	if (g) {
		type = g->type;
		config = g->config;
	} else if (find_cache(name, &config) < 0) {
		type = PERF_TYPE_RAW;
		if (find_raw(name, &config) < 0)
			return -ENOENT;
	}
	ret->attr.type = type;
	ret->attr.config = config;
	ret->scale = 1;
	snprintf(ret->unit, sizeof(ret->unit), "%s", g ? g->unit : "");
	return 0;
}

static int visit_generic(const struct generic *g,
			 int (*visit)(void *ctx, const struct hw_event_info *info), void *ctx)
{
	char description[128];

	if (g->alias)
		snprintf(description, sizeof(description), "%s; also %s", g->description, g->alias);
	else
		snprintf(description, sizeof(description), "%s", g->description);
	return visit(ctx, &(struct hw_event_info){
				  .name = g->name,
				  .group = g->type == PERF_TYPE_HARDWARE ? "hardware" : "software",
				  .description = description });
}

static int visit_cache(const struct cache *cache, size_t op, bool miss,
		       int (*visit)(void *ctx, const struct hw_event_info *info), void *ctx)
{
	char name[64], description[96];

	snprintf(name, sizeof(name), "%s-%s%s", cache->spellings[0], cache_ops[op][miss ? 0 : 1],
		 miss ? "-misses" : "");
	snprintf(description, sizeof(description), "%s: %s%s", cache->description,
		 cache_ops[op][1], miss ? " that missed" : "");
	return visit(ctx, &(struct hw_event_info){
				  .name = name, .group = "cache", .description = description });
}

int hw_names_visit(int (*visit)(void *ctx, const struct hw_event_info *info), void *ctx)
{
	int r = 0;

	for (size_t i = 0; i < N_ITEMS(generics) && !r; i++)
		r = visit_generic(&generics[i], visit, ctx);
	for (size_t i = 0; i < N_ITEMS(caches) && !r; i++)
		for (size_t op = 0; op < N_ITEMS(cache_ops) && !r; op++) {
			if (!(caches[i].ops & 1u << op))
				continue;
			r = visit_cache(&caches[i], op, false, visit, ctx);
			if (!r)
				r = visit_cache(&caches[i], op, true, visit, ctx);
		}
	return r;
}
