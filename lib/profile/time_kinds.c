/* SPDX-License-Identifier: Apache-2.0 */
#include "profile/time_kinds.h"

#include <stddef.h>

/* --- how a kind of time is told: names of x86-64 and arm64 kernels 5.10 to 6.18, and of CPython
 * 3.8 to 3.14. A name that no function has does no harm. --- */

/* clang-format off */
static const struct hw_name_pattern fault_names[] = {
	/* arch/x86/mm/fault.c, arch/arm64/mm/fault.c, mm/memory.c */
	{ HW_IN_KERNEL, "*page_fault*" }, /* asm_exc_page_fault, exc_page_fault, do_page_fault */
	{ HW_IN_KERNEL, "do_user_addr_fault" },
	{ HW_IN_KERNEL, "do_translation_fault" },
	{ HW_IN_KERNEL, "handle_mm_fault" },
	{ 0 },
};

static const struct hw_name_pattern io_names[] = {
	/* fs/read_write.c, fs/open.c, fs/namei.c, fs/stat.c, fs/readdir.c: the system calls */
	{ HW_IN_KERNEL, "vfs_read*" },
	{ HW_IN_KERNEL, "vfs_write*" },
	{ HW_IN_KERNEL, "vfs_iter_*" },
	{ HW_IN_KERNEL, "vfs_fsync*" },
	{ HW_IN_KERNEL, "vfs_stat*" },
	{ HW_IN_KERNEL, "vfs_getattr*" },
	{ HW_IN_KERNEL, "vfs_unlink" },
	{ HW_IN_KERNEL, "vfs_rename" },
	{ HW_IN_KERNEL, "vfs_mkdir" },
	{ HW_IN_KERNEL, "vfs_fallocate" },
	{ HW_IN_KERNEL, "vfs_copy_file_range" },
	{ HW_IN_KERNEL, "ksys_read" },
	{ HW_IN_KERNEL, "ksys_write" },
	{ HW_IN_KERNEL, "ksys_pread64" },
	{ HW_IN_KERNEL, "ksys_pwrite64" },
	{ HW_IN_KERNEL, "do_readv*" },
	{ HW_IN_KERNEL, "do_writev*" },
	{ HW_IN_KERNEL, "do_sendfile" },
	{ HW_IN_KERNEL, "do_splice*" },
	{ HW_IN_KERNEL, "do_fsync" },
	{ HW_IN_KERNEL, "ksys_sync" },
	{ HW_IN_KERNEL, "do_sys_open*" },
	{ HW_IN_KERNEL, "do_filp_open" },
	{ HW_IN_KERNEL, "do_unlinkat" },
	{ HW_IN_KERNEL, "do_renameat2" },
	{ HW_IN_KERNEL, "do_mkdirat" },
	{ HW_IN_KERNEL, "do_truncate" },
	{ HW_IN_KERNEL, "iterate_dir" },
	{ HW_IN_KERNEL, "__fput" },
	/* fs/select.c, fs/eventpoll.c */
	{ HW_IN_KERNEL, "do_sys_poll" },
	{ HW_IN_KERNEL, "core_sys_select" },
	{ HW_IN_KERNEL, "do_epoll_wait" },
	/* io_uring/, fs/aio.c */
	{ HW_IN_KERNEL, "io_uring_*" },
	{ HW_IN_KERNEL, "__*_sys_io_uring_*" },
	{ HW_IN_KERNEL, "io_submit_*" },
	{ HW_IN_KERNEL, "__*_sys_io_submit" },
	/* net/ */
	{ HW_IN_KERNEL, "sock_*" },
	{ HW_IN_KERNEL, "__sock_*" },
	{ HW_IN_KERNEL, "__sys_send*" },
	{ HW_IN_KERNEL, "__sys_recv*" },
	{ HW_IN_KERNEL, "__sys_connect*" },
	{ HW_IN_KERNEL, "__sys_accept*" },
	{ HW_IN_KERNEL, "___sys_sendmsg" },
	{ HW_IN_KERNEL, "___sys_recvmsg" },
	{ HW_IN_KERNEL, "inet_*" },
	{ HW_IN_KERNEL, "tcp_*" },
	{ HW_IN_KERNEL, "udp_*" },
	{ HW_IN_KERNEL, "unix_stream_*" },
	{ HW_IN_KERNEL, "unix_dgram_*" },
	/* file systems and the block layer, also from worker threads */
	{ HW_IN_KERNEL, "generic_file_*" },
	{ HW_IN_KERNEL, "filemap_read*" },
	{ HW_IN_KERNEL, "iomap_*" },
	{ HW_IN_KERNEL, "ext4_*" },
	{ HW_IN_KERNEL, "jbd2_*" },
	{ HW_IN_KERNEL, "xfs_*" },
	{ HW_IN_KERNEL, "btrfs_*" },
	{ HW_IN_KERNEL, "nfs_*" },
	{ HW_IN_KERNEL, "ovl_*" },
	{ HW_IN_KERNEL, "fuse_*" },
	{ HW_IN_KERNEL, "blk_*" },
	{ HW_IN_KERNEL, "submit_bio*" },
	{ HW_IN_KERNEL, "bio_*" },
	{ HW_IN_KERNEL, "nvme_*" },
	{ HW_IN_KERNEL, "writeback_*" },
	{ HW_IN_KERNEL, "pipe_read" },
	{ HW_IN_KERNEL, "pipe_write" },
	{ 0 },
};

