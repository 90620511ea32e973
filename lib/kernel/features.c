/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel/features.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"

bool hw_feature_btf(void)
{
	return !access("/sys/kernel/btf/vmlinux", R_OK);
}

int hw_feature_program(enum bpf_prog_type type)
{
	static const struct bpf_insn code[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	int fd = bpf_prog_load(type, NULL, "GPL", code, sizeof(code) / sizeof(code[0]), NULL);

	return fd < 0 ? -errno : fd;
}

bool hw_feature_tracepoint(const char *name)
{
	hw_autoclose int prog = hw_feature_program(BPF_PROG_TYPE_RAW_TRACEPOINT), link = -1;

	if (prog >= 0)
		link = bpf_raw_tracepoint_open(name, prog);
	return link >= 0;
}

bool hw_feature_helper(enum bpf_prog_type type, enum bpf_func_id id)
{
	static const char *const refusals[] = {
		"unknown func", /* up to Linux 6.7 also of a helper that other types have */
		"program of this type cannot use helper",
		"invalid func",
	};
	const struct bpf_insn calls[] = {
		{ .code = BPF_JMP | BPF_CALL, .imm = (int)id },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	char log[1024] = "";
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .log_level = 1, .log_buf = log,
		    .log_size = sizeof(log));
	hw_autoclose int prog =
		bpf_prog_load(type, NULL, "GPL", calls, sizeof(calls) / sizeof(calls[0]), &opts);

	log[sizeof(log) - 1] = '\0';
	for (size_t i = 0; prog < 0 && i < sizeof(refusals) / sizeof(refusals[0]); i++)
		if (strstr(log, refusals[i]))
			return false;
	/* Otherwise the kernel went on to the arguments, which are wrong. */
	return prog >= 0 || *log;
}

bool hw_feature_sparse_hash(void)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = BPF_F_NO_PREALLOC);
	hw_autoclose int map = bpf_map_create(BPF_MAP_TYPE_HASH, "probe", 4, 4, 1, &opts);
	const struct bpf_insn uses_map[] = {
		{ .code = BPF_LD | BPF_IMM | BPF_DW, .src_reg = BPF_PSEUDO_MAP_FD, .imm = map },
		{ 0 }, /* the other half of it */
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	hw_autoclose int prog = -1;

	if (map < 0)
		return false;
	prog = bpf_prog_load(BPF_PROG_TYPE_PERF_EVENT, NULL, "GPL", uses_map,
			     sizeof(uses_map) / sizeof(uses_map[0]), NULL);
	return prog >= 0;
}
