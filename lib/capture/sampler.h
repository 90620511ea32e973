/* SPDX-License-Identifier: Apache-2.0
 * The BPF programs of bpf/sample.bpf.c and the perf events that run them. */
#ifndef HW_CAPTURE_SAMPLER_H
#define HW_CAPTURE_SAMPLER_H

#include <linux/types.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "capture/options.h"
#include "capture/tables.h"
#include "sched/waits.h"
#include "wire/python.h"
#include "wire/sample.h"

struct hw_sampler; /* opaque */

/* Loads the programs for the events of @opts, which is borrowed and must outlive the sampler, and
 * with @maps (else NULL) for blocked time if @opts asks for it. Nothing is sampled yet. Returns 0
 * and sets *ret (free with hw_sampler_free()), or the negative
 * errno of bpf(2). */
int hw_sampler_load(const struct hw_recorder_opts *opts, const struct hw_waits_maps *maps,
		    struct hw_sampler **ret);

/* Whether this kernel lets a thread take its stack when it goes on after it was blocked. */
bool hw_sampler_can_off_cpu(void);

struct hw_sampler *hw_sampler_free(struct hw_sampler *s);
HW_DEFINE_AUTO(struct hw_sampler *, hw_sampler_free)

/* Opens the events of the options on the threads of their process, or on every CPU, and runs the
 * programs on them. Returns 0, or the negative errno of perf_event_open(2), with the event that
 * was refused in *ret_event; -ESRCH when the process has gone. */
int hw_sampler_attach(struct hw_sampler *s, size_t *ret_event);

/* The maps that the programs unwind by, owned by @s. */
struct hw_tables_fds hw_sampler_table_fds(const struct hw_sampler *s);

/* The file descriptor of the ring buffer with struct hw_raw_sample records, owned by @s. */
int hw_sampler_ring_fd(const struct hw_sampler *s);

/* What event @event counted so far, over all its threads or CPUs and those that inherited it, and
 * the time that it was enabled and on a counter: below the first when events take turns. Not
 * scaled. Returns 0 and fills *ret, or -EIO. */
struct hw_sampler_count {
	uint64_t counted, enabled_ns, running_ns;
};
int hw_sampler_count(const struct hw_sampler *s, size_t event, struct hw_sampler_count *ret);

/* Whether samples of kernel code bring no whole stacks of user code, since this kernel reads user memory
 * in an interrupt at a risk, or may do so: see kernel/nofault.h. */
bool hw_sampler_takes_lock(const struct hw_sampler *s);

/* Samples so far that found the ring full; and those of tasks that have no number in hwprof's pid
 * namespace, which are not sent. */
uint64_t hw_sampler_lost(const struct hw_sampler *s);
uint64_t hw_sampler_outside(const struct hw_sampler *s);

/* Says where the CPython of process @pid keeps its frames; @proc NULL: it is gone. For any thread.
 * No room for one more is logged at debug: its Python frames will be missing. */
void hw_sampler_set_python(struct hw_sampler *s, int32_t pid, const struct hw_py_proc *proc);

#endif
