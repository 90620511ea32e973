/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/sideband.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>

#include "base/array.h"
#include "base/log.h"
#include "event/perf.h"

#define RING_PAGES 64 /* data pages per CPU, a power of two */
#define RECORD_MAX 65536 /* perf_event_header.size is 16 bits */

struct ring {
	struct perf_event_mmap_page *page; /* the head; data follow */
	int fd;				   /* of the event that owns the ring */
};

struct hw_sideband {
	struct ring *rings; /* one per CPU, n_rings of them; page NULL: the CPU is offline */
	size_t n_rings;
	int *fds;
	size_t n_fds, cap_fds;
	int epoll_fd;
	size_t page_size;
	unsigned char *record; /* RECORD_MAX: one record, put together when it wraps */
};

void hw_side_events_done(struct hw_side_events *events)
{
	for (size_t i = 0; i < events->count; i++)
		free(events->items[i].map.path);
	free(events->items);
	*events = (struct hw_side_events){ 0 };
}

static struct perf_event_attr dummy_attr(void)
{
	return (struct perf_event_attr){
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(struct perf_event_attr),
		.config = PERF_COUNT_SW_DUMMY,
		.sample_type = PERF_SAMPLE_TIME,
		.sample_id_all = 1,
		.exclude_kernel = 1,
		.inherit = 1,
		.mmap = 1, /* executable mappings only: mmap_data is not set */
		.mmap2 = 1,
		.comm = 1,
		.comm_exec = 1,
		.task = 1,
		.watermark = 1,
		.wakeup_watermark = 1,
		.use_clockid = 1,
		.clockid = CLOCK_MONOTONIC,
	};
}

static size_t ring_bytes(const struct hw_sideband *sb)
{
	return sb->page_size * (RING_PAGES + 1);
}