static const struct hw_name_pattern collector_names[] = {
	/* Modules/gcmodule.c and Python/gc.c */
	{ HW_IN_CPYTHON, "gc_collect*" },
	{ HW_IN_CPYTHON, "_PyGC_Run*" },
	{ HW_IN_CPYTHON, "collect_with_callback" },
	{ HW_IN_CPYTHON, "deduce_unreachable" },
	{ HW_IN_CPYTHON, "visit_decref" },
	{ HW_IN_CPYTHON, "visit_reachable" },
	{ 0 },
};

static const struct hw_name_pattern list_names[] = {
	/* Objects/listobject.c */
	{ HW_IN_CPYTHON, "list_resize" },
	{ HW_IN_CPYTHON, "list_append*" },
	{ HW_IN_CPYTHON, "list_extend*" },
	{ HW_IN_CPYTHON, "PyList_Append" },
	{ HW_IN_CPYTHON, "_PyList_AppendTakeRef*" },
	{ HW_IN_CPYTHON, "_PyList_Extend" },
	{ 0 },
};

static const struct hw_name_pattern import_names[] = {
	/* Lib/importlib, frozen into the interpreter */
	{ HW_IN_PYTHON_FILE, "<frozen importlib*" },
	{ 0 },
};

static const struct hw_name_pattern sync_names[] = {
	/* fs/sync.c, and the C library's names where there is no kernel stack */
	{ HW_IN_KERNEL, "do_fsync" },
	{ HW_IN_KERNEL, "vfs_fsync*" },
	{ HW_IN_KERNEL, "ksys_sync*" },
	{ HW_IN_KERNEL, "__*_sys_msync" },
	{ HW_IN_NATIVE, "fsync" },
	{ HW_IN_NATIVE, "__libc_fsync" },
	{ HW_IN_NATIVE, "fdatasync" },
	{ HW_IN_NATIVE, "msync" },
	{ 0 },
};

static const struct hw_name_pattern connect_names[] = {
	/* net/socket.c, the C library, OpenSSL */
	{ HW_IN_KERNEL, "__sys_connect*" },
	{ HW_IN_NATIVE, "connect" },
	{ HW_IN_NATIVE, "__libc_connect" },
	{ HW_IN_NATIVE, "getaddrinfo" },
	{ HW_IN_NATIVE, "SSL_do_handshake" },
	{ 0 },
};

