/* SPDX-License-Identifier: Apache-2.0
 * Refusals of bpf(2) in words, as event/perf.h has them for perf_event_open(2). */
#ifndef HW_KERNEL_REFUSAL_H
#define HW_KERNEL_REFUSAL_H

/* Makes a map of one element and loads "return 0", a program of the type that samples, for a moment: 0,
 * or the negative errno of bpf(2), which has nothing to do with what hwprof's own programs ask for. */
int hw_bpf_probe(void);

/* One sentence, "cause; remedy": why programs could not be loaded, for @error, the negative errno that
 * it ended with. The cause is looked for here and now: rights, filters, lockdown, limits, and what the
 * kernel was built with. Caller frees; NULL without memory. */
char *hw_bpf_explain(int error);

#endif
