/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel/user_regs.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>

#include "kernel/features.h"

void hw_user_regs_prepare(struct bpf_program *find_regs, enum bpf_prog_type type)
{
	bpf_program__set_autoload(find_regs, !hw_feature_helper(type, BPF_FUNC_task_pt_regs));
}

int hw_user_regs_find(const struct bpf_program *find_regs, const uint32_t *regs_at)
{
	LIBBPF_OPTS(bpf_test_run_opts, run);
	int r;

	if (!bpf_program__autoload(find_regs))
		return 0;
	r = bpf_prog_test_run_opts(bpf_program__fd(find_regs), &run);
	if (r < 0)
		return r;
	return *regs_at ? 0 : -ENOTSUP;
}
