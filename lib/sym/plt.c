/* SPDX-License-Identifier: Apache-2.0 */
#include "sym/plt.h"

#include <errno.h>
#include <gelf.h>
#include <stdbool.h>
#include <string.h>

#include "base/array.h"
#include "base/text.h"
#include "sym/arch.h"
#include "sym/demangle.h"
#include "sym/elf_file.h"

#define N_TABLES 4

/* Relocations read of one file at the most. */
#define RELOCATIONS_MAX (4u << 20)

/* Each stub jumps through a word of the GOT, its slot, and a relocation of that slot tells where to. */
struct plt_slot {
	uint64_t vaddr;
	uint64_t target; /* number in .dynsym; of an indirect function, the vaddr that chooses it */
	char *name;	 /* with "@plt"; NULL until asked for */
	bool is_indirect;
};

struct hw_plt {
	Elf *elf;
	struct hw_symtab *functions;
	const struct hw_arch *arch;
	struct hw_arch_table tables[N_TABLES];
	Elf_Data *symbols; /* .dynsym and the section of its strings; NULL: there is none */
	uint32_t strings;
	struct plt_slot *slots; /* by vaddr, once they were read */
	size_t n_slots, cap_slots;
	bool slots_were_read;
};

static struct hw_arch_table open_table(Elf *elf, const char *name)
{
	struct hw_arch_table none = { 0 };
	GElf_Shdr shdr;
	Elf_Scn *scn = hw_elf_section(elf, name, &shdr);
	Elf_Data *data = scn && shdr.sh_type == SHT_PROGBITS ? elf_rawdata(scn, NULL) : NULL;

	if (!data || !data->d_buf)
		return none;
	return (struct hw_arch_table){ .start = shdr.sh_addr,
				       .code = data->d_buf,
				       .size = data->d_size,
				       .is_bound = !strcmp(name, ".plt.got") };
}

static void open_dynamic_symbols(struct hw_plt *t)
{
	Elf_Scn *scn = NULL;
	GElf_Shdr shdr;

	while ((scn = elf_nextscn(t->elf, scn)))
		if (gelf_getshdr(scn, &shdr) && shdr.sh_type == SHT_DYNSYM) {
			t->symbols = elf_getdata(scn, NULL);
			t->strings = shdr.sh_link;
			return;
		}
}

struct hw_plt *hw_plt_new(Elf *elf, struct hw_symtab *functions)
{
	static const char *const names[N_TABLES] = { ".plt", ".plt.sec", ".plt.got", ".iplt" };
	struct hw_plt *t = calloc(1, sizeof(*t));
	GElf_Ehdr ehdr;

	if (!t)
		return NULL;
	t->elf = elf;
	t->functions = functions;
	t->arch = gelf_getehdr(elf, &ehdr) ? hw_arch_of(ehdr.e_machine) : NULL;
	if (!t->arch)
		return t;
	for (int i = 0; i < N_TABLES; i++)
		t->tables[i] = open_table(elf, names[i]);
	open_dynamic_symbols(t);
	return t;
}

struct hw_plt *hw_plt_free(struct hw_plt *t)
{
	if (!t)
		return NULL;
	for (size_t i = 0; i < t->n_slots; i++)
		free(t->slots[i].name);
	free(t->slots);
	free(t);
	return NULL;
}

static int add_slot(struct hw_plt *t, const GElf_Rela *rela)
{
	struct plt_slot slot = { .vaddr = rela->r_offset };
	uint32_t type = (uint32_t)GELF_R_TYPE(rela->r_info);
	int r;

	if (type == t->arch->jump_slot || type == t->arch->glob_dat) {
		slot.target = GELF_R_SYM(rela->r_info);
	} else if (type == t->arch->irelative) {
		slot.target = (uint64_t)rela->r_addend;
		slot.is_indirect = true;
	} else {
		return 0;
	}
	r = hw_reserve(t->slots, t->cap_slots, t->n_slots + 1);
	if (r < 0)
		return r;
	t->slots[t->n_slots++] = slot;
	return 0;
}

/* Adds the slots of one section of relocations; @left is how many more may be read. */
static int add_slots(struct hw_plt *t, Elf_Scn *scn, size_t *left)
{
	size_t entry_size = gelf_fsize(t->elf, ELF_T_RELA, 1, EV_CURRENT);
	Elf_Data *data = elf_getdata(scn, NULL);
	size_t n = data && entry_size ? data->d_size / entry_size : 0;
	GElf_Rela rela;
	int r = 0;

	if (n > *left)
		n = *left;
	*left -= n;
	for (size_t i = 0; i < n && r == 0 && gelf_getrela(data, (int)i, &rela); i++)
		r = add_slot(t, &rela);
	return r;
}

static int compare_slots(const void *a, const void *b)
{
	const struct plt_slot *x = a, *y = b;

	return (x->vaddr > y->vaddr) - (x->vaddr < y->vaddr);
}

static int read_slots(struct hw_plt *t)
{
	size_t left = RELOCATIONS_MAX;
	Elf_Scn *scn = NULL;
	GElf_Shdr shdr;

	if (t->slots_were_read)
		return 0;
	t->n_slots = 0;
	while ((scn = elf_nextscn(t->elf, scn))) {
		int r;

		if (!gelf_getshdr(scn, &shdr) || shdr.sh_type != SHT_RELA ||
		    !(shdr.sh_flags & SHF_ALLOC))
			continue;
		r = add_slots(t, scn, &left);
		if (r < 0)
			return r;
	}
	if (t->n_slots)
		qsort(t->slots, t->n_slots, sizeof(*t->slots), compare_slots);
	t->slots_were_read = true;
	return 0;
}

/* The name of what @slot leads to as the file says it, or NULL. */
static int target_name(struct hw_plt *t, const struct plt_slot *slot, const char **ret)
{
	uint64_t start;
	GElf_Sym sym;

	if (slot->is_indirect)
		return hw_symtab_find(t->functions, slot->target, ret, &start);
	if (!gelf_getsym(t->symbols, (int)slot->target, &sym))
		return 0;
	*ret = elf_strptr(t->elf, t->strings, sym.st_name);
	return *ret && **ret;
}

/* Settles the name of @slot at its first use: 1, 0 when it has none, or -ENOMEM. */
static int name_slot(struct hw_plt *t, struct plt_slot *slot)
{
	char readable[HW_DEMANGLED_SIZE];
	const char *name;
	int r;

	if (slot->name)
		return 1;
	r = target_name(t, slot, &name);
	if (r <= 0)
		return r;
	if (hw_demangle(name, readable))
		name = readable;
	slot->name = hw_text("%.*s@plt", HW_DEMANGLED_SIZE - 1, name);
	return slot->name ? 1 : -ENOMEM;
}

int hw_plt_find(struct hw_plt *t, uint64_t vaddr, const char **ret_name, uint64_t *ret_start)
{
	const struct hw_arch_table *table = NULL;
	struct plt_slot key, *slot;
	uint64_t start;
	int r;

	for (int i = 0; i < N_TABLES && !table; i++)
		if (vaddr - t->tables[i].start < t->tables[i].size)
			table = &t->tables[i];
	if (!table || !t->arch->stub_at(table, vaddr, &start, &key.vaddr))
		return 0;
	r = read_slots(t);
	if (r < 0)
		return r;
	slot = t->n_slots ? bsearch(&key, t->slots, t->n_slots, sizeof(key), compare_slots) : NULL;
	r = slot ? name_slot(t, slot) : 0;
	if (r <= 0)
		return r;
	*ret_name = slot->name;
	*ret_start = start;
	return 1;
}
