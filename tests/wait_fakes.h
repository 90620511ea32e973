/* SPDX-License-Identifier: Apache-2.0
 * The programs of bpf/wait.bpf.h, compiled for the host over fakes of the kernel's helpers: maps are
 * arrays, what lies with a task hangs on it, time and luck are what the test says. */
#ifndef TEST_WAIT_FAKES_H
#define TEST_WAIT_FAKES_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "kernel.h"

#undef __always_inline
#define __always_inline inline __attribute__((always_inline))
#define SETTING static

/* --- libbpf --- */

#define SEC(name)
#define __noinline __attribute__((noinline))
#define __uint(name, val) int (*name)[val]
#define __type(name, val) typeof(val) *name
#define BPF_PROG(name, ...) name(__u64 *ctx, __VA_ARGS__)

/* This kernel is new, and its types are those of bpf/kernel.h. */
#define bpf_core_enum_value_exists(type, value) 1
#define bpf_core_field_exists(field) 1
#define bpf_core_type_exists(type) 1
#define bpf_core_type_size(type) sizeof(type)
#define bpf_core_field_offset(type, field) offsetof(type, field)
#define BPF_CORE_READ_BITFIELD(p, field) ((p)->field)
#define CORE_READ_1(p, a) ((p)->a)
#define CORE_READ_2(p, a, b) ((p)->a->b)
#define CORE_READ_3(p, a, b, c) ((p)->a->b->c)
#define CORE_READ_PICK(p, a, b, c, name, ...) name
#define BPF_CORE_READ(...) \
	CORE_READ_PICK(__VA_ARGS__, CORE_READ_3, CORE_READ_2, CORE_READ_1)(__VA_ARGS__)
#define BPF_CORE_READ_STR_INTO(dst, p, a, b) bpf_probe_read_kernel_str(dst, sizeof(*(dst)), (p)->a->b)

#ifndef FAKE_IDS
#define FAKE_IDS      65536 /* of threads, and of processes */
#define FAKE_SESSIONS 512
#endif
#define FAKE_FRAMES   4

static struct fake {
	uint64_t now;
	struct task_struct *current;
	bool locks_fail, no_memory;
	const struct hw_wall_account *locked;
	uint64_t stack[FAKE_FRAMES]; /* of who wakes */
	unsigned int n_frames;
	uint32_t random;
	unsigned int questions; /* where a GIL lies */
	bool due_written;
	unsigned int listed;
} fake;

struct hw_wall_account;
struct hw_thread_status;

static void *bpf_map_lookup_elem(void *map, const void *key);
static long bpf_map_update_elem(void *map, const void *key, const void *value, __u64 flags);
static long bpf_map_delete_elem(void *map, const void *key);
static void *bpf_task_storage_get(void *map, struct task_struct *task, void *value, __u64 flags);
static struct kernel_regs *fake_regs(struct task_struct *task);
static void fake_list(const struct hw_thread_status *status);

static void bpf_spin_lock(struct bpf_spin_lock *lock)
{
	if (fake.locked)
		abort(); /* they do not nest */
	fake.locked = (const void *)lock;
}

static void bpf_spin_unlock(struct bpf_spin_lock *lock)
{
	if (fake.locked != (const void *)lock)
		abort();
	fake.locked = NULL;
}

static __u64 bpf_ktime_get_ns(void)
{
	return fake.now;
}

static __u32 bpf_get_prandom_u32(void)
{
	return fake.random = fake.random * 1664525 + 1013904223;
}

static struct task_struct *bpf_get_current_task_btf(void)
{
	return fake.current;
}

static __u64 bpf_get_current_task(void)
{
	return (__u64)fake.current;
}

static __u64 bpf_get_current_pid_tgid(void)
{
	return (__u64)fake.current->tgid << 32 | (__u32)fake.current->pid;
}

static const void *bpf_task_pt_regs(struct task_struct *task)
{
	return fake_regs(task);
}

static long bpf_probe_read_kernel(void *dst, __u32 size, const void *src)
{
	memset(dst, 0, size);
	if ((uintptr_t)src < 4096)
		return -1;
	memcpy(dst, src, size);
	return 0;
}

static long bpf_probe_read_kernel_str(void *dst, __u32 size, const char *src)
{
	size_t n = strnlen(src, size - 1);

	memset(dst, 0, size);
	memcpy(dst, src, n);
	return (long)n + 1;
}

