/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
 * The step by which the account of a session goes on: in the kernel at every change, in user space when
 * an account is read between two of them. */
#ifndef HW_BPF_ADVANCE_H
#define HW_BPF_ADVANCE_H

#include "wire/wait.h"

/* Keeps @value in one register, so that the verifier sees the check of what is then used. */
#define pinned(value) asm volatile("" : "+r"(value))

/* Gives the time until @now to the class of the moment; @cause is that of the wait that ends. Who calls
 * it holds the account's lock, or has a copy of it. */
static __always_inline void hw_account_advance(struct hw_wall_account *a, __u64 now, __u32 cause)
{
	__u32 running = a->n[HW_THREAD_RUNNING], class = cause;
	__u64 ns = now - a->since;

	if (now <= a->since)
		return; /* another CPU was later in time and earlier here */
	a->since = now;
	if (running)
		class = HW_WALL_BUSY;
	else if (a->n[HW_THREAD_RUNNABLE])
		class = HW_WALL_STARVED;
	pinned(running);
	if (running > HW_WALL_WIDTHS - 1)
		running = HW_WALL_WIDTHS - 1;
	a->width_ns[running] += ns;
	pinned(class);
	if (class < HW_WALL_CLASSES)
		a->wall_ns[class] += ns;
}

#endif
