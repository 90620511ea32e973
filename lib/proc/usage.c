/* SPDX-License-Identifier: Apache-2.0 */
#include "proc/usage.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "proc/task.h"

/* File systems count in these whatever the disk's own blocks are: task_io_get_inblock(),
 * include/linux/task_io_accounting_ops.h. */
#define BLOCK_BYTES 512

/* Counters of a process can shrink: the switches of a thread go with it. */
static uint64_t grown(uint64_t start, uint64_t end)
{
	return end > start ? end - start : 0;
}

static double timeval_s(struct timeval tv)
{
	return (double)tv.tv_sec + (double)tv.tv_usec / 1e6;
}

void hw_usage_from_rusage(const struct rusage *ru, struct hw_usage *usage)
{
	usage->user_s = timeval_s(ru->ru_utime);
	usage->sys_s = timeval_s(ru->ru_stime);
	usage->max_rss_bytes = (uint64_t)ru->ru_maxrss * 1024; /* KiB: getrusage(2) */
	usage->minor_faults = (uint64_t)ru->ru_minflt;
	usage->major_faults = (uint64_t)ru->ru_majflt;
	usage->voluntary_switches = (uint64_t)ru->ru_nvcsw;
	usage->involuntary_switches = (uint64_t)ru->ru_nivcsw;
	usage->in_blocks = (uint64_t)ru->ru_inblock;
	usage->out_blocks = (uint64_t)ru->ru_oublock;
}

/* One "name: number" line of a /proc file that is wanted. */
struct usage_field {
	const char *name; /* with its colon */
	uint64_t value;
	bool found;
};

/* Reads the @n @fields, where they are there. Returns 0 or a negative errno. */
static int parse_fields(FILE *f, struct usage_field *fields, size_t n)
{
	char line[256];

	errno = 0; /* ferror(3) tells that, not what */
	while (fgets(line, sizeof(line), f))
		for (size_t i = 0; i < n; i++) {
			size_t length = strlen(fields[i].name);

			if (!strncmp(line, fields[i].name, length) &&
			    sscanf(line + length, "%" SCNu64, &fields[i].value) == 1)
				fields[i].found = true;
		}
	return ferror(f) ? -errno : 0;
}

static int read_fields(const char *path, struct usage_field *fields, size_t n)
{
	hw_autofclose FILE *f = fopen(path, "re");

	return f ? parse_fields(f, fields, n) : -errno;
}

static bool all_found(const struct usage_field *fields, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!fields[i].found)
			return false;
	return true;
}

int hw_usage_open_io(pid_t pid)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/io", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int hw_usage_add_io(pid_t pid, struct hw_usage *usage)
{
	hw_autoclose int fd = hw_usage_open_io(pid);

	usage->io_known = false;
	return fd < 0 ? fd : hw_usage_add_io_of(fd, usage);
}

int hw_usage_add_io_of(int io_fd, struct hw_usage *usage)
{
	enum { RCHAR, WCHAR, SYSCR, SYSCW, READ, WRITE, N };
	struct usage_field fields[N] = {
		[RCHAR] = { "rchar:" }, [WCHAR] = { "wchar:" },	    [SYSCR] = { "syscr:" },
		[SYSCW] = { "syscw:" }, [READ] = { "read_bytes:" }, [WRITE] = { "write_bytes:" },
	};
	char text[1024];
	hw_autofclose FILE *f = NULL;
	ssize_t size;
	int r;

	usage->io_known = false;
	size = pread(io_fd, text, sizeof(text), 0);
	if (size <= 0)
		return size < 0 ? -errno : -EBADMSG;
	f = fmemopen(text, (size_t)size, "r");
	if (!f)
		return -errno;
	r = parse_fields(f, fields, N);
	if (r < 0)
		return r;
	if (!all_found(fields, N))
		return -EBADMSG;
	usage->read_chars += fields[RCHAR].value;
	usage->written_chars += fields[WCHAR].value;
	usage->read_bytes += fields[READ].value;
	usage->write_bytes += fields[WRITE].value;
	usage->io_calls += fields[SYSCR].value + fields[SYSCW].value;
	usage->io_known = true;
	return 0;
}

