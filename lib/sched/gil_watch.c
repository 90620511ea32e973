/* SPDX-License-Identifier: Apache-2.0 */
#include "sched/gil_watch.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/types.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/eventfd.h>

#include "target/binary.h"
#include "proc/maps.h"
#include "wire/wait.h"

struct hw_gil_watch {
	int gils_fd, stop_fd;
	struct ring_buffer *asked;
	struct hw_binaries *binaries; /* opened to look for CPython */
	struct hw_binaries *own;      /* NULL: they are borrowed */
	pthread_t thread;
	bool runs;
};

/* Notes where the CPython that @map of @pid belongs to keeps its GIL, if it is one. */
static bool gil_in_map(struct hw_gil_watch *g, pid_t pid, const struct hw_map *map, struct hw_gil *ret)
{
	const struct hw_binary *b = hw_binaries_get(g->binaries, pid, map);
	uint64_t vaddr;

	if (!b || !b->gil_size || hw_module_vaddr(b->module, map->file_off, &vaddr) < 0)
		return false;
	ret->start = map->start - vaddr + b->gil_vaddr;
	ret->end = ret->start + b->gil_size;
	return true;
}

/* The program itself is the first mapping; libraries it was linked with come last. */
static bool find_gil(struct hw_gil_watch *g, pid_t pid, struct hw_gil *ret)
{
	hw_auto(hw_maps_free) struct hw_maps *maps = NULL;
	size_t n;

	if (hw_maps_read(pid, &maps) < 0)
		return false;
	n = hw_maps_count(maps);
	for (size_t i = 0; i < n; i++)
		if (gil_in_map(g, pid, hw_maps_at(maps, i ? n - i : 0), ret))
			return true;
	return false;
}

static int answer(void *ctx, void *data, size_t size)
{
	struct hw_gil_watch *g = ctx;
	const struct hw_gil_request *asked = data;
	struct hw_gil gil = { 0 };

	if (size >= sizeof(*asked) && asked->pid && find_gil(g, (pid_t)asked->pid, &gil))
		bpf_map_update_elem(g->gils_fd, &asked->tgid, &gil, BPF_EXIST);
	return 0;
}

static void *answer_all(void *arg)
{
	struct hw_gil_watch *g = arg;
	struct pollfd fds[] = {
		{ .fd = ring_buffer__epoll_fd(g->asked), .events = POLLIN },
		{ .fd = g->stop_fd, .events = POLLIN },
	};

	while (!fds[1].revents) {
		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			return NULL;
		ring_buffer__consume(g->asked);
	}
	return NULL;
}

int hw_gil_watch_new(int requests_fd, int gils_fd, struct hw_binaries *binaries,
		     struct hw_gil_watch **ret)
{
	hw_auto(hw_gil_watch_free) struct hw_gil_watch *g = calloc(1, sizeof(*g));

	if (!g)
		return -ENOMEM;
	g->gils_fd = gils_fd;
	g->stop_fd = eventfd(0, EFD_CLOEXEC);
	if (g->stop_fd < 0)
		return -errno;
	g->own = binaries ? NULL : hw_binaries_new();
	g->binaries = binaries ? binaries : g->own;
	if (!g->binaries)
		return -ENOMEM;
	g->asked = ring_buffer__new(requests_fd, answer, g, NULL);
	if (!g->asked)
		return -errno;
	if (pthread_create(&g->thread, NULL, answer_all, g))
		return -EAGAIN;
	g->runs = true;
	*ret = hw_take_ptr(g);
	return 0;
}

struct hw_gil_watch *hw_gil_watch_free(struct hw_gil_watch *g)
{
	if (!g)
		return NULL;
	if (g->runs && eventfd_write(g->stop_fd, 1) == 0)
		pthread_join(g->thread, NULL);
	ring_buffer__free(g->asked);
	hw_binaries_free(g->own);
	if (g->stop_fd >= 0)
		close(g->stop_fd);
	free(g);
	return NULL;
}