static int map_ring(struct hw_sideband *sb, struct ring *ring, int fd)
{
	/* By edge: the event of a thread that has ended hangs up, and never stops to. */
	struct epoll_event ev = { .events = EPOLLIN | EPOLLET };
	void *page = mmap(NULL, ring_bytes(sb), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (page == MAP_FAILED)
		return -errno;
	ring->page = page;
	ring->fd = fd;
	if (epoll_ctl(sb->epoll_fd, EPOLL_CTL_ADD, fd, &ev) < 0)
		return -errno;
	return 0;
}

/* An event of @tid on @cpu; inherit and a ring go together only for one CPU at a time. */
static int open_one(struct hw_sideband *sb, pid_t tid, int cpu)
{
	struct perf_event_attr attr = dummy_attr();
	struct ring *ring = &sb->rings[cpu];
	int r, fd = hw_perf_event_open(&attr, tid, cpu, -1);

	if (fd < 0)
		return fd;
	r = hw_reserve(sb->fds, sb->cap_fds, sb->n_fds + 1);
	if (r < 0) {
		close(fd);
		return r;
	}
	sb->fds[sb->n_fds++] = fd;
	if (!ring->page)
		return map_ring(sb, ring, fd);
	return ioctl(fd, PERF_EVENT_IOC_SET_OUTPUT, ring->fd) < 0 ? -errno : 0;
}

static int open_cpu(struct hw_sideband *sb, const pid_t *tids, size_t n_tids, int cpu)
{
	size_t opened = 0;
	int r = 0;

	if (!n_tids)
		return open_one(sb, -1, cpu);
	for (size_t i = 0; i < n_tids; i++) {
		r = open_one(sb, tids[i], cpu);
		if (r == -ESRCH)
			continue; /* the thread has ended meanwhile */
		if (r < 0)
			return r;
		opened++;
	}
	return opened ? 0 : -ESRCH;
}

static struct hw_sideband *sideband_alloc(void)
{
	struct hw_sideband *sb = calloc(1, sizeof(*sb));

	if (!sb)
		return NULL;
	sb->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	sb->page_size = (size_t)sysconf(_SC_PAGESIZE);
	sb->n_rings = (size_t)sysconf(_SC_NPROCESSORS_CONF);
	sb->rings = calloc(sb->n_rings, sizeof(*sb->rings));
	sb->record = malloc(RECORD_MAX);
	if (sb->epoll_fd < 0 || !sb->rings || !sb->record)
		return hw_sideband_free(sb);
	return sb;
}

int hw_sideband_open(const pid_t *tids, size_t n_tids, struct hw_sideband **ret)
{
	hw_auto(hw_sideband_free) struct hw_sideband *sb = sideband_alloc();

	if (!sb)
		return -ENOMEM;
	for (size_t cpu = 0; cpu < sb->n_rings; cpu++) {
		int r = open_cpu(sb, tids, n_tids, (int)cpu);

		if (r == -ENODEV)
			continue; /* offline */
		if (r < 0)
			return r;
	}
	*ret = hw_take_ptr(sb);
	return 0;
}

struct hw_sideband *hw_sideband_free(struct hw_sideband *sb)
{
	if (!sb)
		return NULL;
	for (size_t i = 0; sb->rings && i < sb->n_rings; i++)
		if (sb->rings[i].page)
			munmap(sb->rings[i].page, ring_bytes(sb));
	for (size_t i = 0; i < sb->n_fds; i++)
		close(sb->fds[i]);
	if (sb->epoll_fd >= 0)
		close(sb->epoll_fd);
	free(sb->rings);
	free(sb->fds);
	free(sb->record);
	free(sb);
	return NULL;
}

int hw_sideband_fd(const struct hw_sideband *sb)
{
	return sb->epoll_fd;
}

/* Copies @size bytes that begin at position @pos of the ring, which may wrap. */
static void copy_out(const struct hw_sideband *sb, const struct ring *ring, uint64_t pos, void *to,
		     size_t size)
{
	const unsigned char *data = (const unsigned char *)ring->page + sb->page_size;
	size_t ring_size = sb->page_size * RING_PAGES;
	size_t at = pos & (ring_size - 1);
	size_t first = size < ring_size - at ? size : ring_size - at;

	memcpy(to, data + at, first);
	memcpy((unsigned char *)to + first, data, size - first);
}

/* Bodies of the records behind their perf_event_header, perf_event_open(2). All end with the
 * sample_id: here only the time, 8 bytes. */
struct mmap2_body {
	uint32_t pid, tid;
	uint64_t addr, len, pgoff;
	uint32_t maj, min;
	uint64_t ino, ino_generation;
	uint32_t prot, flags;
	char filename[];
};

struct comm_body {
	uint32_t pid, tid;
	char comm[];
};

struct task_body {
	uint32_t pid, ppid, tid, ptid;
	uint64_t time;
};

struct lost_body {
	uint64_t id, lost;
};

/* The text at @text inside a record that ends before @end, bounded. */
static char *text_of(const char *text, const unsigned char *end)
{
	size_t room = (const char *)end > text ? (size_t)((const char *)end - text) : 0;

	return strndup(text, room);
}

/* The kernel names what is no file "//anon" or like "[vdso]"; /proc/PID/maps has "" for the
 * first. */
static int parse_mmap2(const struct mmap2_body *b, const unsigned char *end,
		       struct hw_side_event *ret)
{
	char *path = text_of(b->filename, end);

	if (!path)
		return -ENOMEM;
	if (!strcmp(path, "//anon"))
		*path = 0;
	ret->kind = HW_SIDE_MMAP;
	ret->pid = (int32_t)b->pid;
	ret->tid = (int32_t)b->tid;
	ret->map = (struct hw_map){
		.start = b->addr,
		.end = b->addr + b->len,
		.file_off = b->pgoff,
		.dev_major = b->maj,
		.dev_minor = b->min,
		.inode = b->ino,
		.path = path,
	};
	return 1;
}

static int parse_comm(const struct perf_event_header *h, const struct comm_body *b,
		      const unsigned char *end, struct hw_side_event *ret)
{
	size_t room = (size_t)((const char *)end - b->comm);

	ret->kind = h->misc & PERF_RECORD_MISC_COMM_EXEC ? HW_SIDE_EXEC : HW_SIDE_COMM;
	ret->pid = (int32_t)b->pid;
	ret->tid = (int32_t)b->tid;
	if (room > sizeof(ret->comm) - 1)
		room = sizeof(ret->comm) - 1;
	memcpy(ret->comm, b->comm, room);
	return 1;
}

static int parse_task(const struct perf_event_header *h, const struct task_body *b,
		      struct hw_side_event *ret)
{
	ret->kind = h->type == PERF_RECORD_FORK ? HW_SIDE_FORK : HW_SIDE_EXIT;
	ret->pid = (int32_t)b->pid;
	ret->tid = (int32_t)b->tid;
	ret->parent = (int32_t)b->ppid;
	return 1;
}

/* Returns 1 and fills *ret, 0 for a record that is of no use here, or -ENOMEM. */
static int parse_record(const struct perf_event_header *h, struct hw_side_event *ret)
{
	const void *body = h + 1;
	const unsigned char *end = (const unsigned char *)h + h->size - sizeof(uint64_t);
	size_t size = (size_t)(end - (const unsigned char *)body);

	if (h->size < sizeof(*h) + sizeof(uint64_t))
		return 0;
	memcpy(&ret->time_ns, end, sizeof(ret->time_ns));
	if (h->type == PERF_RECORD_MMAP2 && size > sizeof(struct mmap2_body))
		return parse_mmap2(body, end, ret);
	if (h->type == PERF_RECORD_COMM && size > sizeof(struct comm_body))
		return parse_comm(h, body, end, ret);
	if ((h->type == PERF_RECORD_FORK || h->type == PERF_RECORD_EXIT) &&
	    size >= sizeof(struct task_body))
		return parse_task(h, body, ret);
	if (h->type == PERF_RECORD_LOST && size >= sizeof(struct lost_body)) {
		ret->kind = HW_SIDE_LOST;
		ret->lost = ((const struct lost_body *)body)->lost;
		return 1;
	}
	return 0;
}

static int take_record(struct hw_sideband *sb, struct hw_side_events *events)
{
	struct hw_side_event ev = { 0 };
	int r = parse_record((const struct perf_event_header *)sb->record, &ev);

	if (r <= 0)
		return r;
	r = hw_reserve(events->items, events->cap, events->count + 1);
	if (r < 0) {
		free(ev.map.path);
		return r;
	}
	ev.order = (uint32_t)events->count;
	events->items[events->count++] = ev;
	return 0;
}

/* perf_event_open(2): the head is read with acquire, the tail given back with release. */
static int drain_ring(struct hw_sideband *sb, struct ring *ring, struct hw_side_events *events)
{
	uint64_t head = __atomic_load_n(&ring->page->data_head, __ATOMIC_ACQUIRE);
	uint64_t tail = ring->page->data_tail;
	int r = 0;

	while (tail < head && r >= 0) {
		struct perf_event_header h;

		copy_out(sb, ring, tail, &h, sizeof(h));
		if (h.size < sizeof(h) || h.size > head - tail) {
			log_debug("sideband: a record of %u bytes cannot be; ring skipped", h.size);
			tail = head;
			break;
		}
		copy_out(sb, ring, tail, sb->record, h.size);
		r = take_record(sb, events);
		tail += h.size;
	}
	__atomic_store_n(&ring->page->data_tail, tail, __ATOMIC_RELEASE);
	return r < 0 ? r : 0;
}

static int by_time(const void *a, const void *b)
{
	const struct hw_side_event *x = a, *y = b;

	if (x->time_ns != y->time_ns)
		return x->time_ns > y->time_ns ? 1 : -1;
	return (x->order > y->order) - (x->order < y->order);
}

int hw_sideband_drain(struct hw_sideband *sb, struct hw_side_events *ret)
{
	struct epoll_event told[16];

	while (epoll_wait(sb->epoll_fd, told, sizeof(told) / sizeof(told[0]), 0) > 0)
		; /* heard; what comes from here on tells again */
	for (size_t i = 0; i < sb->n_rings; i++) {
		int r = sb->rings[i].page ? drain_ring(sb, &sb->rings[i], ret) : 0;

		if (r < 0)
			return r;
	}
	if (ret->count)
		qsort(ret->items, ret->count, sizeof(*ret->items), by_time);
	return 0;
}
