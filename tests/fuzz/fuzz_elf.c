/* SPDX-License-Identifier: Apache-2.0
 * An ELF file: symbols, lines, inlined calls, sections, and whether it is a CPython. */
#include "elf_mutator.h"

#include <errno.h>

#include "py/runtime.h"
#include "sym/module.h"

#define PLACES 24 /* all over the file, and as far behind it */

/* The strings live as long as the module: reading them shows when they do not. */
static void check_symbol(const struct hw_symbol *s, uint64_t vaddr)
{
	fuzz_check(s->name && strlen(s->name) < SIZE_MAX);
	fuzz_check(!s->file || strlen(s->file) < SIZE_MAX);
	fuzz_check(s->offset_bytes == vaddr - s->start);
}

static void look_at(struct hw_module *m, uint64_t vaddr)
{
	static const size_t maxima[] = { 1, 2, HW_INLINES_MAX };
	struct hw_symbol found[HW_INLINES_MAX];
	uint64_t word;
	int r = hw_module_find(m, vaddr, found);

	fuzz_check(r == 0 || r == 1);
	check_symbol(found, vaddr);
	fuzz_check(r == 1 || !strcmp(found->name, "[unknown]"));
	for (size_t i = 0; i < sizeof(maxima) / sizeof(*maxima); i++) {
		r = hw_module_inlines(m, vaddr, found, maxima[i]);
		fuzz_check(r >= 1 && (size_t)r <= maxima[i]);
		for (int k = 0; k < r; k++)
			check_symbol(&found[k], vaddr);
	}
	r = hw_module_read(m, vaddr, &word, sizeof(word));
	fuzz_check(r == 0 || r == -EFAULT);
}

static void look_around(struct hw_module *m, size_t size)
{
	uint64_t file_off, vaddr;

	look_at(m, hw_module_base(m));
	look_at(m, UINT64_MAX);
	if (hw_module_text(m, &file_off, &vaddr) == 0)
		look_at(m, vaddr);
	for (size_t i = 0; i < PLACES; i++)
		if (hw_module_vaddr(m, 2 * size / PLACES * i, &vaddr) == 0)
			look_at(m, vaddr);
}

static void look_up(struct hw_module *m)
{
	static const char *const names[] = { "main", "_start", "Py_GetVersion", "" };
	uint64_t vaddr, size;

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		hw_module_lookup(m, names[i], &vaddr, &size);
		hw_module_export(m, names[i], &vaddr, &size);
	}
	hw_module_section(m, ".text", &vaddr, &size);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	hw_auto(hw_module_free) struct hw_module *m = NULL;
	struct hw_py_runtime runtime;

	if (hw_module_open_memory(bytes, size, "/nonexistent/fuzz", &m) < 0)
		return 0;
	fuzz_check(strlen(hw_module_build_id(m)) % 2 == 0);
	if (hw_py_runtime_find(m, &runtime) == 1) {
		fuzz_check(hw_py_version_supported(runtime.version));
		fuzz_check(hw_py_layout_sane(&runtime.offsets));
	}
	look_up(m);
	look_around(m, size);
	return 0;
}
