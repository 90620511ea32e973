/* SPDX-License-Identifier: Apache-2.0 */
#include "sym/cfi_plt.h"

#include <stdbool.h>
#include <string.h>

/* System V ABI, AMD64 supplement, "Procedure Linkage Table": .plt starts with PLT0, which pushes a
 * word of the GOT (6 bytes) and jumps; the entries that follow push their index and jump to PLT0.
 * All are 16 bytes. The other tables only jump. */
#define ENTRY_SIZE	16
#define PLT0_PUSH_SIZE	6
#define INDEX_PUSH_SIZE 5

#define X86_64_RSP 7

static struct hw_unwind_rule pushed(enum hw_cfa_kind kind, int cfa_off)
{
	return (struct hw_unwind_rule){
		.cfa = kind,
		.cfa_reg = X86_64_RSP,
		.cfa_off = cfa_off,
		.fp = HW_SAVED_SAME,
		.ra = HW_SAVED_AT_CFA,
		.ra_off = -8,
	};
}

/* From which byte of the entry @code on its index is on the stack; 0: it pushes none. */
static int end_of_push(const unsigned char code[ENTRY_SIZE])
{
	static const unsigned char endbr64[] = { 0xf3, 0x0f, 0x1e, 0xfa };
	const int jump_size =
		6; /* jmp *slot(%rip), which is first without control flow protection */
	const unsigned char push = 0x68;

	if (code[0] == 0xff && code[1] == 0x25 && code[jump_size] == push)
		return jump_size + INDEX_PUSH_SIZE;
	if (!memcmp(code, endbr64, sizeof(endbr64)) && code[sizeof(endbr64)] == push)
		return (int)sizeof(endbr64) + INDEX_PUSH_SIZE;
	return 0;
}

static bool is_plt0(const unsigned char code[ENTRY_SIZE])
{
	return code[0] == 0xff && code[1] == 0x35; /* push slot(%rip) */
}

static size_t lazy_table(const GElf_Shdr *shdr, const Elf_Data *data, struct hw_cfi_plt *ret)
{
	const unsigned char *code = data->d_buf;
	uint64_t start = shdr->sh_addr;
	int push_end;

	if (data->d_size < 2 * ENTRY_SIZE || start % ENTRY_SIZE || !is_plt0(code))
		return 0;
	push_end = end_of_push(code + ENTRY_SIZE);
	if (!push_end)
		return 0;
	ret[0] = (struct hw_cfi_plt){ start, start + PLT0_PUSH_SIZE, pushed(HW_CFA_REG, 16) };
	ret[1] = (struct hw_cfi_plt){ start + PLT0_PUSH_SIZE, start + ENTRY_SIZE,
				      pushed(HW_CFA_REG, 24) };
	ret[2] = (struct hw_cfi_plt){ start + ENTRY_SIZE, start + data->d_size,
				      pushed(HW_CFA_PLT, push_end) };
	return 3;
}

static size_t table_of(Elf_Scn *scn, const char *name, struct hw_cfi_plt *ret)
{
	GElf_Shdr shdr;
	Elf_Data *data;
	size_t n = 0;

	if (!gelf_getshdr(scn, &shdr) || shdr.sh_type != SHT_PROGBITS)
		return 0;
	data = elf_rawdata(scn, NULL);
	if (!data || !data->d_buf || !data->d_size || shdr.sh_addr > UINT64_MAX - data->d_size)
		return 0;
	if (!strcmp(name, ".plt"))
		n = lazy_table(&shdr, data, ret);
	if (n)
		return n;
	*ret = (struct hw_cfi_plt){ shdr.sh_addr, shdr.sh_addr + data->d_size,
				    pushed(HW_CFA_REG, 8) };
	return 1;
}

size_t hw_cfi_plt(Elf *elf, struct hw_cfi_plt *ret)
{
	static const char *const tables[] = { ".plt", ".plt.sec", ".plt.got" };
	bool is_seen[sizeof(tables) / sizeof(*tables)] = { false };
	Elf_Scn *scn = NULL;
	size_t names, n = 0;

	if (elf_getshdrstrndx(elf, &names))
		return 0;
	while ((scn = elf_nextscn(elf, scn))) {
		GElf_Shdr shdr;
		const char *name =
			gelf_getshdr(scn, &shdr) ? elf_strptr(elf, names, shdr.sh_name) : NULL;

		for (size_t i = 0; name && i < sizeof(tables) / sizeof(*tables); i++) {
			if (is_seen[i] || strcmp(name, tables[i]))
				continue;
			is_seen[i] = true;
			n += table_of(scn, name, ret + n);
		}
	}
	return n;
}
