/* SPDX-License-Identifier: Apache-2.0 */
#include "cfi_builder.h"

#include <dwarf.h>
#include <errno.h>
#include <sys/auxv.h>

#include "sym/cfi.h"

#define F1	   0x2000 /* where functions lie */
#define F2	   0x3000
#define N_ROWS_MAX 64

struct row {
	uint64_t vaddr;
	struct hw_unwind_rule rule;
};

struct rows {
	struct row row[N_ROWS_MAX];
	size_t n;
};

static int keep(void *ctx, uint64_t vaddr, const struct hw_unwind_rule *rule)
{
	struct rows *rows = ctx;

	ck_assert_uint_lt(rows->n, N_ROWS_MAX);
	rows->row[rows->n++] = (struct row){ vaddr, *rule };
	return 0;
}

static struct rows read_rows(const struct cfi_file *f)
{
	struct hw_module *m = cfi_open(f);
	struct rows rows = { 0 };

	ck_assert_int_eq(hw_cfi_read(m, false, keep, &rows), 0);
	hw_module_free(m);
	return rows;
}

static void check_rows(const struct rows *rows, const struct row *want, size_t n)
{
	ck_assert_uint_eq(rows->n, n);
	for (size_t i = 0; i < n; i++) {
		ck_assert_uint_eq(rows->row[i].vaddr, want[i].vaddr);
		ck_assert_mem_eq(&rows->row[i].rule, &want[i].rule, sizeof(want[i].rule));
	}
}
#define CHECK_ROWS(f, ...)                                            \
	do {                                                          \
		const struct row want[] = { __VA_ARGS__ };            \
		struct rows got = read_rows(f);                       \
		check_rows(&got, want, sizeof(want) / sizeof(*want)); \
	} while (0)

#define RULE(...) ((struct hw_unwind_rule){ __VA_ARGS__ })
#define ON_ENTRY  RULE(HW_CFA_REG, 7, HW_SAVED_SAME, HW_SAVED_AT_CFA, 8, 0, -8)
#define NO_RULE	  RULE(HW_CFA_NONE)

START_TEST(a_function_gives_a_row_for_each_state_and_none_behind_it)
{
	struct cfi_file *f = cfi_file_new(EM_X86_64);
	struct hw_unwind_rule pushed =
		RULE(HW_CFA_REG, 7, HW_SAVED_AT_CFA, HW_SAVED_AT_CFA, 16, -16, -8);
	struct hw_unwind_rule framed = pushed;

	framed.cfa_reg = 6;
	cfi_add_function(f, cfi_add_usual_cie(f), F1, 0x40,
			 CFI_BYTES(DW_CFA_advance_loc | 1, DW_CFA_def_cfa_offset, 16,
				   DW_CFA_offset | 6, 2, DW_CFA_advance_loc | 3,
				   DW_CFA_def_cfa_register, 6));
	CHECK_ROWS(f, { F1, ON_ENTRY }, { F1 + 1, pushed }, { F1 + 4, framed },
		   { F1 + 0x40, NO_RULE });
}
END_TEST

START_TEST(equal_rows_are_one_and_a_gap_has_none)
{
	struct cfi_file *f = cfi_file_new(EM_X86_64);
	uint32_t cie = cfi_add_usual_cie(f);

	cfi_add_function(f, cie, F1, 0x10, CFI_BYTES(DW_CFA_advance_loc | 4));
	cfi_add_function(f, cie, F1 + 0x10, 0x10, CFI_NOTHING);
	cfi_add_function(f, cie, F1 + 0x21, 0x10, CFI_NOTHING);
	CHECK_ROWS(f, { F1, ON_ENTRY }, { F1 + 0x20, NO_RULE }, { F1 + 0x21, ON_ENTRY },
		   { F1 + 0x31, NO_RULE });
}
END_TEST

START_TEST(functions_are_sorted_and_of_two_that_overlap_the_first_wins)
{
	struct cfi_file *f = cfi_file_new(EM_X86_64);
	uint32_t cie = cfi_add_usual_cie(f);

	cfi_add_function(f, cie, F2, 0x10, CFI_NOTHING);
	cfi_add_function(f, cie, F1, 0x10, CFI_NOTHING);
	cfi_add_function(f, cie, F1 + 8, 8, CFI_BYTES(DW_CFA_def_cfa_offset, 24));
	cfi_add_function(f, cie, F1 + 2, 4, CFI_BYTES(DW_CFA_def_cfa_offset, 24));
	CHECK_ROWS(f, { F1, ON_ENTRY }, { F1 + 0x10, NO_RULE }, { F2, ON_ENTRY },
		   { F2 + 0x10, NO_RULE });
}
END_TEST

