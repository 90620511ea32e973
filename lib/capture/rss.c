/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/rss.h"

#include "base/clock.h"
#include "proc/rss.h"

#define EVERY_NS   50000000ULL
#define COST_SHARE 100 /* 1 % */

struct look {
	uint64_t bytes;
	int64_t grown; /* of the process below */
	int32_t pid;
};

static void look_at(void *ctx, struct hw_process *p)
{
	struct look *look = ctx;
	uint64_t bytes = 0;
	int64_t grown;

	if (hw_rss_of(p->pid, &bytes) < 0)
		return; /* it has ended */
	grown = (int64_t)(bytes - p->rss_bytes);
	if (!look->pid || grown > look->grown) {
		look->grown = grown;
		look->pid = p->pid;
	}
	look->bytes += bytes;
	p->rss_bytes = bytes;
}

void hw_rss_look(struct hw_rss *rss, struct hw_processes *processes)
{
	uint64_t begin = hw_clock_ns(), cost;
	struct look look = { 0 };

	if (begin < rss->due_ns)
		return;
	hw_processes_each(processes, look_at, &look);
	cost = (hw_clock_ns() - begin) * COST_SHARE;
	rss->due_ns = begin + (cost > EVERY_NS ? cost : EVERY_NS);
	rss->bytes = look.bytes;
	if (look.bytes > rss->peak_bytes)
		rss->peak_bytes = look.bytes;
	if (look.bytes > rss->peak_mark + rss->peak_mark / 200) {
		rss->peak_mark = look.bytes;
		rss->peak_ns = begin;
		rss->peak_pid = look.pid;
	}
}
