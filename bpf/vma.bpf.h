/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
 * The kernel's own word on a mapping, for those that user space has not told of yet. */
#ifndef HW_BPF_VMA_H
#define HW_BPF_VMA_H

#include "tables.bpf.h"

struct vma_seen {
	struct hw_mapping map;
	struct hw_file_key file;
	__u64 file_off;
};

/* As FOLLOW(), from a mapping: bpf_find_vma() gives one to follow, find_in_tree() an address. */
#define VMA_READ(vma, a) (HAS_HELPER(find_vma) ? (vma)->a : BPF_CORE_READ(vma, a))

/* A red-black tree of the 65530 mappings that a process may have has no more. */
#define TREE_LEVELS_MAX 34

static __noinline long see_vma(struct task_struct *task, struct vm_area_struct *vma,
			       struct vma_seen *seen)
{
	struct file *file = VMA_READ(vma, vm_file);

	if (!(VMA_READ(vma, vm_flags) & VM_EXEC))
		return 0;
	seen->map.start = VMA_READ(vma, vm_start);
	seen->map.end = VMA_READ(vma, vm_end);
	seen->file_off = VMA_READ(vma, vm_pgoff) << page_shift;
	if (file) {
		seen->file.inode = HAS_HELPER(find_vma) ? file->f_inode->i_ino :
							  BPF_CORE_READ(file, f_inode, i_ino);
		seen->file.dev = HAS_HELPER(find_vma) ? file->f_inode->i_sb->s_dev :
							BPF_CORE_READ(file, f_inode, i_sb, s_dev);
	}
	return 0;
}

/* What bpf_find_vma() does, for kernels before 5.17; those before 6.1 have a tree of two branches.
 * Nothing keeps another thread from changing it meanwhile: then the search ends without a mapping,
 * or with one that was there a moment ago. */
static __always_inline int find_in_tree(struct task_struct *task, __u64 addr, struct vma_seen *seen)
{
	struct rb_node *node = BPF_CORE_READ(task, mm, mm_rb.rb_node);
	struct vm_area_struct *vma;
	__u32 level;

	for (level = 0; level < TREE_LEVELS_MAX && node; level++) {
		vma = (void *)node - bpf_core_field_offset(struct vm_area_struct, vm_rb);
		if (addr < BPF_CORE_READ(vma, vm_start))
			node = BPF_CORE_READ(node, rb_left);
		else if (addr >= BPF_CORE_READ(vma, vm_end))
			node = BPF_CORE_READ(node, rb_right);
		else
			return see_vma(task, vma, seen);
	}
	return -1;
}

static __always_inline long find_vma(struct task_struct *task, __u64 addr, struct vma_seen *seen)
{
	if (HAS_HELPER(find_vma))
		return bpf_find_vma(task, addr, see_vma, seen, 0);
	if (bpf_core_field_exists(struct mm_struct, mm_rb))
		return find_in_tree(task, addr, seen);
	return -1;
}

static int ask_kernel(struct task_struct *task, __u64 addr, struct hw_mapping *ret)
{
	struct vma_seen seen = {};
	struct hw_file *file;

	if (find_vma(task, addr, &seen) || !seen.map.end)
		return 0;
	*ret = seen.map;
	file = seen.file.inode ? bpf_map_lookup_elem(&files, &seen.file) : NULL;
	if (file) {
		ret->module = file->module;
		ret->zero = seen.map.start - (seen.file_off + file->shift);
	}
	return 1;
}

#endif