START_TEST(functions_outside_the_code_are_left_out)
{
	struct cfi_file *f = cfi_file_new(EM_X86_64);
	uint32_t cie = cfi_add_usual_cie(f);

	cfi_add_function(f, cie, 0, 0x10, CFI_NOTHING);
	cfi_add_function(f, cie, CFI_CODE - 1, 0x10, CFI_NOTHING);
	cfi_add_function(f, cie, CFI_CODE + CFI_CODE_SIZE - 1, 2, CFI_NOTHING);
	cfi_add_function(f, cie, F1, 0, CFI_NOTHING);
	cfi_add_function(f, cie, F1, UINT64_MAX - F1, CFI_NOTHING);
	ck_assert_uint_eq(read_rows(f).n, 0);
	f->code.p_flags = PF_R; /* no code at all */
	cfi_add_function(f, cie, F1, 0x10, CFI_NOTHING);
	ck_assert_uint_eq(read_rows(f).n, 0);
}
END_TEST

/* The rule of a function whose state is that after @program. */
static struct hw_unwind_rule rule_after(struct cfi_bytes program)
{
	struct cfi_file *f = cfi_file_new(EM_X86_64);
	struct rows rows;

	cfi_add_function(f, cfi_add_usual_cie(f), F1, 0x10, program);
	rows = read_rows(f);
	ck_assert_uint_eq(rows.n, 2);
	return rows.row[0].rule;
}

START_TEST(each_form_of_cfa_is_told_apart)
{
	struct hw_unwind_rule rule;

	rule = rule_after(CFI_BYTES(DW_CFA_def_cfa, 10, 0));
	ck_assert_int_eq(rule.cfa, HW_CFA_REG);
	ck_assert_int_eq(rule.cfa_reg, 10);
	rule = rule_after(CFI_BYTES(DW_CFA_def_cfa, 7, 0x88, 0x80, 0x20)); /* 0x80008 */
	ck_assert_int_eq(rule.cfa_off, 0x80008);
	rule = rule_after(CFI_BYTES(DW_CFA_def_cfa, 7, 0x80, 0x80, 0x80, 0x80, 0x10)); /* 2^32 */
	ck_assert_int_eq(rule.cfa, HW_CFA_OTHER);
	/* as gcc does it in a function that aligns its stack */
	rule = rule_after(CFI_BYTES(DW_CFA_def_cfa_expression, 3, DW_OP_breg6, 0x78, DW_OP_deref));
	ck_assert_int_eq(rule.cfa, HW_CFA_DEREF);
	ck_assert_int_eq(rule.cfa_reg, 6);
	ck_assert_int_eq(rule.cfa_off, HW_DEREF(-8, 0));
	rule = rule_after(CFI_BYTES(DW_CFA_def_cfa_expression, 11, DW_OP_breg7, 8, DW_OP_breg16, 0,
				    DW_OP_lit15, DW_OP_and, DW_OP_lit11, DW_OP_ge, DW_OP_lit3,
				    DW_OP_shl, DW_OP_plus));
	ck_assert_int_eq(rule.cfa, HW_CFA_PLT);
	ck_assert_int_eq(rule.cfa_off, 11);
	rule = rule_after(CFI_BYTES(DW_CFA_def_cfa_expression, 2, DW_OP_breg7, 8));
	ck_assert_int_eq(rule.cfa, HW_CFA_REG);
	rule = rule_after(CFI_BYTES(DW_CFA_def_cfa_expression, 5, DW_OP_breg7, 8, DW_OP_breg3, 0,
				    DW_OP_plus));
	ck_assert_mem_eq(&rule, &RULE(HW_CFA_OTHER), sizeof(rule));
}
END_TEST