static const struct hw_name_pattern lookup_names[] = {
	/* fs/open.c, fs/namei.c, fs/stat.c, fs/readdir.c */
	{ HW_IN_KERNEL, "do_sys_open*" },
	{ HW_IN_KERNEL, "vfs_stat*" },
	{ HW_IN_KERNEL, "vfs_fstatat" },
	{ HW_IN_KERNEL, "do_unlinkat" },
	{ HW_IN_KERNEL, "do_renameat2" },
	{ HW_IN_KERNEL, "do_mkdirat" },
	{ HW_IN_KERNEL, "iterate_dir" },
	{ 0 },
};

static const struct hw_name_pattern map_names[] = {
	/* mm/mmap.c, mm/madvise.c */
	{ HW_IN_KERNEL, "vm_mmap_pgoff" },
	{ HW_IN_KERNEL, "__vm_munmap" },
	{ HW_IN_KERNEL, "__*_sys_brk" },
	{ HW_IN_KERNEL, "do_madvise*" },
	{ 0 },
};

static const struct hw_name_pattern spawn_names[] = {
	/* kernel/fork.c, fs/exec.c, kernel/exit.c */
	{ HW_IN_KERNEL, "kernel_clone" },
	{ HW_IN_KERNEL, "do_execveat_common*" },
	{ HW_IN_KERNEL, "do_exit" },
	{ 0 },
};

static const struct hw_name_pattern yield_names[] = {
	/* kernel/sched/syscalls.c */
	{ HW_IN_KERNEL, "do_sched_yield" },
	{ HW_IN_KERNEL, "__*_sys_sched_yield" },
	{ 0 },
};

static const char *const sleep_wakers[] = {
	/* time ran out: kernel/time, fs/timerfd.c */
	"hrtimer_wakeup", "process_timeout", "timerfd_tmrproc", "timerfd_alarmproc",
	"it_real_fn", "posix_timer_fn", "alarmtimer_fired",
	NULL,
};

static const char *const network_wakers[] = {
	/* net: a packet came, or room to send was made */
	"tcp_rcv_established", "tcp_rcv_state_process", "tcp_child_process", "tcp_v4_rcv",
	"tcp_v6_rcv", "sk_stream_write_space", "udp_queue_rcv_one_skb",
	"udpv6_queue_rcv_one_skb", "udp_unicast_rcv_skb", "__udp_enqueue_schedule_skb",
	"__udp4_lib_rcv", "raw_local_deliver", "netlink_unicast", "netlink_broadcast_filtered",
	"packet_rcv", "tpacket_rcv", "net_rx_action", "tcp_write_timer", "tcp_close",
	"inet_shutdown", "virtio_transport_recv_pkt",
	NULL,
};

static const char *const pipe_wakers[] = {
	/* another program here */
	"unix_stream_sendmsg", "unix_dgram_sendmsg", "unix_stream_connect",
	"unix_stream_read_generic", "unix_release_sock", "unix_shutdown", "unix_write_space",
	"unix_dgram_recvmsg", "pipe_write", "anon_pipe_write", "pipe_read", "anon_pipe_read",
	"pipe_release", "splice_to_pipe", "eventfd_write", "eventfd_signal_mask",
	"n_tty_receive_buf_common", "n_tty_write_wakeup", "tty_wakeup", "do_mq_timedsend",
	"do_mq_timedreceive",
	NULL,
};

static const char *const disk_wakers[] = {
	/* storage */
	"blk_update_request", "blk_mq_end_request", "blk_mq_complete_request", "bio_endio",
	"iomap_dio_bio_end_io", "folio_end_writeback", "folio_end_read", "aio_complete_rw",
	NULL,
};

static const char *const lock_wakers[] = {
	/* locks */
	"futex_wake", "__mutex_unlock_slowpath", "rwsem_wake", "__locks_wake_up_blocks",
	"locks_wake_up_blocks", "__do_semtimedop",
	NULL,
};