int hw_usage_add_cpu_wait(pid_t pid, struct hw_usage *usage)
{
	hw_autofclose FILE *f = NULL;
	uint64_t ran_ns, waited_ns;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/schedstat", (int)pid);
	f = fopen(path, "re");
	if (!f)
		return -ENOENT;
	if (fscanf(f, "%" SCNu64 " %" SCNu64, &ran_ns, &waited_ns) != 2)
		return -EBADMSG;
	usage->cpu_wait_s = (double)waited_ns / 1e9;
	return 0;
}

/* Faults, CPU time and age from /proc/PID/stat, proc_pid_stat(5). The comm, field 2, may hold
 * anything; the last parenthesis ends it. */
static int add_stat(pid_t pid, struct hw_usage *usage)
{
	hw_autofclose FILE *f = NULL;
	char path[64], text[1024], *fields;
	uint64_t minor, major, user, sys, start;
	const double hz = (double)sysconf(_SC_CLK_TCK);
	struct timespec now;
	size_t n;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	f = fopen(path, "re");
	if (!f)
		return -ESRCH;
	n = fread(text, 1, sizeof(text) - 1, f);
	if (!n)
		return -ESRCH;
	text[n] = 0;
	fields = strrchr(text, ')');
	if (!fields || sscanf(fields + 1,
			      " %*c %*d %*d %*d %*d %*d %*u %" SCNu64 " %*u %" SCNu64
			      " %*u %" SCNu64 " %" SCNu64 " %*d %*d %*d %*d %*d %*d %" SCNu64,
			      &minor, &major, &user, &sys, &start) != 5)
		return -EBADMSG;
	clock_gettime(CLOCK_BOOTTIME, &now);
	usage->minor_faults = minor;
	usage->major_faults = major;
	usage->user_s = (double)user / hz;
	usage->sys_s = (double)sys / hz;
	usage->wall_s = (double)now.tv_sec + (double)now.tv_nsec / 1e9 - (double)start / hz;
	return 0;
}

/* The status of a process has the switches of its first thread only: the threads that are there
 * are summed, those of ended ones are nowhere to be read. */
static int add_switches(pid_t pid, struct hw_usage *usage)
{
	hw_autofree pid_t *tids = NULL;
	int n = hw_task_threads(pid, &tids);

	for (int i = 0; i < n; i++) {
		struct usage_field fields[] = { { "voluntary_ctxt_switches:" },
						{ "nonvoluntary_ctxt_switches:" } };
		char path[64];

		snprintf(path, sizeof(path), "/proc/%d/task/%d/status", (int)pid, (int)tids[i]);
		if (read_fields(path, fields, 2) < 0)
			continue; /* it ended in between */
		usage->voluntary_switches += fields[0].value;
		usage->involuntary_switches += fields[1].value;
	}
	return n < 0 ? n : 0;
}

int hw_usage_of_process(pid_t pid, struct hw_usage *ret)
{
	struct usage_field peak = { "VmHWM:" }; /* in KiB; a zombie has none */
	struct hw_usage usage = { 0 };
	char path[64];
	int r;

	r = add_stat(pid, &usage);
	if (r < 0)
		return r;
	r = add_switches(pid, &usage);
	if (r < 0)
		return r;
	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	if (read_fields(path, &peak, 1) < 0)
		return -ESRCH;
	usage.max_rss_bytes = peak.value * 1024;
	hw_usage_add_cpu_wait(pid, &usage); /* its absence is 0 */
	if (hw_usage_add_io(pid, &usage) == 0) {
		usage.in_blocks = usage.read_bytes / BLOCK_BYTES;
		usage.out_blocks = usage.write_bytes / BLOCK_BYTES;
	}
	*ret = usage;
	return 0;
}

/* The line "cpu  user nice system idle iowait irq softirq steal ..." of /proc/stat in clock ticks,
 * proc_stat(5). Time that the hypervisor stole is no time of ours. */
static int add_machine_times(struct hw_usage *usage)
{
	hw_autofclose FILE *f = fopen("/proc/stat", "re");
	const double hz = (double)sysconf(_SC_CLK_TCK);
	uint64_t user, nice, sys, irq, softirq;
	struct timespec now;

	if (!f)
		return -errno;
	if (fscanf(f, "cpu %" SCNu64 " %" SCNu64 " %" SCNu64 " %*u %*u %" SCNu64 " %" SCNu64, &user,
		   &nice, &sys, &irq, &softirq) != 5)
		return -EBADMSG;
	clock_gettime(CLOCK_BOOTTIME, &now);
	usage->wall_s = (double)now.tv_sec + (double)now.tv_nsec / 1e9;
	usage->user_s = (double)(user + nice) / hz;
	usage->sys_s = (double)(sys + irq + softirq) / hz;
	return 0;
}

