/* SPDX-License-Identifier: Apache-2.0
 * Page faults for profiles made by code, see profile_builder.h. */
#ifndef HW_TESTS_FAULT_BUILDER_H
#define HW_TESTS_FAULT_BUILDER_H

#include "profile_builder.h"

#define MS 1000000ull

struct build_faults {
	uint16_t event;
	int32_t pid;		/* 0: 100 */
	enum hw_fault_kind kind;
	uint64_t page, n;	/* so many faults, on the pages from that number on */
	uint64_t period;	/* 0: 1 */
	uint64_t time_ns;	/* all at once */
};

static inline struct hw_profile *build_fault_profile(void)
{
	struct hw_profile *p = build_profile("page-faults", "");

	p->session.events[0].frequency_hz = 0;
	p->session.events[0].period = 1;
	p->session.page_bytes = 4096;
	p->session.start_ns = 1000 * MS;
	return p;
}

static inline void build_faults(struct hw_profile *p, const struct build_faults *b,
				const struct build_frame *frames)
{
	int32_t pid = b->pid ? b->pid : 100;
	struct hw_task task = { pid, pid, build_string(p, "python3") };
	size_t first = p->n_samples;

	build_samples_of(p, b->event, b->n, frames, &task);
	for (size_t i = first; i < p->n_samples; i++) {
		p->samples[i].time_ns = b->time_ns;
		p->samples[i].period = b->period ? b->period : 1;
		p->samples[i].addr = (b->page + i - first) * 4096 + i % 4096;
		p->samples[i].flags = (uint32_t)b->kind << HW_SAMPLE_FAULT_SHIFT;
	}
}

#endif
