/* SPDX-License-Identifier: Apache-2.0
 * Runs code out of ELF files that are broken: hostile_elf SECONDS LIBRARY FILE writes copies of
 * LIBRARY to FILE, in each of which something else is damaged, puts a loop into its code, maps
 * that and runs it. main > enter > the loop. */
#include <elf.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "native.h"

typedef void code_fn(uint64_t rounds);

struct copy {
	unsigned char *data;
	size_t size, keep; /* bytes of the file to write; bytes that stay when it is cut later */
	size_t code_page;  /* offset of the page with the loop */
	size_t code;	   /* offset of the loop */
};

static uint64_t random_next(void)
{
	static uint64_t x = 88172645463325252U;

	x ^= x << 13;
	x ^= x >> 7;
	return x ^= x << 17;
}

#ifdef __x86_64__
static const unsigned char machine_code[] = {
	0x48, 0xff, 0xcf, /* dec %rdi */
	0x75, 0xfb,	  /* jnz to the dec */
	0xc3,		  /* ret */
};
#else
static const unsigned char machine_code[] = { 0 };
#endif

static void noise(struct copy *c, size_t offset, size_t size, int one_in)
{
	for (size_t i = offset; i < offset + size && i < c->size; i++)
		if (!(random_next() % (uint64_t)one_in))
			c->data[i] = (unsigned char)random_next();
}

/* Noise in the sections of this type, or in those of this name. */
static void damage_sections(struct copy *c, const char *name, unsigned int type, int one_in)
{
	Elf64_Ehdr *e = (void *)c->data;
	Elf64_Shdr *s = (void *)(c->data + e->e_shoff);
	const char *names = (char *)c->data + s[e->e_shstrndx].sh_offset;

	for (int i = 0; i < e->e_shnum; i++)
		if (name ? !strcmp(names + s[i].sh_name, name) : s[i].sh_type == type)
			noise(c, s[i].sh_offset, s[i].sh_size, one_in);
}

static void damage(struct copy *c, int turn)
{
	Elf64_Ehdr *e = (void *)c->data;
	int one_in = 1 << turn / 14 % 6;

	switch (turn % 14) {
	case 0: noise(c, 16, sizeof(*e) - 16, one_in); break;
	case 1: noise(c, e->e_phoff, e->e_phnum * sizeof(Elf64_Phdr), one_in * 8); break;
	case 2: noise(c, e->e_shoff, e->e_shnum * sizeof(Elf64_Shdr), one_in * 8); break;
	case 3: damage_sections(c, ".eh_frame", 0, one_in); break;
	case 4: damage_sections(c, ".eh_frame_hdr", 0, one_in); break;
	case 5: damage_sections(c, NULL, SHT_SYMTAB, one_in); break;
	case 6: damage_sections(c, NULL, SHT_STRTAB, one_in); break;
	case 7: damage_sections(c, NULL, SHT_NOTE, one_in); break;
	case 8: e->e_shoff = random_next(); break;
	case 9: e->e_phnum = e->e_shnum = 0xffff; break;
	case 10: c->size = c->code_page + 4096; break;
	case 11: c->size = c->code + sizeof(machine_code); break;
	case 12: memset(c->data, 0, c->code_page); break;
	default: c->keep = c->code_page + 4096; break;
	}
}

static int read_library(const char *path, struct copy *ret)
{
	struct copy c = { 0 };
	FILE *f = fopen(path, "r");
	Elf64_Ehdr *e;

	if (!f)
		return -1;
	c.data = malloc(1 << 20);
	c.size = c.data ? fread(c.data, 1, 1 << 20, f) : 0;
	fclose(f);
	e = (void *)c.data;
	for (int i = 0; c.size && i < e->e_phnum; i++) {
		Elf64_Phdr *p = (Elf64_Phdr *)(c.data + e->e_phoff) + i;

		if (p->p_type == PT_LOAD && p->p_flags & PF_X) {
			c.code = p->p_offset + p->p_filesz / 2;
			c.code_page = c.code & ~(size_t)4095;
		}
	}
	*ret = c;
	return c.code_page && c.code - c.code_page < 4000 ? 0 : -1;
}

KEEP void enter(code_fn *code)
{
	for (int i = 0; i < 20; i++)
		code(1000000);
}

/* Writes the copy to a file of its own (its predecessor may still be read), and runs its code. */
static int run(const struct copy *c, const char *path)
{
	char *page;
	int fd;

	unlink(path);
	fd = open(path, O_RDWR | O_CREAT | O_EXCL, 0700);
	if (fd < 0 || write(fd, c->data, c->size) != (ssize_t)c->size)
		return -1;
	page = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, (off_t)c->code_page);
	if (page == MAP_FAILED)
		return -1;
	enter((code_fn *)(page + c->code - c->code_page));
	if (c->keep && ftruncate(fd, (off_t)c->keep)) /* whoever has mapped the whole file beware */
		return -1;
	enter((code_fn *)(page + c->code - c->code_page));
	munmap(page, 4096);
	return close(fd);
}

int main(int argc, char **argv)
{
	double end = cpu_seconds() + seconds_wanted(argc, argv);
	struct copy c;
	int r = 0;

	if (argc < 4 || read_library(argv[2], &c) || sizeof(machine_code) < 2)
		return 2;
	for (int turn = 0; !r && cpu_seconds() < end; turn++) {
		struct copy broken = c;

		broken.data = malloc(c.size);
		if (!broken.data)
			return 1;
		memcpy(broken.data, c.data, c.size);
		memcpy(broken.data + c.code, machine_code, sizeof(machine_code));
		damage(&broken, turn);
		r = run(&broken, argv[3]);
		free(broken.data);
	}
	unlink(argv[3]);
	return r != 0;
}
