/* SPDX-License-Identifier: Apache-2.0
 * Where on a kernel stack the registers of user code lie: kernels from Linux 5.15 on tell a program
 * (bpf_task_pt_regs()), of older ones find_regs of bpf/task.bpf.h finds it out. */
#ifndef HW_KERNEL_USER_REGS_H
#define HW_KERNEL_USER_REGS_H

#include <linux/bpf.h>
#include <stdint.h>

struct bpf_program;

/* Before the skeleton is loaded: leaves @find_regs out where programs of @type are told. */
void hw_user_regs_prepare(struct bpf_program *find_regs, enum bpf_prog_type type);

/* After it: runs it once, unless it was left out. @regs_at is the variable that it sets. Returns 0,
 * -ENOTSUP when it found nothing, or the negative errno of bpf(2). */
int hw_user_regs_find(const struct bpf_program *find_regs, const uint32_t *regs_at);

#endif
