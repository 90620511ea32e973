/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/features.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "capture/libbpf_log.h"

bool hw_feature_btf(void)
{
	return !access("/sys/kernel/btf/vmlinux", R_OK);
}

bool hw_feature_helper(enum bpf_prog_type type, enum bpf_func_id id)
{
	return libbpf_probe_bpf_helper(type, id, NULL) == 1;
}

bool hw_feature_map(enum bpf_map_type type)
{
	return libbpf_probe_bpf_map_type(type, NULL) == 1;
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

static const struct btf *kernel_btf(void)
{
	static struct btf *btf;

	hw_libbpf_log();
	if (!btf)
		btf = btf__load_vmlinux_btf();
	return btf;
}

bool hw_feature_func(const char *name)
{
	const struct btf *btf = kernel_btf();

	return btf && btf__find_by_name_kind(btf, name, BTF_KIND_FUNC) > 0;
}

static bool has_member(const struct btf *btf, const struct btf_type *type, const char *name)
{
	const struct btf_member *m = btf_members(type);

	for (int i = 0; i < btf_vlen(type); i++)
		if (!strcmp(btf__name_by_offset(btf, m[i].name_off), name))
			return true;
	return false;
}

bool hw_feature_struct(const char *name, const char *member)
{
	const struct btf *btf = kernel_btf();
	int id = btf ? btf__find_by_name_kind(btf, name, BTF_KIND_STRUCT) : -1;

	return id > 0 && (!member || has_member(btf, btf__type_by_id(btf, (__u32)id), member));
}
