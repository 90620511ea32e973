/* SPDX-License-Identifier: Apache-2.0
 * BPF programs with callbacks on kernels that know none. */
#ifndef HW_KERNEL_CALLBACKS_H
#define HW_KERNEL_CALLBACKS_H

/* To be called before the skeleton is opened: from then on perf_event programs are loaded without the
 * addresses of callbacks (BPF_PSEUDO_FUNC, include/uapi/linux/bpf.h). Before Linux 5.13 the verifier
 * refuses them even where they are never reached (resolve_pseudo_ldimm64() in
 * kernel/bpf/verifier.c). The helper that would call them must not be reached. Returns 0, or the
 * negative errno of libbpf. Harmless when called again. */
int hw_callbacks_drop(void);

#endif
