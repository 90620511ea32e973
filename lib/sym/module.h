/* SPDX-License-Identifier: Apache-2.0
 * One ELF file on disk: its build-id, segments, sections, symbols and lines. lib/sym is the only
 * user of elfutils. A module knows nothing of processes: "vaddr" is an address as linked, and the
 * address in a process is vaddr + bias, where bias = mapping start - vaddr of its file offset.
 * One thread at a time per module. */
#ifndef HW_SYM_MODULE_H
#define HW_SYM_MODULE_H

#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "sym/symbol.h"

struct hw_module; /* opaque */

/* Opens the ELF file @path (it may lead through /proc/PID/root or /proc/PID/map_files); @name is
 * what people call it and where separate debug files are looked for (locally: no server is
 * asked). Symbols and lines are read at their first use; file names are as the compiler wrote them,
 * often relative. The file stays mapped and open, a separate debug file too: two descriptors. One
 * that its owner cuts meanwhile raises SIGBUS, as it does in the programs that run it.
 * Returns 0 and sets *ret (free with hw_module_free()), or
 *   -ENOENT, -EACCES ...  it cannot be opened	-EFBIG  over 4 GiB
 *   -EBADMSG  not an ELF program or library, or a broken one	-ENOMEM */
int hw_module_open(const char *path, const char *name, struct hw_module **ret);
struct hw_module *hw_module_free(struct hw_module *m);
HW_DEFINE_AUTO(struct hw_module *, hw_module_free)

/* The @name given to hw_module_open(). */
const char *hw_module_name(const struct hw_module *m);

/* GNU build-id in lower-case hexadecimal, "" when the file has none. */
const char *hw_module_build_id(const struct hw_module *m);

/* The vaddr of byte @file_off by the PT_LOAD segments: 0, or -ENOENT when none holds it. Where
 * segments share a page of the file, an executable one is meant, as by an executable mapping. */
int hw_module_vaddr(const struct hw_module *m, uint64_t file_off, uint64_t *ret_vaddr);

/* Finds section @section (".PyRuntime"): 0, or -ENOENT. */
int hw_module_section(const struct hw_module *m, const char *section, uint64_t *ret_vaddr,
		      uint64_t *ret_size);

/* Finds the defined data or function symbol @symbol in .dynsym or .symtab: 0, or -ENOENT. */
int hw_module_lookup(struct hw_module *m, const char *symbol, uint64_t *ret_vaddr,
		     uint64_t *ret_size);

/* Copies @size bytes at @vaddr from the file (initialized data and code; a part that is .bss is
 * zero): 0, or -EFAULT when a byte lies in no segment. */
int hw_module_read(const struct hw_module *m, uint64_t vaddr, void *buf, size_t size);

/* Looks up the function and line of the instruction at @vaddr. For a return address pass
 * vaddr - 1: a call may be the last instruction of its function. C++ and Rust names come
 * demangled, without parameters. Returns 1 when a named function covers it, 0 when none does, or
 * -ENOMEM. For 0 *ret is filled too: the name is "[unknown]"; the start is that of the nameless
 * function when unwind rules show it, else 0. The strings live as long as the module. */
int hw_module_find(struct hw_module *m, uint64_t vaddr, struct hw_symbol *ret);

#endif