static const char *const child_wakers[] = {
	/* an end: of what the process had open first, then its own */
	"do_notify_parent", "do_notify_pidfd", "mm_release", "complete_vfork_done",
	NULL,
};
/* clang-format on */

/* --- the table --- */

#define FIND_HOT_LINES "find the hot lines: `hwprof boundness COMMAND`"
#define WAIT_LESS                                                                     \
	"it mostly waits: a faster CPU or disk will not help, waiting less will (timers, " \
	"polling intervals, steps one after the other that could overlap)"

const struct hw_time_kind hw_time_kinds[] = {
	{
		.slice = HW_SLICE_USER,
		.bound = HW_BOUND_CPU,
		.column = HW_COLUMN_CPU,
		.name = "user",
		.part = "in user code",
		.doing = "computed",
		.remedy = FIND_HOT_LINES,
	},
	{
		.slice = HW_SLICE_STALL,
		.bound = HW_BOUND_MEMORY,
		.column = HW_COLUMN_CPU,
		.name = "memory-stall",
		.part = "held up by memory",
		.doing = "was held up by memory",
		.remedy = "see which code misses the cache: `hwprof record -g -e cache-misses "
			  "COMMAND`; then smaller items, sequential access, work in blocks",
	},
	{
		.slice = HW_SLICE_FAULTS,
		.bound = HW_BOUND_MEMORY,
		.column = HW_COLUMN_CPU,
		.name = "page-faults",
		.part = "in page faults",
		.doing = "had page faults handled",
		.remedy = "see who touches fresh memory: `hwprof record -g -e page-faults "
			  "COMMAND`; then reuse buffers instead of freeing them, or set "
			  "MALLOC_TRIM_THRESHOLD_ and MALLOC_MMAP_THRESHOLD_ higher, or use huge "
			  "pages",
		.names = fault_names,
	},
	{
		.slice = HW_SLICE_KERNEL_IO,
		.bound = HW_BOUND_IO,
		.column = HW_COLUMN_CPU,
		.name = "kernel-io",
		.part = "in the kernel for I/O",
		.doing = "had the kernel work for its I/O",
		.remedy = "fewer calls with larger buffers; `hwprof report --tree` of a recording "
			  "(`hwprof record -g COMMAND`) shows which calls cost",
		.names = io_names,
	},
	{
		.slice = HW_SLICE_KERNEL,
		.bound = HW_BOUND_CPU,
		.column = HW_COLUMN_CPU,
		.name = "kernel",
		.part = "in the kernel",
		.doing = "was in the kernel",
		.remedy = FIND_HOT_LINES,
	},
	{
		.slice = HW_SLICE_STARVED,
		.bound = HW_BOUND_CPU, /* it wanted one */
		.column = HW_COLUMN_STARVED,
		.name = "starved",
		.doing = "was ready to run but had no CPU",
		.remedy = "give it more CPU first: an idle machine, a larger quota (cpu.max of its "
			  "cgroup), fewer workers than CPUs",
	},
	{
		.slice = HW_SLICE_DISK,
		.bound = HW_BOUND_IO,
		.column = HW_COLUMN_DISK,
		.name = "disk",
		.doing = "waited for the disk",
		.beside = "for the disk",
		.rule = "disk",
		.title = "waits for the disk",
		.remedy = "fewer, larger transfers, from several threads if they do not need each "
			  "other",
		.wakers = disk_wakers,
	},
	{
		.slice = HW_SLICE_NETWORK,
		.bound = HW_BOUND_IO,
		.column = HW_COLUMN_NETWORK,
		.name = "network",
		.doing = "waited for the network",
		.beside = "for the network",
		.rule = "network",
		.title = "waits for the network",
		.remedy = "one request after the other waits for its answer: send several at once "
			  "(asyncio, a pool of threads), or ask for more at a time",
		.wakers = network_wakers,
	},
	{
		.slice = HW_SLICE_PIPE,
		.bound = HW_BOUND_IO,
		.column = HW_COLUMN_PIPE,
		.name = "pipe",
		.doing = "waited for pipes",
		.beside = "for pipes",
		.rule = "pipe",
		.title = "waits at a pipe",
		.remedy = "the program at the other end of the pipe is the slow part: look at that "
			  "one",
		.wakers = pipe_wakers,
	},
	{
		.slice = HW_SLICE_IO_WAIT,
		.bound = HW_BOUND_IO,
		.column = HW_COLUMN_PIPE,
		.name = "io-wait",
		.doing = "waited, in short waits, beside its reads and writes",
		.rule = "short-waits",
		.title = "many short waits",
		.remedy = "fewer round trips: batches, or several requests at once",
	},
	{
		/* A thread of a pool without work is blocked in a lock as well: the kernel sees a
		 * futex in both cases. */
		.slice = HW_SLICE_LOCK,
		.bound = HW_BOUND_LOCK,
		.column = HW_COLUMN_LOCK,
		.name = "lock",
		.doing = "stood still at locks",
		.beside = "for locks or other threads",
		.rule = "lock",
		.title = "stands still at a lock",
		.remedy = "nothing ran meanwhile: whoever held the lock was waiting itself, or is "
			  "another program; do I/O and sleep without holding it",
		.wakers = lock_wakers,
	},
	{
		.slice = HW_SLICE_GIL,
		.bound = HW_BOUND_LOCK,
		.column = HW_COLUMN_LOCK,
		.name = "gil",
		.doing = "stood still at the GIL",
		.beside = "for the GIL",
		.rule = "gil-blocked",
		.title = "stands still at the GIL",
		.remedy = "nothing ran meanwhile, so the thread that held the GIL was blocked: "
			  "native code that waits must release it (Py_BEGIN_ALLOW_THREADS)",
	},
	{
		.slice = HW_SLICE_SLEEP,
		.bound = HW_BOUND_IDLE,
		.column = HW_COLUMN_IDLE,
		.name = "sleep",
		.doing = "slept or waited for a timer",
		.beside = "asleep",
		.rule = "sleep",
		.title = "sleeps",
		.remedy = "wait for the event itself instead of sleeping, or sleep for less",
		.wakers = sleep_wakers,
	},
	{
		/* That a shell waits for what it has started is no news: nothing beside. */
		.slice = HW_SLICE_CHILD,
		.bound = HW_BOUND_IDLE,
		.column = HW_COLUMN_IDLE,
		.name = "child",
		.doing = "waited for a child process",
		.rule = "child",
		.title = "waits for a child process",
		.remedy = "the other process is the slow part: profile that one, or start it "
			  "earlier",
		.wakers = child_wakers,
	},
	{
		.slice = HW_SLICE_OTHER,
		.bound = HW_BOUND_IDLE,
		.column = HW_COLUMN_IDLE,
		.name = "other",
		.doing = "waited for something else",
		.beside = "for something else",
		.remedy = WAIT_LESS,
	},
	{
		.slice = HW_SLICE_IDLE,
		.bound = HW_BOUND_IDLE,
		.column = HW_COLUMN_IDLE,
		.name = "idle",
		.doing = "waited",
		.remedy = WAIT_LESS,
	},
};
_Static_assert(sizeof(hw_time_kinds) / sizeof(hw_time_kinds[0]) == HW_SLICES,
	       "a row for each kind of time");

