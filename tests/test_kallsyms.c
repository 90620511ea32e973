/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sym/kallsyms.h"

static int parse_bytes(const char *text, size_t size, struct hw_kallsyms **ret)
{
	hw_autofclose FILE *f = tmpfile();

	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(fwrite(text, 1, size, f), size);
	rewind(f);
	return hw_kallsyms_parse(f, ret);
}

static struct hw_kallsyms *parse(const char *text)
{
	struct hw_kallsyms *k;

	ck_assert_int_eq(parse_bytes(text, strlen(text), &k), 0);
	return k;
}

static const char typical[] = "0000000000000000 A fixed_percpu_data\n"
			      "ffffffff81000000 t __low\n"
			      "ffffffff81000000 T _stext\n"
			      "ffffffff81000000 t low_local\n"
			      "ffffffff81000000 T start\n"
			      "ffffffff81000000 T start_too\n"
			      "ffffffff81000100 t do_work.constprop.0\n"
			      "ffffffff81000200 W weak_one\n"
			      "ffffffff81000300 D some_data\n"
			      "ffffffff81000400 w weaker\n"
			      "ffffffffc0302000 t b_two\t[beta]\n"
			      "ffffffffc0301000 t b_one\t[beta]\n"
			      "ffffffffc0201000 T a_one\t[alpha]\n"
			      "ffffffffc0301010 d b_data\t[beta]\n"
			      "ffffffffa0000000 t bpf_prog_6deef7357e7b4530\t[bpf]\n";

static const struct {
	uint64_t addr;
	const char *name, *module;
	uint64_t start;
} places[] = {
	{ 0xffffffff81000000, "start", "[kernel]", 0xffffffff81000000 },
	{ 0xffffffff810000ff, "start", "[kernel]", 0xffffffff81000000 },
	{ 0xffffffff81000100, "do_work.constprop.0", "[kernel]", 0xffffffff81000100 },
	{ 0xffffffff81000300, "weak_one", "[kernel]", 0xffffffff81000200 },
	{ 0xffffffff81000400, "weaker", "[kernel]", 0xffffffff81000400 },
	{ 0xffffffff810fffff + 0x400, "weaker", "[kernel]", 0xffffffff81000400 },
	{ 0xffffffff81100400, "[unknown]", "[kernel]", 0 }, /* 1 MiB away */
	{ 0xffffffffa0000010, "bpf_prog_6deef7357e7b4530", "[bpf]", 0xffffffffa0000000 },
	{ 0xffffffffc0201001, "a_one", "[alpha]", 0xffffffffc0201000 },
	{ 0xffffffffc0301010, "b_one", "[beta]", 0xffffffffc0301000 },
	{ 0xffffffffc0302004, "b_two", "[beta]", 0xffffffffc0302000 },
	{ 0xffffffff80ffffff, "[unknown]", "[kernel]", 0 },
	{ 0, "[unknown]", "[kernel]", 0 },
	{ UINT64_MAX, "[unknown]", "[kernel]", 0 },
};

START_TEST(an_address_finds_the_best_text_symbol_below_it)
{
	hw_auto(hw_kallsyms_free) struct hw_kallsyms *k = parse(typical);
	struct hw_symbol s;
	const char *module;
	int found = strcmp(places[_i].name, "[unknown]") != 0;

	ck_assert_int_eq(hw_kallsyms_find(k, places[_i].addr, &s, &module), found);
	ck_assert_str_eq(s.name, places[_i].name);
	ck_assert_str_eq(module, places[_i].module);
	ck_assert_uint_eq(s.start, places[_i].start);
	ck_assert_uint_eq(s.offset_bytes, places[_i].addr - places[_i].start);
	ck_assert_ptr_null(s.file);
	ck_assert_uint_eq(s.line, 0);
}
END_TEST

