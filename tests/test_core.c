/* SPDX-License-Identifier: Apache-2.0
 * The metric tables: which CPU has which, and every code against libpfm4, which knows them on its
 * own account. libpfm4 reads LIBPFM_FORCE_PMU once, so that each PMU gets a process: this program
 * runs itself as "test_core PMU". */
#include "event/core.h"

#include <check.h>
#include <errno.h>
#include <perfmon/pfmlib.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "event/pfm.h"
#include "fixture.h"

enum { CHILD_OK, CHILD_BAD, CHILD_NO_PMU = 77 };

static struct hw_core_id identify(const char *cpuinfo)
{
	struct hw_core_id id = { .family = 99 };
	hw_autofclose FILE *f = fmemopen((void *)cpuinfo, strlen(cpuinfo), "r");

	ck_assert_int_eq(hw_core_identify(f, &id), 0);
	return id;
}

#define X86(vendor, family, model, stepping)                                  \
	"processor\t: 0\nvendor_id\t: " vendor "\ncpu family\t: " family      \
	"\nmodel\t\t: " model "\nmodel name\t: A CPU @ 2.50GHz\nstepping\t: " \
	stepping "\nflags\t\t: fpu vme\n\n"
#define ARM(part, variant, revision)                                           \
	"processor\t: 0\nBogoMIPS\t: 50.00\nCPU implementer\t: 0x41\nCPU "     \
	"architecture: 8\nCPU variant\t: " variant "\nCPU part\t: " part       \
	"\nCPU revision\t: " revision "\n\n"

START_TEST(a_cpu_is_known_by_what_it_says)
{
	static const struct {
		const char *cpuinfo, *core;
	} cases[] = {
		{ X86("GenuineIntel", "6", "85", "7"), "skylake" },
		{ X86("GenuineIntel", "6", "158", "10"), "skylake" },
		{ X86("GenuineIntel", "6", "106", "6"), "icelake" },
		{ X86("GenuineIntel", "6", "167", "1"), "icelake" },
		{ X86("GenuineIntel", "6", "143", "8"), "golden-cove" },
		{ X86("GenuineIntel", "6", "151", "2"), "generic" }, /* Alder Lake: two kinds */
		{ X86("GenuineIntel", "6", "42", "7"), "generic" },
		{ X86("GenuineIntel", "15", "85", "7"), "generic" },
		{ X86("AuthenticAMD", "6", "85", "7"), "generic" },
		{ X86("AuthenticAMD", "23", "49", "0"), "zen2" },
		{ X86("AuthenticAMD", "23", "1", "2"), "generic" }, /* Zen 1 */
		{ X86("AuthenticAMD", "25", "1", "1"), "zen3" },
		{ X86("AuthenticAMD", "25", "33", "0"), "zen3" },
		{ X86("AuthenticAMD", "25", "17", "1"), "zen4" },
		{ X86("AuthenticAMD", "25", "97", "2"), "zen4" },
		{ X86("AuthenticAMD", "26", "2", "1"), "generic" }, /* Zen 5 */
		{ ARM("0xd0c", "0x3", "1"), "neoverse-n1" },
		{ ARM("0xd49", "0x0", "0"), "neoverse-n2-r0p2" },
		{ ARM("0xd49", "0x0", "3"), "neoverse-n2" },
		{ ARM("0xd40", "0x1", "1"), "neoverse-v1" },
		{ ARM("0xd4f", "0x0", "1"), "neoverse-v2" },
		{ ARM("0xd07", "0x1", "0"), "cortex-a57" },
		{ ARM("0xd08", "0x0", "3"), "cortex-a57" },
		{ ARM("0x051", "0x0", "0"), "generic" }, /* qemu -cpu max */
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct hw_core_id id = identify(cases[i].cpuinfo);

		ck_assert_str_eq(hw_core_of(&id)->name, cases[i].core);
	}
}
END_TEST

START_TEST(revisions_and_vendors_are_read_whole)
{
	struct hw_core_id id = identify(ARM("0xd49", "0x1", "2"));
	char text[HW_CORE_TEXT_SIZE];

	ck_assert_uint_eq(id.revision, 0x12);
	ck_assert_uint_eq(id.family, 0);
	ck_assert_str_eq(hw_core_describe(text, &id), "implementer 0x41 part 0xd49");
	id = identify(X86("GenuineIntel", "6", "85", "7"));
	ck_assert_uint_eq(id.revision, 7);
	ck_assert_str_eq(hw_core_describe(text, &id), "GenuineIntel family 6 model 85");
}
END_TEST

START_TEST(cores_of_two_kinds_have_no_table)
{
	struct hw_core_id id = identify(ARM("0xd0c", "0x3", "1") ARM("0xd08", "0x0", "3"));
	char text[HW_CORE_TEXT_SIZE];

	ck_assert(id.mixed);
	ck_assert(hw_core_is_generic(hw_core_of(&id)));
	ck_assert_str_eq(hw_core_describe(text, &id), "cores of several kinds");
	id = identify(ARM("0xd0c", "0x3", "0") ARM("0xd0c", "0x3", "1"));
	ck_assert(!id.mixed);
}
END_TEST

START_TEST(nonsense_is_no_cpu)
{
	static const char *const texts[] = { "\n", "vendor_id\n", "model : 3\n\n", "x : y : z\n",
					     "vendor_id : GenuineIntel\n\n" };
	struct hw_core_id id = { .family = 99 };

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		hw_autofclose FILE *f = fmemopen((void *)texts[i], strlen(texts[i]), "r");

		ck_assert_int_eq(hw_core_identify(f, &id), -ENOENT);
		ck_assert_uint_eq(id.family, 99);
	}
}
END_TEST

