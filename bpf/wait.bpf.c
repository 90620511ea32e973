/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
 * The programs that watch the scheduler: bpf/wait.bpf.h, for the kernel. */
#include "kernel.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "wait.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL"; /* the helpers want a GPL-compatible one */
