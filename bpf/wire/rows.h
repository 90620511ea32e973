/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
 * Unwind rows, from where in the code on how to get from a frame to its caller, and what of it processes
 * have mapped. User space writes them, the walk in the kernel reads them. */
#ifndef HW_BPF_WIRE_ROWS_H
#define HW_BPF_WIRE_ROWS_H

#include <linux/types.h>

#include "arch.h"

#define HW_PAGE_SIZE 4096

enum hw_cfa_kind {
	HW_CFA_NONE,   /* no rows for this code: a gap between functions */
	HW_CFA_REG,    /* cfa = register + cfa_off */
	HW_CFA_DEREF,  /* cfa = *(register + off) + plus, where cfa_off is HW_DEREF(off, plus) */
	HW_CFA_PLT,    /* x86-64: cfa = rsp + 8 + ((pc & 15) >= cfa_off ? 8 : 0) */
	HW_CFA_SIGNAL, /* the kernel's signal frame: every register lies on the stack */
	HW_CFA_OTHER,  /* an expression that is not evaluated: HW_END_NO_RULE */
};

enum hw_saved_kind {
	HW_SAVED_SAME,	    /* still in its register */
	HW_SAVED_AT_CFA,    /* *(cfa + off) */
	HW_SAVED_AT_FP,	    /* *(frame pointer + off) */
	HW_SAVED_IN_REG,    /* in the register with DWARF number off */
	HW_SAVED_UNDEFINED, /* lost; of the return address: this is the outermost frame */
	HW_SAVED_WITH_BX,   /* of the return address on x86-64: at cfa - 8, and rbx at cfa + off, lost
			     * for HW_BX_LOST, still in its register for HW_BX_SAME; used in all of
			     * a file that has code which finds its cfa by rbx */
	HW_SAVED_OTHER,	    /* takes what is not evaluated: as undefined, but for the return address
			     * HW_END_NO_RULE */
};

#define HW_DEREF(off, plus) ((__s32)((__u32)(plus) << 16 | (__u16)(off))) /* both signed, 16 bits */

#define HW_BX_LOST 0
#define HW_BX_SAME 1

/* Registers have their DWARF numbers (arch.h). */
struct hw_unwind_rule {
	__u8 cfa;     /* enum hw_cfa_kind */
	__u8 cfa_reg; /* DWARF number */
	__u8 fp;      /* enum hw_saved_kind of the frame pointer */
	__u8 ra;      /* enum hw_saved_kind of the return address */
	__s32 cfa_off, fp_off, ra_off; /* bytes, or a register */
};
_Static_assert(sizeof(struct hw_unwind_rule) == 16, "layout of struct hw_unwind_rule");

#define HW_PAGE_ROWS  1020
#define HW_PAGE_RULES 64

/* The rows of one file form a tree of pages. A leaf covers at most 64 KiB of code; row i holds for
 * the code from base + at[i] up to the next row, also across pages; at[0] is 0. Addresses are
 * relative
 * to the file's lowest segment ("rel"; hw_mapping.zero is where rel 0 lies in a process). */
struct hw_rows_page {
	__u32 base;
	__u16 n_rows;
	__u16 reserved;
	__u16 at[HW_PAGE_ROWS];	  /* ascending, each once */
	__u8 rule[HW_PAGE_ROWS];  /* index of rules */
	struct hw_unwind_rule rules[HW_PAGE_RULES];
	__u32 reserved2;
};
_Static_assert(sizeof(struct hw_rows_page) == HW_PAGE_SIZE, "layout of struct hw_rows_page");

#define HW_PAGE_CHILDREN 511

/* An inner page. In a file of the cache a child is the number of a page of that file, in the
 * kernel one of the pool. */
struct hw_rows_dir {
	__u32 n;
	__u32 reserved;
	__u32 at[HW_PAGE_CHILDREN];    /* rel of the first row below child i, ascending */
	__u32 child[HW_PAGE_CHILDREN];
};
_Static_assert(sizeof(struct hw_rows_dir) == HW_PAGE_SIZE, "layout of struct hw_rows_dir");

#define HW_ROWS_LEVELS_MAX 2 /* inner pages on the way to a leaf: 511 * 511 leaves */

/* Pages live in a pool that grows by chunks. Page 0 is none. */
#define HW_CHUNK_PAGES 512
#define HW_CHUNKS_MAX  512 /* a gigabyte */

/* A file whose code processes map. */
struct hw_module_rows {
	__u32 root;   /* page; 0: no rows, or not yet */
	__u32 levels; /* of inner pages above the leaves: 0 when the root is a leaf */
};
_Static_assert(sizeof(struct hw_module_rows) == 8, "layout of struct hw_module_rows");

#define HW_MODULES_MAX 16384 /* files of one recording; number 0 stands for code in no file */

/* An executable mapping. */
struct hw_mapping {
	__u64 start, end; /* addresses: [start, end) */
	__u64 zero;	  /* address of the module's rel 0 */
	__u32 module;	  /* index of struct hw_module_rows; 0: none */
	__u32 reserved;
};
_Static_assert(sizeof(struct hw_mapping) == 32, "layout of struct hw_mapping");

#define HW_PAGE_MAPPINGS 146

/* Mappings in ascending order. */
struct hw_maps_page {
	__u32 n;
	__u32 reserved;
	__u64 start[HW_PAGE_MAPPINGS], end[HW_PAGE_MAPPINGS], zero[HW_PAGE_MAPPINGS];
	__u32 module[HW_PAGE_MAPPINGS];
};
_Static_assert(sizeof(struct hw_maps_page) == HW_PAGE_SIZE, "layout of struct hw_maps_page");

#define HW_PROC_PAGES 16 /* mappings of one process: 16 * 146 */

/* What a process has mapped. */
struct hw_proc_maps {
	__u32 n; /* pages */
	__u32 reserved;
	__u64 first[HW_PROC_PAGES]; /* start of the first mapping of the page, ascending */
	__u32 page[HW_PROC_PAGES];
};
_Static_assert(sizeof(struct hw_proc_maps) == 200, "layout of struct hw_proc_maps");

/* Files that mappings may show before user space has told of the mapping: by what the kernel knows
 * of it, kdev_t and inode number. */
struct hw_file_key {
	__u64 inode;
	__u32 dev; /* as of the kernel: major << 20 | minor */
	__u32 reserved;
};
_Static_assert(sizeof(struct hw_file_key) == 16, "layout of struct hw_file_key");

struct hw_file {
	__u64 shift;  /* rel = file offset + shift, in the one executable segment */
	__u32 module; /* index of struct hw_module_rows */
	__u32 reserved;
};
_Static_assert(sizeof(struct hw_file) == 16, "layout of struct hw_file");

#endif