static const struct hw_bound_words bound_words[HW_BOUND_CLASSES] = {
	[HW_BOUND_CPU] = { "cpu", "CPU", "CPU-bound", HW_TONE_WORK },
	[HW_BOUND_MEMORY] = { "memory", "memory", "Memory-bound", HW_TONE_HELD_UP },
	[HW_BOUND_IO] = { "io", "I/O", "I/O-bound", HW_TONE_HELD_UP },
	[HW_BOUND_LOCK] = { "lock", "locks", "Held up by locks", HW_TONE_WAIT },
	[HW_BOUND_IDLE] = { "idle", "asleep or waiting", "Waiting, not working", HW_TONE_WAIT },
};

static const char *const column_titles[HW_COLUMNS] = {
	[HW_COLUMN_CPU] = "CPU%",    [HW_COLUMN_STARVED] = "STRV", [HW_COLUMN_DISK] = "DISK",
	[HW_COLUMN_NETWORK] = "NET", [HW_COLUMN_PIPE] = "PIPE",	   [HW_COLUMN_LOCK] = "LOCK",
	[HW_COLUMN_IDLE] = "IDLE",
};

static const struct hw_trait_row traits[HW_TRAITS] = {
	[HW_TRAIT_INTERPRETER] = { NULL },
	[HW_TRAIT_COLLECTOR] = { collector_names, "collector", "garbage collection",
				 "in the garbage collector",
				 "call gc.freeze() once the long-lived objects are there, or raise "
				 "gc.set_threshold(); fewer objects that refer to each other make "
				 "it cheaper" },
	[HW_TRAIT_IMPORT] = { import_names, "imports", "imports", "in importing modules",
			      "import inside the function that needs it, or less of it; `python "
			      "-X importtime` lists them" },
	[HW_TRAIT_LIST] = { list_names },
	[HW_TRAIT_SYNC] = { sync_names },
	[HW_TRAIT_CONNECT] = { connect_names },
	[HW_TRAIT_NAMES] = { lookup_names },
	[HW_TRAIT_MAP] = { map_names, "map", "maps memory", "in mapping and unmapping memory",
			   "keep large buffers instead of freeing them, or raise "
			   "MALLOC_MMAP_THRESHOLD_ and MALLOC_TRIM_THRESHOLD_" },
	[HW_TRAIT_SPAWN] = { spawn_names, "spawn", "starts processes",
			     "in starting and ending processes",
			     "keep the processes and give them more work each (a pool)" },
	[HW_TRAIT_YIELD] = { yield_names, "spin", "spins",
			     "in giving up its turn with sched_yield",
			     "wait on a lock or a condition instead of spinning" },
};

