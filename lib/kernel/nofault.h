/* SPDX-License-Identifier: Apache-2.0
 * Whether BPF may read user memory in an interrupt without a risk for the machine.
 *
 * From Linux 5.18 to 6.3 a kernel with CONFIG_HARDENED_USERCOPY asked of each destination in vmalloc
 * memory, where the maps are, to which area it belongs: check_heap_object() in mm/usercopy.c called
 * find_vm_area(), then find_vmap_area(), which takes vmap_area_lock. An interrupt that comes while
 * this CPU holds that lock waits for it for ever. Commit d319f344561d ("mm: Fix
 * copy_from_user_nofault()", Linux 6.4 and later versions of 6.1) no longer asks while page faults
 * are off, as they are then.
 *
 * The version does not tell who has the commit. But the call can be seen: one read of hwprof's own
 * memory, in its own context where nothing is at risk, with kprobes on both functions; and on
 * copy_from_user_nofault(), so that kprobes which do not work are not taken for a good kernel.
 *
 * What this cannot tell is the other half of that commit, a question to nmi_uaccess_okay(): without it
 * a read in an interrupt in the middle of a switch of address spaces may come from the wrong process.
 * That has been so in every kernel before; it harms no more than the one sample. */
#ifndef HW_KERNEL_NOFAULT_H
#define HW_KERNEL_NOFAULT_H

/* Returns 0 when the lock is not taken, 1 when it is; or a negative errno when this cannot be found
 * out: of perf_event_open(2) or bpf(2), -ENODATA when the kprobes saw nothing at all. Takes some
 * 0.1 s. */
int hw_nofault_takes_lock(void);

#endif
