/* SPDX-License-Identifier: Apache-2.0 */
#include "sym/cfi_plt.h"

#include <stdbool.h>
#include <string.h>

static const char *const tables[HW_CFI_PLT_TABLES] = { ".plt", ".plt.sec", ".plt.got" };

static size_t rules_of(Elf_Scn *scn, const char *name, const struct hw_arch *arch,
		       struct hw_arch_rule *ret)
{
	struct hw_arch_table t = { .is_lazy = !strcmp(name, ".plt"),
				   .is_bound = !strcmp(name, ".plt.got") };
	GElf_Shdr shdr;
	Elf_Data *data;

	if (!gelf_getshdr(scn, &shdr) || shdr.sh_type != SHT_PROGBITS)
		return 0;
	data = elf_rawdata(scn, NULL);
	if (!data || !data->d_buf || !data->d_size || shdr.sh_addr > UINT64_MAX - data->d_size)
		return 0;
	t.start = shdr.sh_addr;
	t.code = data->d_buf;
	t.size = data->d_size;
	return arch->rules_of_table(&t, ret);
}

size_t hw_cfi_plt(Elf *elf, const struct hw_arch *arch, struct hw_arch_rule *ret)
{
	bool is_seen[HW_CFI_PLT_TABLES] = { false };
	Elf_Scn *scn = NULL;
	size_t names, n = 0;

	if (elf_getshdrstrndx(elf, &names))
		return 0;
	while ((scn = elf_nextscn(elf, scn))) {
		GElf_Shdr shdr;
		const char *name =
			gelf_getshdr(scn, &shdr) ? elf_strptr(elf, names, shdr.sh_name) : NULL;

		for (size_t i = 0; name && i < HW_CFI_PLT_TABLES; i++) {
			if (is_seen[i] || strcmp(name, tables[i]))
				continue;
			is_seen[i] = true;
			n += rules_of(scn, name, arch, ret + n);
		}
	}
	return n;
}
