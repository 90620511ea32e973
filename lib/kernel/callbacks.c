/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel/callbacks.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

static bool is_callback(const struct bpf_insn *insn)
{
	return insn->code == (BPF_LD | BPF_IMM | BPF_DW) && insn->src_reg == BPF_PSEUDO_FUNC;
}

/* Makes the number 0 of each. */
static int drop(struct bpf_program *prog, struct bpf_prog_load_opts *opts, long cookie)
{
	size_t n = bpf_program__insn_cnt(prog), size = n * sizeof(struct bpf_insn);
	hw_autofree struct bpf_insn *insns = malloc(size);

	(void)opts, (void)cookie;
	if (!insns)
		return -ENOMEM;
	memcpy(insns, bpf_program__insns(prog), size);
	for (size_t i = 0; i + 1 < n; i++)
		if (is_callback(&insns[i])) {
			insns[i].src_reg = 0;
			insns[i].imm = insns[i + 1].imm = 0;
		}
	return bpf_program__set_insns(prog, insns, n);
}

int hw_callbacks_drop(void)
{
	LIBBPF_OPTS(libbpf_prog_handler_opts, opts, .prog_prepare_load_fn = drop);
	static int handler;

	if (!handler)
		handler = libbpf_register_prog_handler("perf_event", BPF_PROG_TYPE_PERF_EVENT, 0, &opts);
	return handler < 0 ? handler : 0;
}