START_TEST(any_order_of_lines_gives_the_same_answers)
{
	static const char text[] = "30 t c\n10 t a\n40 t d\t[m]\n20 t b\n10 T better\n";
	hw_auto(hw_kallsyms_free) struct hw_kallsyms *k = parse(text);
	static const char *const want[] = { "better", "b", "c", "d" };
	struct hw_symbol s;
	const char *module;

	for (uint64_t i = 0; i < 4; i++) {
		ck_assert_int_eq(hw_kallsyms_find(k, 0x11 + 0x10 * i, &s, &module), 1);
		ck_assert_str_eq(s.name, want[i]);
		ck_assert_str_eq(module, i == 3 ? "[m]" : "[kernel]");
	}
}
END_TEST

START_TEST(module_names_are_shared)
{
	hw_auto(hw_kallsyms_free) struct hw_kallsyms *k = parse(typical);
	const char *one, *two;
	struct hw_symbol s;

	hw_kallsyms_find(k, 0xffffffffc0301000, &s, &one);
	hw_kallsyms_find(k, 0xffffffffc0302000, &s, &two);
	ck_assert_ptr_eq(one, two);
}
END_TEST

START_TEST(hidden_addresses_are_a_matter_of_permission)
{
	static const char text[] = "0000000000000000 T _text\n0000000000000000 t f\t[m]\n";
	struct hw_kallsyms *k = NULL;

	ck_assert_int_eq(parse_bytes(text, strlen(text), &k), -EPERM);
	ck_assert_ptr_null(k);
}
END_TEST

START_TEST(a_kernel_without_text_symbols_knows_nothing)
{
	hw_auto(hw_kallsyms_free) struct hw_kallsyms *k = parse("ffffffff81000300 D some_data\n");
	struct hw_symbol s;
	const char *module;

	ck_assert_int_eq(hw_kallsyms_find(k, 0xffffffff81000300, &s, &module), 0);
}
END_TEST

static const char *const broken[] = {
	"",
	"\n",
	"ffffffff81000000\n",
	"ffffffff81000000 T\n",
	"ffffffff81000000 T \n",
	"ffffffff81000000 Tname\n",
	"ffffffff81000000 T name",    /* cut */
	"fffffffff81000000 T name\n", /* 17 digits */
	"0xffffffff81000000 T name\n",
	" T name\n",
	"ffffffff81000000 T name\tmodule\n",
	"ffffffff81000000 T name\t[]\n",
	"ffffffff81000000 T name\t[module\n",
	"ffffffff81000000 T \t[module]\n",
	"ffffffff81000000 T good\nffffffff81000000 T name\t\n",
};

START_TEST(other_forms_are_refused_and_output_kept)
{
	struct hw_kallsyms *k = (struct hw_kallsyms *)broken;

	ck_assert_int_eq(parse_bytes(broken[_i], strlen(broken[_i]), &k), -EBADMSG);
	ck_assert_ptr_eq(k, broken);
}
END_TEST

START_TEST(zero_bytes_are_refused)
{
	static const char text[] = "ffffffff81000000 T na\0me\n";
	struct hw_kallsyms *k;

	ck_assert_int_eq(parse_bytes(text, sizeof(text) - 1, &k), -EBADMSG);
}
END_TEST

START_TEST(a_file_cut_anywhere_is_refused_or_answers)
{
	const size_t first_line = strcspn(typical, "\n") + 1;

	for (size_t size = 1; size < strlen(typical); size++) {
		hw_auto(hw_kallsyms_free) struct hw_kallsyms *k = NULL;
		int r = parse_bytes(typical, size, &k);
		struct hw_symbol s;
		const char *module;

		if (typical[size - 1] != '\n')
			ck_assert_int_eq(r, -EBADMSG);
		else
			ck_assert_int_eq(r, size == first_line ? -EPERM : 0);
		if (k)
			hw_kallsyms_find(k, 0xffffffff81000000, &s, &module);
	}
}
END_TEST