START_TEST(each_way_to_save_a_register_is_told_apart)
{
	struct hw_unwind_rule rule;

	rule = rule_after(CFI_BYTES(DW_CFA_expression, 6, 2, DW_OP_breg6, 0x70));
	ck_assert_int_eq(rule.fp, HW_SAVED_AT_FP);
	ck_assert_int_eq(rule.fp_off, -16);
	rule = rule_after(CFI_BYTES(DW_CFA_register, 6, 11, DW_CFA_register, 16, 5));
	ck_assert_int_eq(rule.fp, HW_SAVED_IN_REG);
	ck_assert_int_eq(rule.fp_off, 11);
	ck_assert_int_eq(rule.ra, HW_SAVED_IN_REG);
	ck_assert_int_eq(rule.ra_off, 5);
	rule = rule_after(CFI_BYTES(DW_CFA_undefined, 6, DW_CFA_undefined, 16));
	ck_assert_int_eq(rule.fp, HW_SAVED_UNDEFINED);
	ck_assert_int_eq(rule.ra, HW_SAVED_UNDEFINED);
	rule = rule_after(CFI_BYTES(DW_CFA_same_value, 16));
	ck_assert_int_eq(rule.fp, HW_SAVED_SAME);
	ck_assert_int_eq(rule.ra, HW_SAVED_IN_REG);
	rule = rule_after(
		CFI_BYTES(DW_CFA_val_offset, 6, 2, DW_CFA_expression, 16, 2, DW_OP_breg3, 0));
	ck_assert_int_eq(rule.fp, HW_SAVED_OTHER);
	ck_assert_int_eq(rule.ra, HW_SAVED_OTHER);
	rule = rule_after(CFI_BYTES(DW_CFA_offset | 6, 0));
	ck_assert_int_eq(rule.fp, HW_SAVED_AT_CFA);
	ck_assert_int_eq(rule.fp_off, 0);
}
END_TEST

START_TEST(a_signal_frame_is_one_whatever_else_it_says)
{
	struct cfi_file *f = cfi_file_new(EM_X86_64);
	uint32_t cie = cfi_add_cie(f, CFI_EH_FRAME, "zRS", 16, CFI_BYTES(DW_CFA_def_cfa, 7, 8));

	cfi_add_function(f, cie, F1, 0x10, CFI_BYTES(DW_CFA_offset | 6, 2));
	CHECK_ROWS(f, { F1, RULE(HW_CFA_SIGNAL) }, { F1 + 0x10, NO_RULE });
}
END_TEST

START_TEST(aarch64_keeps_the_return_address_in_its_register)
{
	struct cfi_file *f = cfi_file_new(EM_AARCH64);
	uint32_t cie = cfi_add_cie(f, CFI_EH_FRAME, "zR", 30, CFI_BYTES(DW_CFA_def_cfa, 31, 0));

	cfi_add_function(f, cie, F1, 0x40,
			 CFI_BYTES(DW_CFA_advance_loc | 4, DW_CFA_AARCH64_negate_ra_state,
				   DW_CFA_advance_loc | 4, DW_CFA_def_cfa_offset, 32,
				   DW_CFA_offset | 29, 4, DW_CFA_offset | 30, 3));
	CHECK_ROWS(f, { F1, RULE(HW_CFA_REG, 31, HW_SAVED_SAME, HW_SAVED_IN_REG, 0, 0, 30) },
		   { F1 + 8, RULE(HW_CFA_REG, 31, HW_SAVED_AT_CFA, HW_SAVED_AT_CFA, 32, -32, -24) },
		   { F1 + 0x40, NO_RULE });
}
END_TEST

START_TEST(debug_frame_tells_of_what_eh_frame_does_not)
{
	struct cfi_file *f = cfi_file_new(EM_X86_64);
	struct hw_unwind_rule deeper = ON_ENTRY;
	uint32_t cie;

	deeper.cfa_off = 24;
	cfi_add_function(f, cfi_add_usual_cie(f), F1, 0x10, CFI_NOTHING);
	cie = cfi_add_cie(f, CFI_DEBUG_FRAME, "", 16,
			  CFI_BYTES(DW_CFA_def_cfa, 7, 24, DW_CFA_offset | 16, 1));
	cfi_add_fde(f, CFI_DEBUG_FRAME, cie, F1, 0x10, CFI_NOTHING);
	cfi_add_fde(f, CFI_DEBUG_FRAME, cie, F2, 0x10, CFI_NOTHING);
	CHECK_ROWS(f, { F1, ON_ENTRY }, { F1 + 0x10, NO_RULE }, { F2, deeper },
		   { F2 + 0x10, NO_RULE });
}
END_TEST

