/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/rss.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/sorted.h"
#include "proc/rss.h"

#define EVERY_NS   50000000ULL
#define COST_SHARE 100 /* 1 % */

void hw_rss_done(struct hw_rss *rss)
{
	free(rss->last);
	*rss = (struct hw_rss){ 0 };
}

static int compare_pids(const void *a, const void *b)
{
	const struct hw_process_id *x = a, *y = b;

	return (x->pid > y->pid) - (x->pid < y->pid);
}

static uint64_t bytes_before(const struct hw_rss *rss, int32_t pid)
{
	size_t i = hw_lower_bound(k, rss->n_last, rss->last[k].pid < pid);

	return i < rss->n_last && rss->last[i].pid == pid ? rss->last[i].bytes : 0;
}

/* Reads all of them: returns the sum, with the one that has grown most in *ret_pid. */
static uint64_t look_at_all(struct hw_rss *rss, struct hw_processes *processes, int32_t *ret_pid)
{
	hw_autofree struct hw_process_id *ids = NULL;
	ssize_t n = hw_processes_list(processes, &ids);
	struct hw_rss_process *fresh = n < 0 ? NULL : calloc((size_t)n + 1, sizeof(*fresh));
	uint64_t sum = 0;
	int64_t most = 0;
	size_t n_fresh = 0;

	*ret_pid = 0;
	if (!fresh)
		return rss->bytes;
	qsort(ids, (size_t)n, sizeof(*ids), compare_pids);
	for (ssize_t i = 0; i < n; i++) {
		int64_t grown;
		uint64_t bytes;

		if (hw_rss_of(ids[i].task, &bytes) < 0)
			continue; /* it has ended */
		grown = (int64_t)(bytes - bytes_before(rss, ids[i].pid));
		if (!*ret_pid || grown > most) {
			most = grown;
			*ret_pid = ids[i].pid;
		}
		sum += bytes;
		fresh[n_fresh++] = (struct hw_rss_process){ ids[i].pid, bytes };
	}
	free(rss->last);
	rss->last = fresh;
	rss->n_last = n_fresh;
	return sum;
}

void hw_rss_look(struct hw_rss *rss, struct hw_processes *processes)
{
	uint64_t begin = hw_clock_ns(), cost;
	int32_t grown_pid;

	if (begin < rss->due_ns)
		return;
	rss->bytes = look_at_all(rss, processes, &grown_pid);
	cost = (hw_clock_ns() - begin) * COST_SHARE;
	rss->due_ns = begin + (cost > EVERY_NS ? cost : EVERY_NS);
	if (rss->bytes > rss->peak_bytes)
		rss->peak_bytes = rss->bytes;
	if (rss->bytes > rss->peak_mark + rss->peak_mark / 200) {
		rss->peak_mark = rss->bytes;
		rss->peak_ns = begin;
		rss->peak_pid = grown_pid;
	}
}