START_TEST(many_symbols_stay_findable)
{
	hw_auto(hw_kallsyms_free) struct hw_kallsyms *k = NULL;
	hw_autofree char *text = NULL;
	struct hw_symbol s;
	const char *module;
	size_t size;
	char name[32];
	FILE *f = open_memstream(&text, &size);

	for (unsigned int i = 0; i < 200000; i++)
		fprintf(f, "%016llx t f%u\n", 0xffffffff81000000ull + 16 * i, i);
	fclose(f);
	ck_assert_int_eq(parse_bytes(text, size, &k), 0);
	for (unsigned int i = 0; i < 200000; i += 997) {
		hw_kallsyms_find(k, 0xffffffff81000000ull + 16 * i + 15, &s, &module);
		snprintf(name, sizeof(name), "f%u", i);
		ck_assert_str_eq(s.name, name);
	}
}
END_TEST

/* The text "ADDR t xxx...\n" with a name of @len bytes, in a new string. */
static char *long_line(size_t len)
{
	static const char head[] = "ffffffff81000000 t ";
	char *text = malloc(strlen(head) + len + 2);

	ck_assert_ptr_nonnull(text);
	strcpy(text, head);
	memset(text + strlen(head), 'x', len);
	strcpy(text + strlen(head) + len, "\n");
	return text;
}

START_TEST(a_very_long_name_is_kept_whole)
{
	const size_t len = 3u << 20; /* several times what is read at once */
	hw_autofree char *text = long_line(len);
	hw_auto(hw_kallsyms_free) struct hw_kallsyms *k = parse(text);
	struct hw_symbol s;
	const char *module;

	ck_assert_int_eq(hw_kallsyms_find(k, 0xffffffff81000000, &s, &module), 1);
	ck_assert_uint_eq(strlen(s.name), len);
	ck_assert_uint_eq(strspn(s.name, "x"), len);
}
END_TEST

START_TEST(more_modules_than_can_be_numbered_are_refused)
{
	hw_auto(hw_kallsyms_free) struct hw_kallsyms *k = NULL;
	const unsigned int n = UINT16_MAX + (unsigned int)_i; /* "[kernel]" is one more */
	hw_autofree char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	ck_assert_ptr_nonnull(f);
	for (unsigned int i = 0; i < n; i++)
		fprintf(f, "%x t f\t[m%u]\n", 0x1000 + i, i);
	fclose(f);
	ck_assert_int_eq(parse_bytes(text, size, &k), _i ? -EBADMSG : 0);
}
END_TEST

START_TEST(the_running_kernel_is_read_or_hidden)
{
	hw_auto(hw_kallsyms_free) struct hw_kallsyms *k = NULL;
	int r = hw_kallsyms_read(&k);

	ck_assert(r == 0 || r == -EPERM || r == -ENOENT || r == -EACCES);
	ck_assert(!k == !!r);
}
END_TEST

#define COUNT(array) ((int)(sizeof(array) / sizeof(*(array))))

int main(void)
{
	Suite *s = suite_create("kallsyms");
	TCase *t = tcase_create("kallsyms");

	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, an_address_finds_the_best_text_symbol_below_it, 0, COUNT(places));
	tcase_add_test(t, any_order_of_lines_gives_the_same_answers);
	tcase_add_test(t, module_names_are_shared);
	tcase_add_test(t, hidden_addresses_are_a_matter_of_permission);
	tcase_add_test(t, a_kernel_without_text_symbols_knows_nothing);
	tcase_add_loop_test(t, other_forms_are_refused_and_output_kept, 0, COUNT(broken));
	tcase_add_test(t, zero_bytes_are_refused);
	tcase_add_test(t, a_file_cut_anywhere_is_refused_or_answers);
	tcase_add_test(t, many_symbols_stay_findable);
	tcase_add_test(t, a_very_long_name_is_kept_whole);
	tcase_add_loop_test(t, more_modules_than_can_be_numbered_are_refused, 0, 2);
	tcase_add_test(t, the_running_kernel_is_read_or_hidden);
	suite_add_tcase(s, t);
	return run_suite(s);
}