START_TEST(a_plt_that_nothing_describes_gets_rows)
{
	static const unsigned char plt0[] = { 0xff, 0x35, 0, 0, 0, 0, 0xff, 0x25 };
	static const unsigned char lazy[] = { 0xff, 0x25, 0, 0, 0, 0, 0x68, 0, 0, 0, 0, 0xe9 };
	static const unsigned char ibt[] = { 0xf3, 0x0f, 0x1e, 0xfa, 0x68, 0, 0, 0, 0, 0xe9 };
	struct cfi_file *f = cfi_file_new(EM_X86_64);
	struct hw_unwind_rule pushed = ON_ENTRY, both = ON_ENTRY, entry = ON_ENTRY;
	const uint64_t end = CFI_CODE + CFI_PLT_SIZE;

	pushed.cfa_off = 16;
	both.cfa_off = 24;
	entry.cfa = HW_CFA_PLT;
	f->sections[CFI_PLT].sh_type = SHT_PROGBITS;
	f->sections[CFI_PLT].sh_size = CFI_PLT_SIZE;
	CHECK_ROWS(f, { CFI_CODE, ON_ENTRY }, { end, NO_RULE }); /* no entry that pushes */
	memcpy(f->plt, plt0, sizeof(plt0));
	memcpy(f->plt + 16, lazy, sizeof(lazy));
	entry.cfa_off = 11;
	CHECK_ROWS(f, { CFI_CODE, pushed }, { CFI_CODE + 6, both }, { CFI_CODE + 16, entry },
		   { end, NO_RULE });
	memcpy(f->plt + 16, ibt, sizeof(ibt));
	entry.cfa_off = 9;
	CHECK_ROWS(f, { CFI_CODE, pushed }, { CFI_CODE + 6, both }, { CFI_CODE + 16, entry },
		   { end, NO_RULE });
	/* what the file itself says comes first */
	cfi_add_function(f, cfi_add_usual_cie(f), CFI_CODE, CFI_PLT_SIZE, CFI_NOTHING);
	CHECK_ROWS(f, { CFI_CODE, ON_ENTRY }, { end, NO_RULE });
}
END_TEST

/* A file with one more function whose state is set by @program. */
static size_t n_rows_with(struct cfi_bytes program)
{
	struct cfi_file *f = cfi_file_new(EM_X86_64);
	uint32_t cie = cfi_add_usual_cie(f);

	cfi_add_function(f, cie, F1, 0x10, CFI_NOTHING);
	cfi_add_function(f, cie, F2, 0x10, program);
	return read_rows(f).n;
}

START_TEST(what_would_cost_libdw_gigabytes_is_refused)
{
	unsigned char remember[100];

	memset(remember, DW_CFA_remember_state, sizeof(remember));
	ck_assert_uint_eq(n_rows_with((struct cfi_bytes){ remember, 60 }), 4);
	ck_assert_uint_eq(n_rows_with((struct cfi_bytes){ remember, sizeof(remember) }), 0);
	ck_assert_uint_eq(n_rows_with(CFI_BYTES(DW_CFA_same_value, 0xff, 0x01)), 4);
	ck_assert_uint_eq(n_rows_with(CFI_BYTES(DW_CFA_same_value, 0x80, 0x02)), 0);
	ck_assert_uint_eq(n_rows_with(CFI_BYTES(DW_CFA_undefined, 0xff, 0xff, 0xff, 0x3f)), 0);
	ck_assert_uint_eq(n_rows_with(CFI_BYTES(DW_CFA_expression, 6, 0x7f)), 0);
	ck_assert_uint_eq(n_rows_with(CFI_BYTES(DW_CFA_high_user)), 0);
}
END_TEST

static int stop(void *ctx, uint64_t vaddr, const struct hw_unwind_rule *rule)
{
	(void)ctx, (void)vaddr, (void)rule;
	return -ENOSPC;
}

START_TEST(an_error_of_the_receiver_ends_the_reading)
{
	struct cfi_file *f = cfi_file_new(EM_X86_64);
	struct hw_module *m;

	cfi_add_function(f, cfi_add_usual_cie(f), F1, 0x10, CFI_NOTHING);
	m = cfi_open(f);
	ck_assert_int_eq(hw_cfi_read(m, false, stop, NULL), -ENOSPC);
	hw_module_free(m);
}
END_TEST

START_TEST(other_machines_are_refused)
{
	struct hw_module *m = cfi_open(cfi_file_new(EM_RISCV));
	struct rows rows = { 0 };

	ck_assert_int_eq(hw_cfi_read(m, false, keep, &rows), -EOPNOTSUPP);
	hw_module_free(m);
}
END_TEST

