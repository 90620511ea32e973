/* SPDX-License-Identifier: Apache-2.0
 * Lets libFuzzer change an ELF file mostly inside of its headers or one of its sections. A change
 * anywhere would mostly move what they lead to, of which nothing is then read. */
#ifndef HW_TESTS_ELF_MUTATOR_H
#define HW_TESTS_ELF_MUTATOR_H

#include <elf.h>

#include "fuzz.h"

/* libFuzzer's interface. */
size_t LLVMFuzzerMutate(uint8_t *bytes, size_t size, size_t max_size);
size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t size, size_t max_size, unsigned int seed);

/* Finds section number @number, modulo how many there are: its bytes, or NULL. The first one, which
 * has none, stands for the headers at the start of the file. */
static uint8_t *section_bytes(uint8_t *bytes, size_t size, unsigned int number, size_t *ret_size)
{
	Elf64_Ehdr ehdr;
	Elf64_Shdr shdr;
	size_t at;

	if (size < sizeof(ehdr) || memcmp(bytes, ELFMAG, SELFMAG))
		return NULL;
	memcpy(&ehdr, bytes, sizeof(ehdr));
	if (!ehdr.e_shnum || ehdr.e_shoff > size)
		return NULL;
	at = ehdr.e_shoff + number % ehdr.e_shnum * sizeof(shdr);
	if (at > size - sizeof(shdr))
		return NULL;
	if (number % ehdr.e_shnum == 0) {
		*ret_size = sizeof(ehdr) + ehdr.e_phnum * sizeof(Elf64_Phdr);
		return *ret_size <= size ? bytes : NULL;
	}
	memcpy(&shdr, bytes + at, sizeof(shdr));
	if (shdr.sh_type == SHT_NOBITS || !shdr.sh_size || shdr.sh_offset > size ||
	    shdr.sh_size > size - shdr.sh_offset)
		return NULL;
	*ret_size = shdr.sh_size;
	return bytes + shdr.sh_offset;
}

size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t size, size_t max_size, unsigned int seed)
{
	size_t section_size;
	uint8_t *section = seed % 4 ? section_bytes(bytes, size, seed / 4, &section_size) : NULL;

	if (!section)
		return LLVMFuzzerMutate(bytes, size, max_size);
	LLVMFuzzerMutate(section, section_size, section_size);
	return size;
}

#endif
