/* SPDX-License-Identifier: Apache-2.0
 * Finds what was split off a program: its separate debug file, the small symbol table that Fedora
 * packs into the program, what dwz(1) moved to a third file. Private to lib/sym. (libdwfl would do
 * it, but inflates every debug section before the first symbol is read, and asks servers whenever
 * it is asked at all.) */
#ifndef HW_SYM_DEBUG_FILE_H
#define HW_SYM_DEBUG_FILE_H

#include "sym/debuginfod.h"
#include "sym/elf_file.h"

/* Opens the debug file of the program @elf, called @name, as GDB looks for it: by build-id below
 * /usr/lib/debug/.build-id, then by the name in .gnu_debuglink in its folder, in .debug there and
 * in that folder below /usr/lib/debug; each first below @root ("/proc/PID/root", "" for none). A
 * file counts when its build-id is the same, or, where the program has none, when the checksum in
 * the link is right. Returns 0 and fills *ret, or -ENOENT. */
int hw_debug_file_find(Elf *elf, const char *name, const char *root, struct hw_elf_file *ret);

/* The same from servers, by build-id: 0, or an error of hw_debuginfod_find() or
 * hw_elf_file_open(). */
int hw_debug_file_fetch(Elf *elf, struct hw_debuginfod *servers, struct hw_elf_file *ret);

/* Opens the file of what @debug shares with others by its .gnu_debugaltlink (dwz -m): by build-id
 * as above, or beside @debug. Returns 0 and fills *ret; 1 when @debug names none or it is not
 * there; -EBADMSG when it must not be read. */
int hw_debug_file_common(const struct hw_elf_file *debug, struct hw_elf_file *ret);

/* Unpacks .gnu_debugdata of @elf, an xz file with an ELF file of symbols for what .dynsym lacks:
 * 0 and fills *ret, -ENOENT without such a section, -EBADMSG, -EFBIG past 64 MiB, -ENOMEM. */
int hw_debug_file_mini(Elf *elf, struct hw_elf_file *ret);

/* Whether the debug sections of @elf may be given to libdw, which inflates every compressed one at
 * once. The old form (.zdebug_info, not written since binutils 2.26) is not read. */
bool hw_debug_file_readable(Elf *elf);

#endif