static int check_ascending(void *ctx, uint64_t vaddr, const struct hw_unwind_rule *rule)
{
	uint64_t *last = ctx;

	ck_assert_uint_gt(vaddr, *last);
	ck_assert_uint_ge(vaddr, CFI_CODE);
	ck_assert_uint_le(vaddr, CFI_CODE + CFI_CODE_SIZE);
	ck_assert_int_le(rule->cfa, HW_CFA_OTHER);
	*last = vaddr;
	return 0;
}

static void read_damaged(const struct cfi_file *f)
{
	struct hw_module *m = cfi_open(f);
	uint64_t last = 0;
	int r = hw_cfi_read(m, false, check_ascending, &last);

	ck_assert(r == 0 || r == -E2BIG);
	hw_module_free(m);
}

START_TEST(damaged_bytes_give_rows_in_order_or_none)
{
	static const unsigned char values[] = { 0, 0x7f, 0x80, 0xff };
	struct cfi_file *f = cfi_file_new(EM_X86_64);
	uint32_t cie = cfi_add_usual_cie(f);
	size_t size;

	/* small, as each trial copies the whole of it */
	cfi_add_function(f, cie, F1, 0x10,
			 CFI_BYTES(DW_CFA_advance_loc | 1, DW_CFA_def_cfa_offset, 16,
				   DW_CFA_def_cfa_expression, 3, DW_OP_breg6, 0x78, DW_OP_deref,
				   DW_CFA_remember_state, DW_CFA_advance_loc1, 2,
				   DW_CFA_restore_state));
	cfi_add_function(f, cie, F2, 0x10, CFI_BYTES(DW_CFA_expression, 6, 2, DW_OP_breg6, 0));
	size = f->sections[CFI_EH_FRAME].sh_size;
	for (size_t cut = 0; cut < size; cut++) {
		f->sections[CFI_EH_FRAME].sh_size = cut;
		read_damaged(f);
	}
	f->sections[CFI_EH_FRAME].sh_size = size;
	for (size_t at = 0; at < size; at++) {
		unsigned char was = f->eh_frame[at];

		for (size_t v = 0; v < sizeof(values); v++) {
			f->eh_frame[at] = values[v];
			read_damaged(f);
		}
		f->eh_frame[at] = was;
	}
}
END_TEST

static int count(void *ctx, uint64_t vaddr, const struct hw_unwind_rule *rule)
{
	size_t *n = ctx;

	(void)vaddr, (void)rule;
	++*n;
	return 0;
}

START_TEST(the_vdso_has_rows)
{
	struct hw_module *m;
	size_t n = 0;

	if (!getauxval(AT_SYSINFO_EHDR)) {
		unjudged(__func__, "no vDSO is seen here (valgrind hides it)");
		return;
	}
	ck_assert_int_eq(hw_module_open_vdso(&m), 0);
	ck_assert_int_eq(hw_cfi_read(m, false, count, &n), 0);
	ck_assert_uint_gt(n, 1);
	hw_module_free(m);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("cfi");
	TCase *tc = tcase_create("cfi");

	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, a_function_gives_a_row_for_each_state_and_none_behind_it);
	tcase_add_test(tc, equal_rows_are_one_and_a_gap_has_none);
	tcase_add_test(tc, functions_are_sorted_and_of_two_that_overlap_the_first_wins);
	tcase_add_test(tc, functions_outside_the_code_are_left_out);
	tcase_add_test(tc, each_form_of_cfa_is_told_apart);
	tcase_add_test(tc, each_way_to_save_a_register_is_told_apart);
	tcase_add_test(tc, a_signal_frame_is_one_whatever_else_it_says);
	tcase_add_test(tc, aarch64_keeps_the_return_address_in_its_register);
	tcase_add_test(tc, debug_frame_tells_of_what_eh_frame_does_not);
	tcase_add_test(tc, a_plt_that_nothing_describes_gets_rows);
	tcase_add_test(tc, what_would_cost_libdw_gigabytes_is_refused);
	tcase_add_test(tc, an_error_of_the_receiver_ends_the_reading);
	tcase_add_test(tc, other_machines_are_refused);
	tcase_add_test(tc, damaged_bytes_give_rows_in_order_or_none);
	tcase_add_test(tc, the_vdso_has_rows);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
