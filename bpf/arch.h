/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
 * What differs between machines: for the BPF programs, for user space, which gets their samples, and
 * for tests, which may ask for the walk of another machine with __TARGET_ARCH_x86 or _arm64. */
#ifndef HW_BPF_ARCH_H
#define HW_BPF_ARCH_H

#include <linux/types.h>

/* Where the return address of interrupted code is, as the instruction to come tells. */
enum return_place {
	RETURN_IN_RECORD, /* above the caller's frame pointer, which the frame pointer points to */
	RETURN_ON_TOP,	  /* at the stack pointer; the frame pointer is still the caller's, or again */
	RETURN_ABOVE_FP,  /* a word further up; the caller's frame pointer is at the stack pointer */
	RETURN_IN_LINK,	  /* in the link register; the frame pointer is the caller's */
};

#if defined(__TARGET_ARCH_arm64) || (defined(__aarch64__) && !defined(__TARGET_ARCH_x86))
#include "arch_arm64.h"
#else
#include "arch_x86.h"
#endif

#endif
