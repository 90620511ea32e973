/* SPDX-License-Identifier: Apache-2.0 */
#include "bound/traits.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>

_Static_assert(HW_TRAITS <= 16, "a set of traits has 16 bits");

/* Whose names a rule is about. */
enum subject { KERNEL, NATIVE, CPYTHON, PYTHON_FILE };

static const struct rule {
	enum subject subject;
	const char *pattern; /* fnmatch(3) */
	enum hw_trait trait;
} rules[] = {
	/* CPython 3.8 to 3.14, Modules/gcmodule.c and Python/gc.c */
	{ CPYTHON, "gc_collect*", HW_TRAIT_COLLECTOR },
	{ CPYTHON, "_PyGC_Run*", HW_TRAIT_COLLECTOR },
	{ CPYTHON, "collect_with_callback", HW_TRAIT_COLLECTOR },
	{ CPYTHON, "deduce_unreachable", HW_TRAIT_COLLECTOR },
	{ CPYTHON, "visit_decref", HW_TRAIT_COLLECTOR },
	{ CPYTHON, "visit_reachable", HW_TRAIT_COLLECTOR },
	/* Objects/listobject.c */
	{ CPYTHON, "list_resize", HW_TRAIT_LIST },
	{ CPYTHON, "list_append*", HW_TRAIT_LIST },
	{ CPYTHON, "list_extend*", HW_TRAIT_LIST },
	{ CPYTHON, "PyList_Append", HW_TRAIT_LIST },
	{ CPYTHON, "_PyList_AppendTakeRef*", HW_TRAIT_LIST },
	{ CPYTHON, "_PyList_Extend", HW_TRAIT_LIST },
	/* Lib/importlib, frozen into the interpreter */
	{ PYTHON_FILE, "<frozen importlib*", HW_TRAIT_IMPORT },
	/* fs/sync.c, and the C library's names where there is no kernel stack */
	{ KERNEL, "do_fsync", HW_TRAIT_SYNC },
	{ KERNEL, "vfs_fsync*", HW_TRAIT_SYNC },
	{ KERNEL, "ksys_sync*", HW_TRAIT_SYNC },
	{ KERNEL, "__*_sys_msync", HW_TRAIT_SYNC },
	{ NATIVE, "fsync", HW_TRAIT_SYNC },
	{ NATIVE, "__libc_fsync", HW_TRAIT_SYNC },
	{ NATIVE, "fdatasync", HW_TRAIT_SYNC },
	{ NATIVE, "msync", HW_TRAIT_SYNC },
	/* net/socket.c, the C library, OpenSSL */
	{ KERNEL, "__sys_connect*", HW_TRAIT_CONNECT },
	{ NATIVE, "connect", HW_TRAIT_CONNECT },
	{ NATIVE, "__libc_connect", HW_TRAIT_CONNECT },
	{ NATIVE, "getaddrinfo", HW_TRAIT_CONNECT },
	{ NATIVE, "SSL_do_handshake", HW_TRAIT_CONNECT },
	/* fs/open.c, fs/namei.c, fs/stat.c, fs/readdir.c */
	{ KERNEL, "do_sys_open*", HW_TRAIT_NAMES },
	{ KERNEL, "vfs_stat*", HW_TRAIT_NAMES },
	{ KERNEL, "vfs_fstatat", HW_TRAIT_NAMES },
	{ KERNEL, "do_unlinkat", HW_TRAIT_NAMES },
	{ KERNEL, "do_renameat2", HW_TRAIT_NAMES },
	{ KERNEL, "do_mkdirat", HW_TRAIT_NAMES },
	{ KERNEL, "iterate_dir", HW_TRAIT_NAMES },
	/* mm/mmap.c, mm/madvise.c */
	{ KERNEL, "vm_mmap_pgoff", HW_TRAIT_MAP },
	{ KERNEL, "__vm_munmap", HW_TRAIT_MAP },
	{ KERNEL, "__*_sys_brk", HW_TRAIT_MAP },
	{ KERNEL, "do_madvise*", HW_TRAIT_MAP },
	/* kernel/fork.c, fs/exec.c, kernel/exit.c */
	{ KERNEL, "kernel_clone", HW_TRAIT_SPAWN },
	{ KERNEL, "do_execveat_common*", HW_TRAIT_SPAWN },
	{ KERNEL, "do_exit", HW_TRAIT_SPAWN },
	/* kernel/sched/syscalls.c */
	{ KERNEL, "do_sched_yield", HW_TRAIT_YIELD },
	{ KERNEL, "__*_sys_sched_yield", HW_TRAIT_YIELD },
};

static bool is_about(const struct rule *rule, const struct hw_frame *f)
{
	switch (rule->subject) {
	case KERNEL:
		return f->kind == HW_FRAME_KERNEL;
	case NATIVE:
		return f->kind == HW_FRAME_NATIVE && !(f->flags & HW_FRAME_INTERPRETER);
	case CPYTHON:
		return f->kind == HW_FRAME_NATIVE && f->flags & HW_FRAME_INTERPRETER;
	case PYTHON_FILE:
		return f->kind == HW_FRAME_PYTHON;
	}
	return false;
}

static uint16_t traits_of_frame(const struct hw_profile *p, const struct hw_frame *f)
{
	const char *text = hw_profile_str(p, f->kind == HW_FRAME_PYTHON ? f->file : f->name);
	uint16_t traits = 0;

	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		if (is_about(&rules[i], f) && fnmatch(rules[i].pattern, text, 0) == 0)
			traits |= (uint16_t)HW_TRAIT_BIT(rules[i].trait);
	return traits;
}

/* Whether the innermost frame outside the kernel is the interpreter's. A Python frame at the leaf
 * is as well: it is all that is left of it where native frames were not walked. */
static bool is_interpreter(const struct hw_profile *p, const uint32_t *frames, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct hw_frame *f = hw_profile_get_frame(p, frames[i]);

		if (f->kind != HW_FRAME_KERNEL)
			return f->kind == HW_FRAME_PYTHON || f->flags & HW_FRAME_INTERPRETER;
	}
	return false;
}

int hw_traits_of_stacks(const struct hw_profile *p, uint16_t **ret)
{
	uint32_t n_frames = hw_intern_count(p->frames), n_stacks = hw_intern_count(p->stacks);
	hw_autofree uint16_t *of_frame = calloc(n_frames + 1ul, sizeof(*of_frame));
	hw_autofree uint16_t *traits = calloc(n_stacks + 1ul, sizeof(*traits));

	if (!of_frame || !traits)
		return -ENOMEM;
	for (uint32_t i = 0; i < n_frames; i++)
		of_frame[i] = traits_of_frame(p, hw_profile_get_frame(p, i));
	for (uint32_t i = 0; i < n_stacks; i++) {
		size_t n;
		const uint32_t *frames = hw_profile_get_stack(p, i, &n);

		for (size_t j = 0; j < n; j++)
			traits[i] |= of_frame[frames[j]];
		if (is_interpreter(p, frames, n))
			traits[i] |= (uint16_t)HW_TRAIT_BIT(HW_TRAIT_INTERPRETER);
	}
	*ret = hw_take_ptr(traits);
	return 0;
}
