/* SPDX-License-Identifier: Apache-2.0
 * What the BPF of the running kernel can do, asked of the kernel itself one by one: vendors move
 * features between versions, so the version tells nothing. Each question is a small bpf(2) call or
 * two; nothing stays behind. Without the right to load programs every answer is no. */
#ifndef HW_KERNEL_FEATURES_H
#define HW_KERNEL_FEATURES_H

#include <linux/bpf.h>
#include <stdbool.h>

/* Whether the kernel describes its types in /sys/kernel/btf/vmlinux, which CO-RE needs. */
bool hw_feature_btf(void);

/* Loads "return 0", a program of @type that nothing can be held against. Returns its descriptor, or the
 * negative errno of bpf(2). */
int hw_feature_program(enum bpf_prog_type type);

/* Whether there is a tracepoint @name ("sched_switch"): "return 0" hangs on it for a moment. The types
 * of the kernel, where it is written as well, take 30 ms to read. */
bool hw_feature_tracepoint(const char *name);

/* Whether programs of @type may call helper @id (BPF_FUNC_...). Not for BPF_PROG_TYPE_TRACING, which
 * cannot be loaded without something to attach to: BPF_PROG_TYPE_RAW_TRACEPOINT stands for it, as
 * both are given the same helpers by bpf_tracing_func_proto() (kernel/trace/bpf_trace.c). */
bool hw_feature_helper(enum bpf_prog_type type, enum bpf_func_id id);

/* Whether perf_event programs may use hash maps with BPF_F_NO_PREALLOC, which take memory as they fill;
 * before Linux 6.1 the verifier refuses them. */
bool hw_feature_sparse_hash(void);

#endif