START_TEST(this_machine_has_a_table)
{
	struct hw_core_id id;
	const struct hw_core *core = hw_core_here(&id);

	ck_assert_ptr_nonnull(core);
	ck_assert_ptr_eq(hw_core_find(core->name), core);
}
END_TEST

/* What libpfm4 knows by its name for all of this event's PMU, which is present by force. Returns 0
 * when that is the code of the table. */
static int check_event(const char *pmu, const struct hw_metric_event *e)
{
	struct hw_event event = { 0 };
	char name[HW_EVENT_NAME_SIZE];
	int r;

	snprintf(name, sizeof(name), "%s::%s", pmu, e->pfm);
	r = hw_pfm_find(name, &event);
	if (!r && event.attr.type == PERF_TYPE_RAW && event.attr.config == e->code &&
	    !event.attr.config1 && !event.attr.config2)
		return 0;
	fprintf(stderr, "%s: table %#llx, libpfm4 type %u %#llx (%s)\n", name,
		(unsigned long long)e->code, event.attr.type, (unsigned long long)event.attr.config,
		strerror(-r));
	return -EBADMSG;
}

static bool has_pmu(const char *name)
{
	if (pfm_initialize() != PFM_SUCCESS)
		return false;
	for (int i = 0; i < PFM_PMU_MAX; i++) {
		pfm_pmu_info_t info = { .size = sizeof(info) };

		if (pfm_get_pmu_info((pfm_pmu_t)i, &info) == PFM_SUCCESS && info.is_present &&
		    !strcmp(info.name, name))
			return true;
	}
	return false;
}

static int check_set(const char *pmu, const struct hw_metric_set *set)
{
	int bad = 0;

	for (const struct hw_metric_event *e = set->events; e->name; e++)
		if (e->pfm)
			bad |= check_event(pmu, e);
	return bad;
}

/* The child: LIBPFM_FORCE_PMU is @pmu. */
static int check_pmu(const char *pmu)
{
	int bad = 0;

	if (!has_pmu(pmu))
		return CHILD_NO_PMU;
	for (size_t i = 0; hw_cores[i]; i++)
		for (const char *const *name = hw_cores[i]->pmus; *name; name++)
			for (const struct hw_metric_set *set = hw_cores[i]->sets;
			     !strcmp(*name, pmu) && set->name; set++)
				bad |= check_set(pmu, set);
	return bad ? CHILD_BAD : CHILD_OK;
}

/* Of this program; valgrind's is what /proc/self/exe names there. */
static const char *own_path;

static int run_child(const char *pmu)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		setenv("LIBPFM_FORCE_PMU", pmu, 1);
		execl(own_path, own_path, pmu, NULL);
		_exit(127);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* libpfm4 knows the PMUs of the architecture it was built for; the tables for the others are
 * checked where the tests run there. */
START_TEST(libpfm4_gives_every_event_the_same_code)
{
	int checked = 0;
	struct utsname machine;
	bool arm;

	uname(&machine);
	arm = !strcmp(machine.machine, "aarch64");
	for (size_t i = 0; hw_cores[i]; i++) {
		for (const char *const *pmu = hw_cores[i]->pmus; *pmu; pmu++) {
			bool ours = !strncmp(*pmu, "arm_", 4) == arm;

			if (ours)
				ck_assert_msg(run_child(*pmu) == CHILD_OK, "%s", *pmu);
			checked += ours;
		}
	}
	ck_assert_int_ge(checked, 6);
	ck_assert_int_eq(run_child("nonesuch"), CHILD_NO_PMU);
}
END_TEST

START_TEST(tables_are_whole)
{
	for (size_t i = 0; hw_cores[i]; i++) {
		const struct hw_core *core = hw_cores[i];

		ck_assert_ptr_eq(hw_core_find(core->name), core);
		ck_assert_int_gt((int)strlen(core->title), 3);
		ck_assert_int_gt((int)strlen(core->source), 20);
		ck_assert_ptr_nonnull(hw_core_set(core, "memory"));
		ck_assert_ptr_nonnull(hw_core_set(core, "cache"));
		ck_assert_ptr_nonnull(hw_core_set(core, "branch"));
		ck_assert_ptr_null(hw_core_set(core, "nothing"));
	}
	ck_assert_ptr_null(hw_core_find("nothing"));
	ck_assert(hw_core_is_generic(hw_cores[0]));
}
END_TEST

int main(int argc, char **argv)
{
	Suite *s;
	TCase *t;

	if (argc == 2)
		return check_pmu(argv[1]);
	own_path = argv[0];
	s = suite_create("core");
	t = tcase_create("core");
	tcase_add_test(t, a_cpu_is_known_by_what_it_says);
	tcase_add_test(t, revisions_and_vendors_are_read_whole);
	tcase_add_test(t, cores_of_two_kinds_have_no_table);
	tcase_add_test(t, nonsense_is_no_cpu);
	tcase_add_test(t, this_machine_has_a_table);
	tcase_add_test(t, libpfm4_gives_every_event_the_same_code);
	tcase_add_test(t, tables_are_whole);
	tcase_set_timeout(t, 240); /* emulated machines start programs slowly */
	suite_add_tcase(s, t);
	return run_suite(s);
}
