/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
 * What user space tells of processes: how to read their interpreter, what they have mapped, the unwind
 * rows of that. */
#ifndef HW_BPF_TABLES_H
#define HW_BPF_TABLES_H

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__type(key, __u32); /* pid */
	__type(value, struct hw_py_proc);
	__uint(max_entries, 8192);
} py_procs SEC(".maps");

/* Pages of unwind rows and of mappings. User space adds chunks as it needs them. */
struct chunk {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__type(key, __u32);
	__type(value, struct hw_rows_page); /* any page */
	__uint(max_entries, HW_CHUNK_PAGES);
} chunk_0 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__type(key, __u32);
	__uint(max_entries, HW_CHUNKS_MAX);
	__array(values, struct chunk);
} pool SEC(".maps") = { .values = { &chunk_0 } };

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__type(key, __u32);
	__type(value, struct hw_module_rows);
	__uint(max_entries, HW_MODULES_MAX);
} modules SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__type(key, __u32); /* pid */
	__type(value, struct hw_proc_maps);
	__uint(max_entries, 16384);
	__uint(map_flags, BPF_F_NO_PREALLOC);
} proc_maps SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__type(key, struct hw_file_key);
	__type(value, struct hw_file);
	__uint(max_entries, HW_MODULES_MAX);
	__uint(map_flags, BPF_F_NO_PREALLOC);
} files SEC(".maps");

static __always_inline const void *pool_page(__u32 number)
{
	__u32 chunk = number / HW_CHUNK_PAGES, page = number % HW_CHUNK_PAGES;
	void *map;

	if (!number)
		return NULL;
	map = bpf_map_lookup_elem(&pool, &chunk);
	return map ? bpf_map_lookup_elem(map, &page) : NULL;
}

static __always_inline const struct hw_module_rows *module_rows(__u32 module)
{
	return bpf_map_lookup_elem(&modules, &module);
}

static __always_inline const struct hw_proc_maps *map_pages(__u32 pid)
{
	return bpf_map_lookup_elem(&proc_maps, &pid);
}

#endif