/* A dozen rows and some: a search is as good as an index that somebody must keep. */
const struct hw_time_kind *hw_time_kind(enum hw_slice slice)
{
	size_t i = 0;

	while (i < HW_SLICES - 1 && hw_time_kinds[i].slice != slice)
		i++;
	return &hw_time_kinds[i];
}

enum hw_slice hw_slice_of_wait(unsigned int wall_class)
{
	if (wall_class == HW_WALL_BUSY)
		return HW_SLICE_KERNEL;
	return wall_class < HW_WALL_CLASSES ? HW_SLICES_BUSY + wall_class - 1 : HW_SLICE_OTHER;
}

const char *hw_slice_name(enum hw_slice slice)
{
	return hw_time_kind(slice)->name;
}

enum hw_bound_class hw_slice_class(enum hw_slice slice)
{
	return hw_time_kind(slice)->bound;
}

const char *hw_wall_class_name(enum hw_wall_class class)
{
	if (class == HW_WALL_BUSY)
		return "busy";
	return class < HW_WALL_CLASSES ? hw_slice_name(hw_slice_of_wait(class)) : "?";
}

enum hw_time_column hw_wall_class_column(enum hw_wall_class class)
{
	return hw_time_kind(hw_slice_of_wait(class))->column; /* of HW_WALL_BUSY the kernel's */
}

const char *hw_bound_class_name(enum hw_bound_class class)
{
	return class < HW_BOUND_CLASSES ? bound_words[class].name : "mixed";
}

const struct hw_bound_words *hw_bound_words(enum hw_bound_class class)
{
	return &bound_words[class];
}

const char *hw_time_column_title(enum hw_time_column column)
{
	return column_titles[column];
}

const struct hw_trait_row *hw_trait_row(enum hw_trait trait)
{
	return &traits[trait];
}
