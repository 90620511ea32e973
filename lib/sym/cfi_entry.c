/* SPDX-License-Identifier: Apache-2.0 */
#include "sym/cfi_entry.h"

#include <dwarf.h>
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* Far more than any compiler writes. */
#define REGISTERS_MAX	     256
#define REMEMBERED_MAX	     64
#define EXPRESSION_MAX_BYTES 64
#define CIE_MAX_BYTES	     4096
#define FDE_MAX_BYTES	     (1u << 20)
#define SECTION_MAX_BYTES    (1ull << 28)

/* Bytes not read yet. Reading beyond the end gives zeros and sets is_broken. */
struct cfi_cursor {
	const uint8_t *at, *end;
	bool is_broken;
};

static const uint8_t *take_bytes(struct cfi_cursor *c, uint64_t n)
{
	const uint8_t *p = c->at;

	if (n > (uint64_t)(c->end - c->at)) {
		c->is_broken = true;
		return NULL;
	}
	c->at += n;
	return p;
}

static uint64_t take_fixed(struct cfi_cursor *c, size_t size)
{
	const uint8_t *p = take_bytes(c, size);
	uint64_t value = 0;

	if (p)
		memcpy(&value, p, size); /* both machines are little-endian, as are we */
	return value;
}

/* A signed one is only passed over: its value is of no use here. */
static uint64_t take_leb(struct cfi_cursor *c)
{
	uint64_t value = 0;

	for (unsigned int shift = 0; shift < 70; shift += 7) {
		uint64_t byte = take_fixed(c, 1);

		value |= shift < 64 ? (byte & 0x7f) << shift : 0;
		if (!(byte & 0x80))
			return value;
	}
	c->is_broken = true;
	return 0;
}

/* The size of a pointer of @encoding (Linux Standard Base Core 5.0 section 10.5.1); 0: not one of
 * fixed size. */
static size_t pointer_size(uint8_t encoding)
{
	switch (encoding & 0x07) {
	case DW_EH_PE_absptr:
	case DW_EH_PE_udata8:
		return 8;
	case DW_EH_PE_udata4:
		return 4;
	case DW_EH_PE_udata2:
		return 2;
	default:
		return 0;
	}
}

static uint64_t take_pointer(struct cfi_cursor *c, uint8_t encoding)
{
	size_t size = pointer_size(encoding);
	uint64_t value = take_fixed(c, size);

	if (encoding & DW_EH_PE_signed && size == 4)
		return (uint64_t)(int64_t)(int32_t)value;
	if (encoding & DW_EH_PE_signed && size == 2)
		return (uint64_t)(int64_t)(int16_t)value;
	return value;
}

/* The operands of each instruction (DWARF 5 section 6.4.2): r register, n number in LEB128, e
 * block with an expression, p encoded address, digits bytes. */
static const char *const operands[DW_CFA_high_user + 1] = {
	[DW_CFA_nop] = "",
	[DW_CFA_set_loc] = "p",
	[DW_CFA_advance_loc1] = "1",
	[DW_CFA_advance_loc2] = "2",
	[DW_CFA_advance_loc4] = "4",
	[DW_CFA_offset_extended] = "rn",
	[DW_CFA_restore_extended] = "r",
	[DW_CFA_undefined] = "r",
	[DW_CFA_same_value] = "r",
	[DW_CFA_register] = "rr",
	[DW_CFA_remember_state] = "",
	[DW_CFA_restore_state] = "",
	[DW_CFA_def_cfa] = "rn",
	[DW_CFA_def_cfa_register] = "r",
	[DW_CFA_def_cfa_offset] = "n",
	[DW_CFA_def_cfa_expression] = "e",
	[DW_CFA_expression] = "re",
	[DW_CFA_offset_extended_sf] = "rn",
	[DW_CFA_def_cfa_sf] = "rn",
	[DW_CFA_def_cfa_offset_sf] = "n",
	[DW_CFA_val_offset] = "rn",
	[DW_CFA_val_offset_sf] = "rn",
	[DW_CFA_val_expression] = "re",
	[DW_CFA_GNU_window_save] = "", /* aarch64: the return address is signed from here on */
	[DW_CFA_GNU_args_size] = "n",
	[DW_CFA_GNU_negative_offset_extended] = "rn",
};

static bool is_bounded_operand(struct cfi_cursor *c, char kind, uint8_t encoding)
{
	uint64_t size;

	switch (kind) {
	case 'r':
		return take_leb(c) < REGISTERS_MAX;
	case 'n':
		take_leb(c);
		return true;
	case 'e':
		size = take_leb(c);
		return size <= EXPRESSION_MAX_BYTES && take_bytes(c, size);
	case 'p':
		return take_bytes(c, pointer_size(encoding));
	default:
		return take_bytes(c, (uint64_t)(kind - '0'));
	}
}

