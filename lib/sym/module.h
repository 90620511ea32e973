/* SPDX-License-Identifier: Apache-2.0
 * One ELF file on disk: its build-id, segments, sections, symbols and lines. lib/sym is the only
 * user of elfutils. A module knows nothing of processes: "vaddr" is an address as linked, and the
 * address in a process is vaddr + bias, where bias = mapping start - vaddr of its file offset.
 * One thread at a time per module, but for what its opening has read, which any may ask for:
 * hw_module_name(), _build_id(), _file(), _stat(), _fd(), _base(), _text(), _vaddr(), _read(),
 * _follows_call(). */
#ifndef HW_SYM_MODULE_H
#define HW_SYM_MODULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "sym/symbol.h"

struct hw_module; /* opaque */
struct hw_debuginfod;

/* Opens the ELF file @path (it may lead through /proc/PID/root or /proc/PID/map_files); @name is
 * what people call it and where separate debug files are looked for, also in the folder that
 * stands for "/" when @path ends in @name ("/proc/PID/root/usr/bin/x"). Symbols and lines are read
 * at their first use; file names are as the compiler wrote them, often relative. The file stays
 * mapped and open, a separate debug file and what that shares with others too: three descriptors.
 * One that its owner cuts meanwhile raises SIGBUS, as it does in the programs that run it.
 * Returns 0 and sets *ret (free with hw_module_free()), or
 *   -ENOENT, -EACCES ...  it cannot be opened	-EFBIG  over 4 GiB
 *   -EBADMSG  not an ELF program or library, or a broken one	-ENOMEM */
int hw_module_open(const char *path, const char *name, struct hw_module **ret);

/* The same for a copy of @size bytes that lie in memory, 64 MiB at the most: errors as above. */
int hw_module_open_memory(const void *bytes, size_t size, const char *name, struct hw_module **ret);

/* The vDSO that the kernel maps into this process, and, the same, into each other of its word size:
 * code of clock_gettime(2) and such, called "[vdso]"; file offset 0 is where it is mapped.
 * -ENOENT when there is none, or an error of hw_maps_read() or hw_module_open(). */
int hw_module_open_vdso(struct hw_module **ret);

/* Another handle of the file of @m, which must outlive it, for another thread: of @m nothing is used
 * but what its opening has read. Symbols, lines and debug files are the new handle's own. Returns 0
 * and sets *ret, or -EBADMSG when the file has been cut since, -ENOMEM. */
int hw_module_again(const struct hw_module *m, struct hw_module **ret);

struct hw_module *hw_module_free(struct hw_module *m);
HW_DEFINE_AUTO(struct hw_module *, hw_module_free)

/* From now on hw_module_find() and hw_module_inlines() may ask @servers, once, for a debug file
 * that is not on this machine. Borrowed; must outlive @m. */
void hw_module_set_debuginfod(struct hw_module *m, struct hw_debuginfod *servers);

/* The @name given to hw_module_open(). */
const char *hw_module_name(const struct hw_module *m);

/* GNU build-id in lower-case hexadecimal, "" when the file has none. */
const char *hw_module_build_id(const struct hw_module *m);

/* The file by which the kernel knows it: device (major << 20 | minor) and inode. False when it came
 * from no file. */
bool hw_module_file(const struct hw_module *m, uint32_t *ret_dev, uint64_t *ret_inode);

/* What fstat(2) said of the file when it was opened. False when it came from no file. */
bool hw_module_stat(const struct hw_module *m, struct stat *ret);

/* A descriptor of the file, owned by @m; -1 without one. */
int hw_module_fd(const struct hw_module *m);

/* The lowest vaddr of its segments: 0 but in programs linked to a fixed address. */
uint64_t hw_module_base(const struct hw_module *m);

/* Its first executable segment: 0, or -ENOENT. */
int hw_module_text(const struct hw_module *m, uint64_t *ret_file_off, uint64_t *ret_vaddr);

/* The vaddr of byte @file_off by the PT_LOAD segments: 0, or -ENOENT when none holds it. Where
 * segments share a page of the file, an executable one is meant, as by an executable mapping. */
int hw_module_vaddr(const struct hw_module *m, uint64_t file_off, uint64_t *ret_vaddr);

/* Finds section @section (".PyRuntime"): 0, or -ENOENT. */
int hw_module_section(const struct hw_module *m, const char *section, uint64_t *ret_vaddr,
		      uint64_t *ret_size);

/* Finds the defined data or function symbol @symbol in .dynsym or .symtab: 0, or -ENOENT. */
int hw_module_lookup(struct hw_module *m, const char *symbol, uint64_t *ret_vaddr,
		     uint64_t *ret_size);

/* The same for what the file offers to others, by .dynsym alone: cheap enough to ask every file. */
int hw_module_export(const struct hw_module *m, const char *symbol, uint64_t *ret_vaddr,
		     uint64_t *ret_size);

/* Copies @size bytes at @vaddr from the file (initialized data and code; a part that is .bss is
 * zero): 0, or -EFAULT when a byte lies in no segment. */
int hw_module_read(const struct hw_module *m, uint64_t vaddr, void *buf, size_t size);

/* Whether the instruction before the return address @vaddr can be a call. What stands on a stack may
 * be any old word. */
bool hw_module_follows_call(const struct hw_module *m, uint64_t vaddr);

/* Looks up the function and line of the instruction at @vaddr. For a return address pass
 * vaddr - 1: a call may be the last instruction of its function. C++ and Rust names come
 * demangled, without parameters; a stub through which another file is called (on x86-64) is that
 * function's name and "@plt". Returns 1 when a named function covers it, 0 when none does, or
 * -ENOMEM. For 0 *ret is filled too: the name is "[unknown]"; the start is that of the nameless
 * function when unwind rules show it, else 0. The strings live as long as the module. */
int hw_module_find(struct hw_module *m, uint64_t vaddr, struct hw_symbol *ret);

/* Inlined calls shown of one address at the most. */
#define HW_INLINES_MAX 64

/* The same with the functions that the compiler inlined there, innermost first; the last one is
 * what hw_module_find() gives. File and line are of the instruction in the first, of the call of
 * the one before in the others; all have the start of the last. @max is at least 1; of more than
 * @max the innermost are left out. Returns how many, at least 1, or -ENOMEM. */
int hw_module_inlines(struct hw_module *m, uint64_t vaddr, struct hw_symbol *ret, size_t max);

#endif
