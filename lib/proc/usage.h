/* SPDX-License-Identifier: Apache-2.0
 * What a command used: the figures of getrusage(2), wait4(2) and /proc as one record. */
#ifndef HW_PROC_USAGE_H
#define HW_PROC_USAGE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

struct hw_usage {
	double wall_s, user_s, sys_s;
	uint64_t max_rss_bytes; /* of the largest single process, as getrusage(2) says */
	uint64_t minor_faults, major_faults;
	uint64_t voluntary_switches, involuntary_switches;
	uint64_t in_blocks, out_blocks; /* 512-byte blocks of file systems, getrusage(2) */
	/* runnable without getting a CPU, proc_pid_schedstat(5): of the first thread of the first
	 * process only; 0 when not known */
	double cpu_wait_s;
	bool io_known; /* false: /proc/PID/io could not be read, the next five are 0 */
	uint64_t read_bytes, write_bytes; /* from and to storage, proc_pid_io(5) */
	uint64_t read_chars,
		written_chars; /* through read and write calls, caches and pipes included */
	uint64_t io_calls;     /* those calls; send(2) and recv(2) are none of them */
};

/* Sets the fields that @ru knows; wall and the I/O fields stay as they are. */
void hw_usage_from_rusage(const struct rusage *ru, struct hw_usage *usage);

/* Adds what /proc/@pid/io says: the process, its dead threads and the children it waited for
 * (kernel/exit.c wait_task_zombie() adds them). Returns 0, or, with io_known false, -ENOENT,
 * -EACCES (other user), -EBADMSG. */
int hw_usage_add_io(pid_t pid, struct hw_usage *usage);

/* The same in two steps, for a process that will have ended: the file of a zombie belongs to root
 * (fs/proc/base.c task_dump_owner()), but one that was opened before can be read until the zombie
 * is waited for. Returns a descriptor to close, or a negative errno. */
int hw_usage_open_io(pid_t pid);
int hw_usage_add_io_of(int io_fd, struct hw_usage *usage); /* -EBADF when it is negative */

/* Sets cpu_wait_s from /proc/@pid/schedstat, which a zombie has too. Returns 0, or, with the field
 * untouched, -ENOENT (no such process, or a kernel without CONFIG_SCHED_INFO), -EBADMSG. */
int hw_usage_add_cpu_wait(pid_t pid, struct hw_usage *usage);

/* What process @pid has used since it started, wall_s since then too, from /proc/PID/stat, status
 * and io: user_s and sys_s come in clock ticks. Its children are not in it, except that the I/O
 * of those it waited for is. Switches are those of the threads that live now.
 * Returns 0, -ESRCH, -EBADMSG. */
int hw_usage_of_process(pid_t pid, struct hw_usage *ret);

/* What the whole machine has used since it booted, from /proc/stat and /proc/vmstat: times (all
 * CPUs added up, in clock ticks; wall_s since the boot), faults and blocks. The rest is 0, since
 * the machine does not count it. Returns 0, -ENOENT, -EACCES, -EBADMSG. */
int hw_usage_of_machine(struct hw_usage *ret);

/* Major faults that can have read storage: no more than pages were. Linux 5.10 also counts the
 * first write to each page of shared memory as major. */
uint64_t hw_usage_read_faults(const struct hw_usage *usage);

/* All other faults: they cost the kernel time, and wait for nothing. */
uint64_t hw_usage_memory_faults(const struct hw_usage *usage);

/* end - start, field by field; max_rss_bytes is end's. */
struct hw_usage hw_usage_diff(const struct hw_usage *start, const struct hw_usage *end);

/* Adds to *sum what another process used at the same time: wall_s and max_rss_bytes are the larger,
 * and io_known both's. */
void hw_usage_add_beside(struct hw_usage *sum, const struct hw_usage *other);

#endif
