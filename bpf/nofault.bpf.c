/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
 * Whether bpf_probe_read_user() takes a lock of the kernel, found by looking on: see
 * lib/kernel/nofault.h. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

const volatile __u64 from; /* a readable address of the loader */

__u64 into;	/* maps that user space can map are vmalloc memory, as those of the samples are */
__u32 reader;	/* the thread that is in the read; 0: none */
__u32 reads;	/* calls of copy_from_user_nofault() by it */
__u32 searches; /* and of the functions that take the lock */

char LICENSE[] SEC("license") = "Dual BSD/GPL";

static __always_inline int is_reader(void)
{
	return reader && (__u32)bpf_get_current_pid_tgid() == reader;
}

/* Run by the loader. */
SEC("raw_tp")
int read_once(void *ctx)
{
	reader = (__u32)bpf_get_current_pid_tgid();
	bpf_probe_read_user(&into, sizeof(into), (const void *)from);
	reader = 0;
	return 0;
}

SEC("kprobe/copy_from_user_nofault")
int saw_read(void *ctx)
{
	reads += is_reader();
	return 0;
}

SEC("kprobe/find_vmap_area")
int saw_area(void *ctx)
{
	searches += is_reader();
	return 0;
}

SEC("kprobe/find_vm_area")
int saw_vm_area(void *ctx)
{
	searches += is_reader();
	return 0;
}
