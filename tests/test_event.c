/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "event/cpus.h"
#include "event/event.h"
#include "event/names.h"
#include "event/pfm.h"
#include "event/pmu.h"
#include "event/tracefs.h"

#define CACHE(cache, op, result)                                                       \
	(PERF_COUNT_HW_CACHE_##cache | PERF_COUNT_HW_CACHE_OP_##op << 8 |             \
	 PERF_COUNT_HW_CACHE_RESULT_##result << 16)

/* The CPU whose names libpfm4 is told to know, whatever this machine is. */
#if defined(__x86_64__)
#define FORCED_PMU	"skl"
#define FORCED_EVENT	"LONGEST_LAT_CACHE:MISS"
#define FORCED_CODE	0x412e
#define FORCED_NO_UMASK "LONGEST_LAT_CACHE"
#define ABSENT_PMU	"hsw"
#endif

/* A directory tree like that of sysfs or tracefs, removed with the fixture. */
static char root[] = "/tmp/hw-test-event-XXXXXX";
static int root_fd = -1;

static void put_file(const char *path, const char *content)
{
	char full[256];
	FILE *f;

	snprintf(full, sizeof(full), "%s/%s", root, path);
	for (char *slash = full + sizeof(root); (slash = strchr(slash, '/')); *slash++ = '/') {
		*slash = '\0';
		mkdir(full, 0700);
	}
	f = fopen(full, "w");
	ck_assert_msg(f != NULL, "%s: %s", full, strerror(errno));
	fputs(content, f);
	fclose(f);
}

static void make_root(void)
{
	strcpy(root + sizeof(root) - 7, "XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(root));
	root_fd = open(root, O_RDONLY | O_DIRECTORY);
	ck_assert_int_ge(root_fd, 0);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

static void remove_root(void)
{
	close(root_fd);
	nftw(root, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* The attr of the only event of @spec. */
static struct perf_event_attr parse_one(const char *spec)
{
	hw_auto(hw_events_done) struct hw_events events = { 0 };
	hw_autofree char *bad = NULL;

	ck_assert_msg(!hw_events_parse(&events, spec, &bad), "%s: %s", spec, bad);
	ck_assert_uint_eq(events.count, 1);
	ck_assert_str_eq(events.items[0].name, spec);
	ck_assert_int_eq(events.items[0].leader, -1);
	ck_assert_uint_eq(events.items[0].attr.size, sizeof(struct perf_event_attr));
	return events.items[0].attr;
}

static const struct {
	const char *name;
	uint32_t type;
	uint64_t config;
} generic[] = {
	{ "cycles", PERF_TYPE_HARDWARE, PERF_COUNT_HW_CPU_CYCLES },
	{ "cpu-cycles", PERF_TYPE_HARDWARE, PERF_COUNT_HW_CPU_CYCLES },
	{ "branches", PERF_TYPE_HARDWARE, PERF_COUNT_HW_BRANCH_INSTRUCTIONS },
	{ "idle-cycles-backend", PERF_TYPE_HARDWARE, PERF_COUNT_HW_STALLED_CYCLES_BACKEND },
	{ "faults", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS },
	{ "cs", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CONTEXT_SWITCHES },
	{ "migrations", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CPU_MIGRATIONS },
	{ "cgroup-switches", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CGROUP_SWITCHES },
	{ "r01c2", PERF_TYPE_RAW, 0x1c2 },
	{ "rffffffffffffffff", PERF_TYPE_RAW, UINT64_MAX },
	{ "L1-dcache-loads", PERF_TYPE_HW_CACHE, CACHE(L1D, READ, ACCESS) },
	{ "L1-dcache-load-misses", PERF_TYPE_HW_CACHE, CACHE(L1D, READ, MISS) },
	{ "L1-dcache-misses-load", PERF_TYPE_HW_CACHE, CACHE(L1D, READ, MISS) },
	{ "l1d", PERF_TYPE_HW_CACHE, CACHE(L1D, READ, ACCESS) },
	{ "L1-icache-load-misses", PERF_TYPE_HW_CACHE, CACHE(L1I, READ, MISS) },
	{ "LLC-load-misses", PERF_TYPE_HW_CACHE, CACHE(LL, READ, MISS) },
	{ "LLC-store-misses", PERF_TYPE_HW_CACHE, CACHE(LL, WRITE, MISS) },
	{ "LLC-misses", PERF_TYPE_HW_CACHE, CACHE(LL, READ, MISS) },
	{ "LLC-speculative-read-miss", PERF_TYPE_HW_CACHE, CACHE(LL, PREFETCH, MISS) },
	{ "dTLB-load-misses", PERF_TYPE_HW_CACHE, CACHE(DTLB, READ, MISS) },
	{ "itlb-loads", PERF_TYPE_HW_CACHE, CACHE(ITLB, READ, ACCESS) },
	{ "branch-load-misses", PERF_TYPE_HW_CACHE, CACHE(BPU, READ, MISS) },
	{ "node-prefetches", PERF_TYPE_HW_CACHE, CACHE(NODE, PREFETCH, ACCESS) },
};

START_TEST(a_generic_name_has_its_perf_meaning)
{
	struct perf_event_attr attr = parse_one(generic[_i].name);

	ck_assert_uint_eq(attr.type, generic[_i].type);
	ck_assert_uint_eq(attr.config, generic[_i].config);
	ck_assert(!attr.exclude_user && !attr.exclude_kernel && !attr.precise_ip);
	ck_assert(!attr.inherit && !attr.enable_on_exec && !attr.read_format);
}
END_TEST

static const struct {
	const char *spec, *bad;
	int error;
} malformed[] = {
	{ "nonesuch", "nonesuch", -ENOENT },
	{ "cycles,nonesuch:u", "nonesuch:u", -ENOENT },
	{ "iTLB-stores", "iTLB-stores", -ENOENT }, /* perf has no such pair */
	{ "L1-dcache-load-misses-", "L1-dcache-load-misses-", -ENOENT },
	{ "L1-dcache-loads-loads", "L1-dcache-loads-loads", -ENOENT },
	{ "L1-dcachex", "L1-dcachex", -ENOENT },
	{ "r", "r", -ENOENT },
	{ "r0x12", "r0x12", -ENOENT },
	{ "r11112222333344445", "r11112222333344445", -ENOENT }, /* 65 bits */
	{ "", "", -EINVAL },
	{ "cycles,", "cycles,", -EINVAL },
	{ ",cycles", ",cycles", -EINVAL },
	{ "cycles:pppp", "cycles:pppp", -EINVAL },
	{ "cycles:G", "cycles:G", -EOPNOTSUPP },
	{ "cycles:uD", "cycles:uD", -EOPNOTSUPP },
	{ "{cycles,instructions", "{cycles,instructions", -EINVAL },
	{ "{cycles}x", "x", -EINVAL },
	{ "{cycles}:", "{cycles}:", -EINVAL },
	{ "{cycles}:z", "cycles", -EINVAL },
	{ "{{cycles}}", "{{cycles}}", -EINVAL },
	{ "{}", "{}", -EINVAL },
	{ "cycles}", "}", -EINVAL },
	{ "nopmu/event=1/", "nopmu/event=1/", -ENOENT },
	{ "cpu/event=1", "cpu/event=1", -EINVAL },
	{ "../software/event=1/", "../software/event=1/", -ENOENT },
	{ "/", "/", -EINVAL },
};

START_TEST(a_bad_list_is_refused_by_name_and_adds_nothing)
{
	hw_auto(hw_events_done) struct hw_events events = { 0 };
	hw_autofree char *bad = NULL;

	ck_assert_int_eq(hw_events_parse(&events, "dummy", &bad), 0);
	ck_assert_int_eq(hw_events_parse(&events, malformed[_i].spec, &bad), malformed[_i].error);
	ck_assert_str_eq(bad, malformed[_i].bad);
	ck_assert_uint_eq(events.count, 1);
	ck_assert_str_eq(events.items[0].name, "dummy");
}
END_TEST

static const struct {
	const char *spec;
	unsigned int no_user, no_kernel, no_hv, precise;
} modified[] = {
	{ "cycles:u", 0, 1, 1, 0 },   { "cycles:k", 1, 0, 1, 0 }, { "cycles:h", 1, 1, 0, 0 },
	{ "cycles:uk", 0, 0, 1, 0 },  { "cycles:p", 0, 0, 0, 1 }, { "cycles:ppp", 0, 0, 0, 3 },
	{ "cycles:upp", 0, 1, 1, 2 }, { "r1:u", 0, 1, 1, 0 },	  { "LLC-loads:k", 1, 0, 1, 0 },
};

START_TEST(a_modifier_excludes_what_it_does_not_name)
{
	struct perf_event_attr attr = parse_one(modified[_i].spec);

	ck_assert_uint_eq(attr.exclude_user, modified[_i].no_user);
	ck_assert_uint_eq(attr.exclude_kernel, modified[_i].no_kernel);
	ck_assert_uint_eq(attr.exclude_hv, modified[_i].no_hv);
	ck_assert_uint_eq(attr.precise_ip, modified[_i].precise);
}
END_TEST

START_TEST(a_group_has_a_leader_and_lends_its_modifiers)
{
	hw_auto(hw_events_done) struct hw_events events = { 0 };
	hw_autofree char *bad = NULL;
	static const int leaders[] = { -1, 1, 1, 1, -1, 5 };

	ck_assert_int_eq(hw_events_parse(&events,
					 "dummy,{cycles,r1,faults:k}:u,instructions,{branches}",
					 &bad), 0);
	ck_assert_uint_eq(events.count, 6);
	for (size_t i = 0; i < 6; i++)
		ck_assert_int_eq(events.items[i].leader, leaders[i]);
	ck_assert_str_eq(events.items[1].name, "cycles:u");
	ck_assert_str_eq(events.items[2].name, "r1:u");
	ck_assert_str_eq(events.items[3].name, "faults:ku");
	ck_assert(events.items[1].attr.exclude_kernel && !events.items[1].attr.exclude_user);
	ck_assert(!events.items[3].attr.exclude_kernel && !events.items[3].attr.exclude_user);
	ck_assert(!events.items[4].attr.exclude_kernel);
}
END_TEST

START_TEST(clocks_count_nanoseconds_and_faults_are_plain)
{
	struct hw_event event = { 0 };

	ck_assert_int_eq(hw_names_find("task-clock", &event), 0);
	ck_assert_str_eq(event.unit, "ns");
	ck_assert_double_eq(event.scale, 1);
	ck_assert_int_eq(hw_names_find("page-faults", &event), 0);
	ck_assert_str_eq(event.unit, "");
}
END_TEST

START_TEST(page_faults_are_known_by_what_they_count)
{
	static const char spec[] = "page-faults:u,faults,minor-faults,major-faults,cpu-clock,r5";
	hw_auto(hw_events_done) struct hw_events events = { 0 };
	hw_autofree char *bad = NULL;

	ck_assert_int_eq(hw_events_parse(&events, spec, &bad), 0);
	for (size_t i = 0; i < events.count; i++)
		ck_assert_int_eq(hw_event_is_fault(&events.items[i]), i < 4);
}
END_TEST

START_TEST(more_events_than_the_limit_are_refused)
{
	hw_auto(hw_events_done) struct hw_events events = { 0 };
	hw_autofree char *bad = NULL;

	for (size_t i = 0; i < HW_EVENTS_MAX; i++)
		ck_assert_int_eq(hw_events_parse(&events, "dummy", &bad), 0);
	ck_assert_int_eq(hw_events_parse(&events, "cycles", &bad), -E2BIG);
	ck_assert_uint_eq(events.count, HW_EVENTS_MAX);
}
END_TEST

#ifdef FORCED_PMU
START_TEST(a_libpfm4_name_is_encoded_with_its_modifiers)
{
	struct perf_event_attr attr = parse_one(FORCED_EVENT);

	ck_assert_uint_eq(attr.type, PERF_TYPE_RAW);
	ck_assert_uint_eq(attr.config, FORCED_CODE);
	ck_assert(!attr.exclude_kernel);
	attr = parse_one(FORCED_PMU "::" FORCED_EVENT ":u");
	ck_assert_uint_eq(attr.config, FORCED_CODE);
	ck_assert(attr.exclude_kernel && !attr.exclude_user);
	attr = parse_one(FORCED_EVENT ":upp");
	ck_assert_uint_eq(attr.precise_ip, 2);
	ck_assert(attr.exclude_kernel);
}
END_TEST

START_TEST(a_libpfm4_name_that_says_too_little_or_too_much_is_refused)
{
	struct hw_event event = { .attr.config = 7 };

	ck_assert_int_eq(hw_pfm_find(FORCED_NO_UMASK, &event), -ENOENT);
	ck_assert_int_eq(hw_pfm_find(FORCED_NO_UMASK ":NONESUCH", &event), -ENOENT);
	ck_assert_int_eq(hw_pfm_find(FORCED_EVENT ":period=1000", &event), -EOPNOTSUPP);
	ck_assert_int_eq(hw_pfm_find(FORCED_EVENT ":cpu=1", &event), -EOPNOTSUPP);
	ck_assert_int_eq(hw_pfm_find(ABSENT_PMU "::" FORCED_EVENT, &event), -ENOENT);
	ck_assert_uint_eq(event.attr.config, 7);
}
END_TEST

START_TEST(the_pmu_of_another_machine_is_told_by_name)
{
	ck_assert_ptr_nonnull(strstr(hw_pfm_absent_pmu(ABSENT_PMU "::X"), "Haswell"));
	ck_assert_ptr_null(hw_pfm_absent_pmu(FORCED_PMU "::X"));
	ck_assert_ptr_null(hw_pfm_absent_pmu("nonesuch::X"));
	ck_assert_ptr_null(hw_pfm_absent_pmu("X"));
}
END_TEST

START_TEST(an_event_without_its_umask_gets_the_umasks_suggested)
{
	char names[HW_EVENT_SUGGESTIONS][HW_EVENT_NAME_SIZE];
	size_t n = hw_event_suggest(FORCED_NO_UMASK, names, HW_EVENT_SUGGESTIONS);

	ck_assert_uint_gt(n, 0);
	for (size_t i = 0; i < n; i++)
		ck_assert_ptr_nonnull(strstr(names[i], FORCED_NO_UMASK ":"));
}
END_TEST
#endif

static const struct {
	const char *slip, *meant;
} slips[] = {
	{ "cylces", "cycles" },		 { "page-fault", "page-faults" },
	{ "cache-miss", "cache-misses" }, { "LLC-lod-misses:u", "LLC-load-misses" },
	{ "instruction", "instructions" }, { "CONTEXT-SWITCHS", "context-switches" },
};

START_TEST(a_slip_gets_the_meant_name_first)
{
	char names[2][HW_EVENT_NAME_SIZE];

	ck_assert_uint_ge(hw_event_suggest(slips[_i].slip, names, 2), 1);
	ck_assert_str_eq(names[0], slips[_i].meant);
}
END_TEST

START_TEST(suggestions_come_nearest_first_and_stop_at_the_limit)
{
	char names[HW_EVENT_SUGGESTIONS + 1][HW_EVENT_NAME_SIZE] = { 0 };
	char long_name[2000];

	ck_assert_uint_eq(hw_event_suggest("misses", names, 100), HW_EVENT_SUGGESTIONS);
	ck_assert_str_eq(names[HW_EVENT_SUGGESTIONS], "");
	ck_assert_uint_eq(hw_event_suggest("misses", names, 0), 0);
	ck_assert_uint_eq(hw_event_suggest("qqqqqqqqqqqqqqqqqqqq", names, 3), 0);
	ck_assert_uint_eq(hw_event_suggest("", names, 3), 0);
	memset(long_name, 'a', sizeof(long_name));
	long_name[sizeof(long_name) - 1] = '\0';
	ck_assert_uint_eq(hw_event_suggest(long_name, names, 3), 0);
}
END_TEST

struct visited {
	size_t count, stop_at;
	char last[HW_EVENT_NAME_SIZE], description[512];
};

static int count_visit(void *ctx, const struct hw_event_info *info)
{
	struct visited *v = ctx;

	snprintf(v->last, sizeof(v->last), "%s", info->name);
	snprintf(v->description, sizeof(v->description), "%s", info->description);
	return ++v->count == v->stop_at ? 5 : 0;
}

START_TEST(a_pattern_selects_by_part_or_by_wildcard)
{
	struct visited v = { 0 };

	ck_assert_int_eq(hw_event_visit("LLC-load*", count_visit, &v), 0);
	ck_assert_uint_eq(v.count, 2);
	ck_assert_str_eq(v.last, "LLC-load-misses");
	v.count = 0;
	ck_assert_int_eq(hw_event_visit("TASK-CLO", count_visit, &v), 0);
	ck_assert_uint_eq(v.count, 1);
	v.count = 0;
	ck_assert_int_eq(hw_event_visit("*no such event*", count_visit, &v), 0);
	ck_assert_uint_eq(v.count, 0);
}
END_TEST

START_TEST(a_visit_stops_when_told)
{
	struct visited v = { .stop_at = 3 };

	ck_assert_int_eq(hw_event_visit(NULL, count_visit, &v), 5);
	ck_assert_uint_eq(v.count, 3);
}
END_TEST

/* What a visit lists must be accepted by the parser: the list would offer what does not work. */
static int check_parses(void *ctx, const struct hw_event_info *info)
{
	hw_auto(hw_events_done) struct hw_events events = { 0 };
	hw_autofree char *bad = NULL;
	size_t *n = ctx;
	int r;

	if (!strcmp(info->group, "tracepoint"))
		return 1;
	r = hw_events_parse(&events, info->name, &bad);
	/* An event of sysfs may leave a term to the user, "umask=?". */
	ck_assert_msg(!r || strchr(info->description, '?'), "%s: %s", info->name, strerror(-r));
	(*n)++;
	return 0;
}

START_TEST(every_listed_name_can_be_parsed)
{
	size_t n = 0;

	ck_assert_int_ge(hw_event_visit(NULL, check_parses, &n), 0);
	ck_assert_uint_gt(n, 40);
}
END_TEST

static void make_pmus(void)
{
	make_root();
	put_file("cpu/type", "4\n");
	put_file("cpu/format/event", "config:0-7,32-35\n");
	put_file("cpu/format/umask", "config:8-15\n");
	put_file("cpu/format/edge", "config:18\n");
	put_file("cpu/format/wide", "config1:0-63\n");
	put_file("cpu/format/backward", "config:9-3\n");
	put_file("cpu/format/beyond", "config:60-64\n");
	put_file("cpu/format/nowhere", "other:0-7\n");
	put_file("cpu/events/mem-loads", "event=0xcd,umask=0x1\n");
	put_file("cpu/events/open", "event=0x1,umask=?\n");
	put_file("cpu/events/strange", "nonesuch=1\n");
	put_file("power/type", "9\n");
	put_file("power/cpumask", "0,4-6\n");
	put_file("power/format/event", "config:0-7\n");
	put_file("power/events/energy-pkg", "event=0x02\n");
	put_file("power/events/energy-pkg.unit", "Joules\n");
	put_file("power/events/energy-pkg.scale", "2.5e-10\n");
	put_file("broken/type", "four\n");
	put_file("secret", "x");
}

static const struct {
	const char *pmu, *terms;
	int error;
	uint64_t config, config1;
} terms[] = {
	{ "cpu", "event=0x3c", 0, 0x3c, 0 },
	{ "cpu", "event=0x3c,umask=1,edge", 0, 0x4013c, 0 },
	{ "cpu", "event=0x1c2", 0, 0x1000000c2, 0 }, /* the high part goes to bits 32-35 */
	{ "cpu", "wide=0xffffffffffffffff", 0, 0, UINT64_MAX },
	{ "cpu", "config=0x1234,config1=5", 0, 0x1234, 5 },
	{ "cpu", "mem-loads", 0, 0x1cd, 0 },
	{ "cpu", "mem-loads,umask=2", 0, 0x2cd, 0 }, /* the later term wins */
	{ "cpu", "event=0x1000", -EINVAL, 0, 0 },
	{ "cpu", "umask=256", -EINVAL, 0, 0 },
	{ "cpu", "umask=-1", -EINVAL, 0, 0 },
	{ "cpu", "umask=1x", -EINVAL, 0, 0 },
	{ "cpu", "umask=", -EINVAL, 0, 0 },
	{ "cpu", "umask=99999999999999999999", -EINVAL, 0, 0 },
	{ "cpu", "config", -EINVAL, 0, 0 },
	{ "cpu", "", -EINVAL, 0, 0 },
	{ "cpu", "nonesuch", -ENOENT, 0, 0 },
	{ "cpu", "nonesuch=1", -ENOENT, 0, 0 },
	{ "cpu", "../../secret", -ENOENT, 0, 0 },
	{ "cpu", "=1", -ENOENT, 0, 0 },
	{ "cpu", "open", -EINVAL, 0, 0 },
	{ "cpu", "strange", -EBADMSG, 0, 0 },
	{ "cpu", "backward=1", -EBADMSG, 0, 0 },
	{ "cpu", "beyond=1", -EBADMSG, 0, 0 },
	{ "cpu", "nowhere=1", -EBADMSG, 0, 0 },
	{ "nonesuch", "event=1", -ENOENT, 0, 0 },
	{ "broken", "event=1", -EBADMSG, 0, 0 },
	{ "secret", "event=1", -ENOENT, 0, 0 },
	{ "..", "event=1", -ENOENT, 0, 0 },
	{ "", "event=1", -ENOENT, 0, 0 },
};

START_TEST(terms_go_where_sysfs_says_or_are_refused)
{
	struct hw_event event = { .attr.config2 = 77 };

	ck_assert_int_eq(hw_pmu_find(root_fd, terms[_i].pmu, terms[_i].terms, &event),
			 terms[_i].error);
	ck_assert_uint_eq(event.attr.config, terms[_i].config);
	ck_assert_uint_eq(event.attr.config1, terms[_i].config1);
	ck_assert_uint_eq(event.attr.config2, 77);
	ck_assert_uint_eq(event.attr.type, terms[_i].error ? 0 : PERF_TYPE_RAW);
}
END_TEST

START_TEST(an_event_of_sysfs_has_its_unit_and_scale)
{
	struct hw_event event = { 0 };

	ck_assert_int_eq(hw_pmu_find(root_fd, "power", "energy-pkg", &event), 0);
	ck_assert_uint_eq(event.attr.type, 9);
	ck_assert_uint_eq(event.attr.config, 2);
	ck_assert_str_eq(event.unit, "Joules");
	ck_assert_double_eq_tol(event.scale, 2.5e-10, 1e-20);
	put_file("power/events/energy-pkg.scale", "nan\n");
	ck_assert_int_eq(hw_pmu_find(root_fd, "power", "energy-pkg", &event), -EBADMSG);
}
END_TEST

START_TEST(the_cpus_of_a_socket_pmu_are_found_by_its_type)
{
	hw_autofree int *cpus = NULL;

	ck_assert_int_eq(hw_pmu_cpus(root_fd, 9, &cpus), 4);
	ck_assert_int_eq(cpus[0], 0);
	ck_assert_int_eq(cpus[3], 6);
	ck_assert_int_eq(hw_pmu_cpus(root_fd, 4, &cpus), 0);
	ck_assert_int_eq(hw_pmu_cpus(root_fd, 1234, &cpus), 0);
	ck_assert(hw_pmu_has_core(root_fd));
}
END_TEST

START_TEST(the_events_of_sysfs_are_listed_without_their_units)
{
	struct visited v = { 0 };

	ck_assert_int_eq(hw_pmu_visit(root_fd, count_visit, &v), 0);
	ck_assert_uint_eq(v.count, 4);
	ck_assert_str_eq(v.last, "power/energy-pkg/");
	ck_assert_str_eq(v.description, "event=0x02");
}
END_TEST

static const struct {
	const char *text;
	int n;
} cpu_lists[] = {
	{ "0\n", 1 },	      { "0-3,8\n", 5 },	       { "1,3,5-6", 4 },    { "65535", 1 },
	{ "", -EBADMSG },     { "\n", -EBADMSG },      { "0-", -EBADMSG },  { "3-1", -EBADMSG },
	{ "0,0", -EBADMSG },  { "2,1", -EBADMSG },     { "0,", -EBADMSG },  { "0 1", -EBADMSG },
	{ "-1", -EBADMSG },   { "65536", -EBADMSG },   { "x", -EBADMSG },
	{ "0-99999999999999999999", -EBADMSG },
};

START_TEST(a_list_of_cpus_is_read_or_refused)
{
	int untouched = 7, *cpus = &untouched, r;

	put_file("list", cpu_lists[_i].text);
	r = hw_cpus_read(root_fd, "list", &cpus);
	ck_assert_int_eq(r, cpu_lists[_i].n);
	if (r < 0)
		ck_assert_ptr_eq(cpus, &untouched);
	else
		free(cpus);
}
END_TEST

static void make_tracefs(void)
{
	make_root();
	put_file("events/sched/sched_switch/id", "372\n");
	put_file("events/sched/sched_waking/id", "12x\n");
	put_file("events/sched/sched_empty/id", "");
	put_file("events/sched/enable", "0\n");
	put_file("events/ftrace/print/id", "5\n");
	put_file("events/header_page", "x\n");
}

static const struct {
	const char *name;
	int error;
} tracepoints[] = {
	{ "sched:sched_switch", 0 },	 { "sched:sched_waking", -EBADMSG },
	{ "sched:sched_empty", -EBADMSG }, { "sched:nonesuch", -ENOENT },
	{ "sched:enable", -ENOENT },	 { "sched:", -ENOENT },
	{ ":sched_switch", -ENOENT },	 { "sched", -ENOENT },
	{ "a:b:c", -ENOENT },		 { "sched:../sched/sched_switch", -ENOENT },
	{ "..:events", -ENOENT },
};

START_TEST(a_tracepoint_has_the_id_that_tracefs_says)
{
	struct hw_event event = { 0 };
	int r = hw_tracefs_find(root_fd, tracepoints[_i].name, &event);

	ck_assert_int_eq(r, tracepoints[_i].error);
	ck_assert_uint_eq(event.attr.config, r ? 0 : 372);
	ck_assert_uint_eq(event.attr.type, r ? 0 : PERF_TYPE_TRACEPOINT);
}
END_TEST

START_TEST(tracepoints_are_listed_without_the_files_beside_them)
{
	struct visited v = { 0 };

	ck_assert_int_eq(hw_tracefs_visit(root_fd, count_visit, &v), 0);
	ck_assert_uint_eq(v.count, 3);
	ck_assert_str_eq(v.last, "sched:sched_waking");
}
END_TEST

#define N_ROWS(rows) (int)(sizeof(rows) / sizeof((rows)[0]))

static void add_names(Suite *s)
{
	TCase *t = tcase_create("names");

	tcase_add_loop_test(t, a_generic_name_has_its_perf_meaning, 0, N_ROWS(generic));
	tcase_add_loop_test(t, a_bad_list_is_refused_by_name_and_adds_nothing, 0,
			    N_ROWS(malformed));
	tcase_add_loop_test(t, a_modifier_excludes_what_it_does_not_name, 0, N_ROWS(modified));
	tcase_add_test(t, a_group_has_a_leader_and_lends_its_modifiers);
	tcase_add_test(t, clocks_count_nanoseconds_and_faults_are_plain);
	tcase_add_test(t, page_faults_are_known_by_what_they_count);
	tcase_add_test(t, more_events_than_the_limit_are_refused);
	tcase_add_loop_test(t, a_slip_gets_the_meant_name_first, 0, N_ROWS(slips));
	tcase_add_test(t, suggestions_come_nearest_first_and_stop_at_the_limit);
	tcase_add_test(t, a_pattern_selects_by_part_or_by_wildcard);
	tcase_add_test(t, a_visit_stops_when_told);
	tcase_add_test(t, every_listed_name_can_be_parsed);
#ifdef FORCED_PMU
	tcase_add_test(t, a_libpfm4_name_is_encoded_with_its_modifiers);
	tcase_add_test(t, a_libpfm4_name_that_says_too_little_or_too_much_is_refused);
	tcase_add_test(t, the_pmu_of_another_machine_is_told_by_name);
	tcase_add_test(t, an_event_without_its_umask_gets_the_umasks_suggested);
#endif
	suite_add_tcase(s, t);
}

static void add_files(Suite *s)
{
	TCase *pmus = tcase_create("sysfs"), *tracefs = tcase_create("tracefs");
	TCase *cpus = tcase_create("cpus");

	tcase_add_checked_fixture(pmus, make_pmus, remove_root);
	tcase_add_loop_test(pmus, terms_go_where_sysfs_says_or_are_refused, 0, N_ROWS(terms));
	tcase_add_test(pmus, an_event_of_sysfs_has_its_unit_and_scale);
	tcase_add_test(pmus, the_cpus_of_a_socket_pmu_are_found_by_its_type);
	tcase_add_test(pmus, the_events_of_sysfs_are_listed_without_their_units);
	suite_add_tcase(s, pmus);
	tcase_add_checked_fixture(tracefs, make_tracefs, remove_root);
	tcase_add_loop_test(tracefs, a_tracepoint_has_the_id_that_tracefs_says, 0,
			    N_ROWS(tracepoints));
	tcase_add_test(tracefs, tracepoints_are_listed_without_the_files_beside_them);
	suite_add_tcase(s, tracefs);
	tcase_add_checked_fixture(cpus, make_root, remove_root);
	tcase_add_loop_test(cpus, a_list_of_cpus_is_read_or_refused, 0, N_ROWS(cpu_lists));
	suite_add_tcase(s, cpus);
}

int main(void)
{
	Suite *s = suite_create("event");

#ifdef FORCED_PMU
	setenv("LIBPFM_FORCE_PMU", FORCED_PMU, 1);
#endif
	add_names(s);
	add_files(s);
	return run_suite(s);
}
