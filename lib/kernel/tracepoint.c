/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel/tracepoint.h"

#include <bpf/bpf.h>
#include <linux/bpf.h>

#include "base/cleanup.h"

bool hw_tracepoint_exists(const char *name)
{
	static const struct bpf_insn nothing[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	hw_autoclose int prog = -1, link = -1;

	prog = bpf_prog_load(BPF_PROG_TYPE_RAW_TRACEPOINT, NULL, "GPL", nothing,
			     sizeof(nothing) / sizeof(nothing[0]), NULL);
	if (prog >= 0)
		link = bpf_raw_tracepoint_open(name, prog);
	return link >= 0;
}