/* Whether libdw may run these instructions. They are not evaluated here. */
static bool is_bounded_program(struct cfi_cursor *c, uint8_t encoding)
{
	unsigned int n_remembered = 0;

	while (c->at < c->end && !c->is_broken) {
		uint8_t op = (uint8_t)take_fixed(c, 1);
		const char *kinds;

		if (op >= DW_CFA_advance_loc) /* the low six bits are an operand */
			kinds = (op & 0xc0) == DW_CFA_offset ? "n" : "";
		else
			kinds = operands[op];
		if (!kinds || (op == DW_CFA_remember_state && ++n_remembered > REMEMBERED_MAX))
			return false;
		if (op == DW_CFA_restore_state && n_remembered)
			n_remembered--;
		for (; *kinds; kinds++)
			if (!is_bounded_operand(c, *kinds, encoding))
				return false;
	}
	return !c->is_broken;
}

/* Reads the augmentation of a CIE: "z", then a letter for each item of its data. "eh", of
 * GCC 2, is unknown here. */
static bool read_augmentation(const Dwarf_CIE *cie, struct hw_cfi_cie *ret)
{
	struct cfi_cursor data = { cie->augmentation_data,
				   cie->augmentation_data + cie->augmentation_data_size, false };
	const char *letter = cie->augmentation;

	ret->has_sized_data = *letter == 'z';
	if (!ret->has_sized_data && *letter)
		return false;
	if (!*letter || !cie->augmentation_data)
		return true;
	while (*++letter) {
		uint8_t encoding;

		switch (*letter) {
		case 'R': /* how addresses are encoded */
			ret->encoding = (uint8_t)take_fixed(&data, 1);
			break;
		case 'L': /* how the pointer to language specific data is */
			take_fixed(&data, 1);
			break;
		case 'P': /* the personality routine */
			encoding = (uint8_t)take_fixed(&data, 1);
			if (!pointer_size(encoding) || (encoding & 0x70) == DW_EH_PE_aligned)
				return false;
			take_bytes(&data, pointer_size(encoding));
			break;
		case 'S': /* signal frames */
		case 'B': /* aarch64: return addresses are signed with the B key */
			break;
		default: /* what follows is unknown, and so is where the encoding is */
			return false;
		}
	}
	return !data.is_broken;
}

static bool is_known_pointer(uint8_t encoding)
{
	uint8_t application = encoding & 0xf0;

	return pointer_size(encoding) && (!application || application == DW_EH_PE_pcrel);
}

static int next_entry(const struct hw_cfi_section *s, Dwarf_Off at, Dwarf_Off *ret_next,
		      Dwarf_CFI_Entry *ret)
{
	const char *e_ident = elf_getident(s->elf, NULL);

	return dwarf_next_cfi((const unsigned char *)e_ident, s->data, s->is_eh_frame, at, ret_next,
			      ret);
}

static struct hw_cfi_cie read_cie(const struct hw_cfi_section *s, Dwarf_Off offset)
{
	struct hw_cfi_cie ret = { .offset = offset, .encoding = DW_EH_PE_absptr };
	Dwarf_CFI_Entry entry;
	struct cfi_cursor program;
	Dwarf_Off next;

	if (next_entry(s, offset, &next, &entry) || !dwarf_cfi_cie_p(&entry) ||
	    !read_augmentation(&entry.cie, &ret))
		return ret;
	program = (struct cfi_cursor){ entry.cie.initial_instructions,
				       entry.cie.initial_instructions_end, false };
	ret.data_size = entry.cie.fde_augmentation_data_size;
	ret.is_usable = is_known_pointer(ret.encoding) &&
			program.end - program.at <= CIE_MAX_BYTES &&
			is_bounded_program(&program, ret.encoding);
	return ret;
}

static int read_fde(struct hw_cfi_section *s, const Dwarf_FDE *entry, struct hw_cfi_fde *ret)
{
	struct cfi_cursor c = { entry->start, entry->end, false };
	uint64_t here = s->vaddr + (uint64_t)(entry->start - (const uint8_t *)s->data->d_buf);
	uint64_t size;

	if (s->cie.offset != entry->CIE_pointer)
		s->cie = read_cie(s, entry->CIE_pointer);
	if (!s->cie.is_usable || c.end - c.at > FDE_MAX_BYTES)
		return -EBADMSG;
	ret->start = take_pointer(&c, s->cie.encoding);
	if (s->cie.encoding & DW_EH_PE_pcrel)
		ret->start += here;
	size = take_pointer(&c, s->cie.encoding & 0x07);
	take_bytes(&c, s->cie.has_sized_data ? take_leb(&c) : s->cie.data_size);
	ret->program_bytes = (size_t)(c.end - c.at);
	if (c.is_broken || __builtin_add_overflow(ret->start, size, &ret->end) ||
	    !is_bounded_program(&c, s->cie.encoding))
		return -EBADMSG;
	return 1;
}

