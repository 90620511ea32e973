/* SPDX-License-Identifier: Apache-2.0 */
#include "sym/elf_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#define FILE_MAX_BYTES (4ull << 30)

/* Checks what elf_begin(3) or elf_memory(3) made for *@f. */
static int take_elf(struct hw_elf_file *f, struct hw_elf_file *ret)
{
	int r = f->elf && elf_kind(f->elf) == ELF_K_ELF ? 0 : -EBADMSG;

	if (r < 0)
		hw_elf_file_done(f);
	else
		*ret = *f;
	return r;
}

static int check_regular(int fd)
{
	struct stat st;

	if (fstat(fd, &st))
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EBADMSG;
	return (uint64_t)st.st_size > FILE_MAX_BYTES ? -EFBIG : 0;
}

int hw_elf_file_adopt(int fd, struct hw_elf_file *ret)
{
	struct hw_elf_file f = { .fd = fd };
	int r = check_regular(fd);

	if (r < 0) {
		hw_elf_file_done(&f);
		return r;
	}
	elf_version(EV_CURRENT);
	f.elf = elf_begin(fd, ELF_C_READ_MMAP_PRIVATE, NULL);
	return take_elf(&f, ret);
}

int hw_elf_file_open(const char *path, struct hw_elf_file *ret)
{
	/* A FIFO must not block us. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	return fd < 0 ? -errno : hw_elf_file_adopt(fd, ret);
}

int hw_elf_file_memory(void *bytes, size_t size, struct hw_elf_file *ret)
{
	struct hw_elf_file f = { .copy = bytes, .fd = -1 };

	elf_version(EV_CURRENT);
	f.elf = elf_memory(bytes, size);
	return take_elf(&f, ret);
}

int hw_elf_file_again(const struct hw_elf_file *f, struct hw_elf_file *ret)
{
	struct hw_elf_file again = HW_ELF_FILE_NONE;
	const char *bytes;
	void *copy;
	size_t size;

	if (f->fd >= 0) {
		again.elf = elf_begin(f->fd, ELF_C_READ_MMAP_PRIVATE, NULL); /* the descriptor stays @f's */
		return take_elf(&again, ret);
	}
	bytes = elf_rawfile(f->elf, &size);
	copy = bytes ? malloc(size + 1) : NULL; /* never NULL for 0 bytes */
	if (!copy)
		return -ENOMEM;
	memcpy(copy, bytes, size);
	return hw_elf_file_memory(copy, size, ret);
}

void hw_elf_file_done(struct hw_elf_file *f)
{
	elf_end(f->elf);
	free(f->copy);
	if (f->fd >= 0)
		close(f->fd);
	*f = HW_ELF_FILE_NONE;
}

const char *hw_elf_section_name(Elf *elf, Elf_Scn *scn, GElf_Shdr *ret)
{
	size_t names;

	if (!gelf_getshdr(scn, ret) || elf_getshdrstrndx(elf, &names))
		return NULL;
	return elf_strptr(elf, names, ret->sh_name);
}

Elf_Scn *hw_elf_section(Elf *elf, const char *name, GElf_Shdr *ret)
{
	Elf_Scn *scn = NULL;

	while ((scn = elf_nextscn(elf, scn))) {
		const char *have = hw_elf_section_name(elf, scn, ret);

		if (have && !strcmp(have, name))
			return scn;
	}
	return NULL;
}

uint64_t hw_elf_base(Elf *elf)
{
	GElf_Phdr phdr;
	size_t n;

	if (elf_getphdrnum(elf, &n))
		return 0;
	for (size_t i = 0; i < n && gelf_getphdr(elf, (int)i, &phdr); i++)
		if (phdr.p_type == PT_LOAD)
			return phdr.p_align > 1 ? phdr.p_vaddr & -phdr.p_align : phdr.p_vaddr;
	return 0;
}