static long bpf_get_stack(void *ctx, void *to, __u32 size, __u64 flags)
{
	(void)ctx, (void)flags;
	if (size < sizeof(fake.stack))
		abort();
	memcpy(to, fake.stack, sizeof(fake.stack));
	return (long)(fake.n_frames * sizeof(fake.stack[0]));
}

static long bpf_ringbuf_output(void *map, void *from, __u64 size, __u64 flags)
{
	(void)map, (void)from, (void)size, (void)flags;
	fake.questions++;
	return 0;
}

static long bpf_seq_write(struct seq_file *seq, const void *from, __u32 size)
{
	(void)seq, (void)size;
	fake.listed++;
	fake_list(from);
	return 0;
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmissing-prototypes"
#pragma GCC diagnostic ignored "-Wpointer-arith"
#pragma GCC diagnostic ignored "-Wunused-parameter"
#pragma GCC diagnostic ignored "-Wunused-variable"
#include "wait.bpf.h"
#pragma GCC diagnostic pop

/* --- maps --- */

static struct hw_wall_account fake_accounts[FAKE_SESSIONS];
static struct hw_gil fake_gils[FAKE_IDS];
static struct thread fake_threads[FAKE_IDS];
static struct hw_due fake_due;
static __u64 fake_frames[WAKER_FRAMES];
static __u32 fake_locks[FAKE_SESSIONS];
static uint8_t gil_there[FAKE_IDS], thread_there[FAKE_IDS], lock_there[FAKE_SESSIONS];

struct fake_map {
	void *values;
	size_t size;
	uint32_t max;
	uint8_t *there; /* NULL: all are always */
};

static struct fake_map fake_map(const void *map)
{
	if (map == &accounts)
		return (struct fake_map){ fake_accounts, sizeof(*fake_accounts), sessions_max, NULL };
	if (map == &gils)
		return (struct fake_map){ fake_gils, sizeof(*fake_gils), FAKE_IDS, gil_there };
	if (map == &threads)
		return (struct fake_map){ fake_threads, sizeof(*fake_threads), FAKE_IDS, thread_there };
	if (map == &locks)
		return (struct fake_map){ fake_locks, sizeof(*fake_locks), sessions_max, lock_there };
	if (map == &waker_stacks)
		return (struct fake_map){ fake_frames, sizeof(fake_frames), 1, NULL };
	if (map != &dues)
		abort();
	fake.due_written = true; /* by whoever looks it up */
	return (struct fake_map){ &fake_due, sizeof(fake_due), 1, NULL };
}

static void *bpf_map_lookup_elem(void *map, const void *key)
{
	struct fake_map m = fake_map(map);
	__u32 i = *(const __u32 *)key;

	return i < m.max && (!m.there || m.there[i]) ? (char *)m.values + i * m.size : NULL;
}

static long bpf_map_update_elem(void *map, const void *key, const void *value, __u64 flags)
{
	struct fake_map m = fake_map(map);
	__u32 i = *(const __u32 *)key;

	if (i >= m.max || (m.there[i] && flags == BPF_NOEXIST) ||
	    (map == &locks && fake.locks_fail) || (map == &threads && fake.no_memory))
		return -1;
	m.there[i] = 1;
	memcpy((char *)m.values + i * m.size, value, m.size);
	return 0;
}

static long bpf_map_delete_elem(void *map, const void *key)
{
	struct fake_map m = fake_map(map);
	__u32 i = *(const __u32 *)key;

	if (i >= m.max || !m.there[i])
		return -1;
	m.there[i] = 0;
	if (map == &threads)
		fake.no_memory = false;
	return 0;
}

/* Freed with its task. */
static void *bpf_task_storage_get(void *map, struct task_struct *task, void *value, __u64 flags)
{
	(void)map;
	if (task->bpf_storage || !(flags & BPF_LOCAL_STORAGE_GET_F_CREATE) || fake.no_memory)
		return task->bpf_storage;
	task->bpf_storage = malloc(sizeof(struct thread));
	if (!task->bpf_storage)
		abort();
	memcpy(task->bpf_storage, value, sizeof(struct thread));
	return task->bpf_storage;
}

/* As the loader finds it. */
static void fake_reset(void)
{
	fake = (struct fake){ .random = 1 };
	memset(fake_accounts, 0, sizeof(fake_accounts));
	memset(gil_there, 0, sizeof(gil_there));
	memset(thread_there, 0, sizeof(thread_there));
	memset(lock_there, 0, sizeof(lock_there));
	threads_in_table = locks_in_table = by_process = ignored_pid = 0;
	sessions_max = 1;
	wanted_pid = sessions_used = 0;
	off_period_ns = off_samples = without_room = strays = 0;
}

#endif