int hw_cfi_section_next(struct hw_cfi_section *s, struct hw_cfi_fde *ret)
{
	while (s->next != (Dwarf_Off)-1) {
		Dwarf_Off at = s->next;
		Dwarf_CFI_Entry entry;
		int r = next_entry(s, at, &s->next, &entry);

		if (r == 1 || s->next <= at) /* the end, or an error with no way around it */
			break;
		if (r == 0 && !dwarf_cfi_cie_p(&entry))
			return read_fde(s, &entry.fde, ret);
	}
	s->next = (Dwarf_Off)-1;
	return 0;
}

/* The section's data as it lies in @elf, or NULL. */
static Elf_Data *find_data(Elf *elf, const char *name, uint64_t *ret_vaddr)
{
	Elf_Scn *scn = NULL;
	GElf_Shdr shdr;
	size_t names;

	if (elf_getshdrstrndx(elf, &names))
		return NULL;
	while ((scn = elf_nextscn(elf, scn))) {
		const char *found =
			gelf_getshdr(scn, &shdr) ? elf_strptr(elf, names, shdr.sh_name) : NULL;
		Elf_Data *data;

		if (!found || strcmp(found, name) || shdr.sh_type == SHT_NOBITS ||
		    shdr.sh_flags & SHF_COMPRESSED)
			continue;
		data = elf_getdata(scn, NULL);
		*ret_vaddr = shdr.sh_addr;
		return data && data->d_buf && data->d_size <= SECTION_MAX_BYTES ? data : NULL;
	}
	return NULL;
}

/* An ELF file of one section. */
struct small_file {
	Elf64_Ehdr ehdr;
	Elf64_Shdr sections[3]; /* none, names, the one */
	char names[32];
	unsigned char data[];
};

static struct small_file *copy_alone(Elf *elf, const char *name, const Elf_Data *data,
				     uint64_t vaddr)
{
	struct small_file *file = calloc(1, sizeof(*file) + data->d_size);
	GElf_Ehdr ehdr;

	if (!file || !gelf_getehdr(elf, &ehdr)) {
		free(file);
		return NULL;
	}
	memcpy(file->ehdr.e_ident, ehdr.e_ident, sizeof(ehdr.e_ident));
	file->ehdr.e_type = ET_DYN;
	file->ehdr.e_machine = ehdr.e_machine;
	file->ehdr.e_version = EV_CURRENT;
	file->ehdr.e_ehsize = sizeof(file->ehdr);
	file->ehdr.e_shoff = offsetof(struct small_file, sections);
	file->ehdr.e_shentsize = sizeof(*file->sections);
	file->ehdr.e_shnum = sizeof(file->sections) / sizeof(*file->sections);
	file->ehdr.e_shstrndx = 1;
	file->sections[1] = (Elf64_Shdr){
		.sh_type = SHT_STRTAB,
		.sh_offset = offsetof(struct small_file, names),
		.sh_size = sizeof(file->names),
	};
	file->sections[2] = (Elf64_Shdr){
		.sh_name = 1,
		.sh_type = SHT_PROGBITS,
		.sh_addr = vaddr,
		.sh_offset = offsetof(struct small_file, data),
		.sh_size = data->d_size,
	};
	strncpy(file->names + 1, name, sizeof(file->names) - 2);
	memcpy(file->data, data->d_buf, data->d_size);
	return file;
}

static int open_copy(struct hw_cfi_section *s, const char *name, size_t size)
{
	s->elf = elf_memory(s->image, sizeof(struct small_file) + size);
	if (!s->elf)
		return -ENOMEM;
	s->data = find_data(s->elf, name, &s->vaddr);
	if (s->is_eh_frame) {
		s->cfi = dwarf_getcfi_elf(s->elf);
	} else {
		s->dwarf = dwarf_begin_elf(s->elf, DWARF_C_READ, NULL);
		s->cfi = s->dwarf ? dwarf_getcfi(s->dwarf) : NULL;
	}
	return s->data && s->cfi ? 0 : -EBADMSG;
}

int hw_cfi_section_open(Elf *elf, const char *name, struct hw_cfi_section *s)
{
	uint64_t vaddr;
	Elf_Data *data = find_data(elf, name, &vaddr);
	int r;

	*s = (struct hw_cfi_section){ 0 };
	if (!data)
		return -ENOENT;
	s->is_eh_frame = !strcmp(name, ".eh_frame");
	s->cie.offset = (Dwarf_Off)-1;
	s->image = copy_alone(elf, name, data, vaddr);
	if (!s->image)
		return -ENOMEM;
	r = open_copy(s, name, data->d_size);
	if (r < 0)
		hw_cfi_section_close(s);
	return r;
}

void hw_cfi_section_close(struct hw_cfi_section *s)
{
	if (s->cfi && s->is_eh_frame)
		dwarf_cfi_end(s->cfi);
	dwarf_end(s->dwarf);
	elf_end(s->elf);
	free(s->image);
	*s = (struct hw_cfi_section){ 0 };
}