int hw_usage_of_machine(struct hw_usage *ret)
{
	enum { FAULTS, MAJOR, IN_KIB, OUT_KIB, N };
	struct usage_field fields[N] = {
		[FAULTS] = { "pgfault " },
		[MAJOR] = { "pgmajfault " },
		[IN_KIB] = { "pgpgin " },
		[OUT_KIB] = { "pgpgout " },
	};
	struct hw_usage usage = { 0 };
	int r;

	r = add_machine_times(&usage);
	if (r < 0)
		return r;
	r = read_fields("/proc/vmstat", fields, N);
	if (r < 0)
		return r;
	if (!all_found(fields, N))
		return -EBADMSG;
	usage.minor_faults = grown(fields[MAJOR].value, fields[FAULTS].value);
	usage.major_faults = fields[MAJOR].value;
	usage.in_blocks = fields[IN_KIB].value * (1024 / BLOCK_BYTES);
	usage.out_blocks = fields[OUT_KIB].value * (1024 / BLOCK_BYTES);
	*ret = usage;
	return 0;
}

uint64_t hw_usage_read_faults(const struct hw_usage *usage)
{
	uint64_t bytes = usage->in_blocks * BLOCK_BYTES;

	if (bytes < usage->read_bytes)
		bytes = usage->read_bytes;
	bytes /= (uint64_t)sysconf(_SC_PAGESIZE);
	return usage->major_faults < bytes ? usage->major_faults : bytes;
}

uint64_t hw_usage_memory_faults(const struct hw_usage *usage)
{
	return usage->minor_faults + usage->major_faults - hw_usage_read_faults(usage);
}

struct hw_usage hw_usage_diff(const struct hw_usage *start, const struct hw_usage *end)
{
	return (struct hw_usage){
		.wall_s = end->wall_s - start->wall_s,
		.user_s = end->user_s - start->user_s,
		.sys_s = end->sys_s - start->sys_s,
		.max_rss_bytes = end->max_rss_bytes,
		.minor_faults = grown(start->minor_faults, end->minor_faults),
		.major_faults = grown(start->major_faults, end->major_faults),
		.voluntary_switches = grown(start->voluntary_switches, end->voluntary_switches),
		.involuntary_switches =
			grown(start->involuntary_switches, end->involuntary_switches),
		.in_blocks = grown(start->in_blocks, end->in_blocks),
		.out_blocks = grown(start->out_blocks, end->out_blocks),
		.cpu_wait_s = end->cpu_wait_s - start->cpu_wait_s,
		.io_known = start->io_known && end->io_known,
		.read_bytes = grown(start->read_bytes, end->read_bytes),
		.write_bytes = grown(start->write_bytes, end->write_bytes),
		.read_chars = grown(start->read_chars, end->read_chars),
		.written_chars = grown(start->written_chars, end->written_chars),
		.io_calls = grown(start->io_calls, end->io_calls),
	};
}

void hw_usage_add_beside(struct hw_usage *sum, const struct hw_usage *other)
{
	if (other->wall_s > sum->wall_s)
		sum->wall_s = other->wall_s;
	if (other->max_rss_bytes > sum->max_rss_bytes)
		sum->max_rss_bytes = other->max_rss_bytes;
	sum->user_s += other->user_s;
	sum->sys_s += other->sys_s;
	sum->minor_faults += other->minor_faults;
	sum->major_faults += other->major_faults;
	sum->voluntary_switches += other->voluntary_switches;
	sum->involuntary_switches += other->involuntary_switches;
	sum->in_blocks += other->in_blocks;
	sum->out_blocks += other->out_blocks;
	sum->cpu_wait_s += other->cpu_wait_s;
	sum->io_known &= other->io_known;
	sum->read_bytes += other->read_bytes;
	sum->write_bytes += other->write_bytes;
	sum->read_chars += other->read_chars;
	sum->written_chars += other->written_chars;
	sum->io_calls += other->io_calls;
}
