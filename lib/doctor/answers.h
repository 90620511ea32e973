/* SPDX-License-Identifier: Apache-2.0
 * What the machine says when it is asked whether hwprof can work on it: kernel, settings and rights of
 * this user. Here nothing is judged (doctor/checks.h), so that a test can give the answers of any
 * machine. */
#ifndef HW_DOCTOR_ANSWERS_H
#define HW_DOCTOR_ANSWERS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "event/perf_rights.h"

/* Whether something can be done. */
struct hw_trial {
	int error; /* 0: it can; else a negative errno */
	char *why; /* "cause; remedy" of the error; NULL where nobody could tell. Owned */
};

/* A number of a file; it is that of nothing when @error is not 0. */
struct hw_setting {
	int error; /* 0, or the negative errno of reading it */
	uint64_t value;
};

struct hw_answers {
	char release[65]; /* of the kernel; "": it does not say */
	bool is_virtual;
	char model[160]; /* of a virtual machine, "QEMU Standard PC"; "": not known */
	const char *container_sign; /* by what a container is known, as a clause; NULL: by nothing */
	bool has_own_pids, has_own_users; /* namespaces that are not the machine's */

	/* Counting and sampling. */
	struct hw_trial cycles, cpu_clock, context_switches;
	bool has_pmu;
	int paranoid_error, paranoid; /* kernel.perf_event_paranoid */
	struct hw_setting max_rate_hz, mlock_kb; /* perf_event_max_sample_rate, perf_event_mlock_kb */
	uint64_t open_files, open_files_max; /* RLIMIT_NOFILE; UINT64_MAX: unlimited */

	/* BPF. */
	int btf_error;
	struct hw_trial sampler; /* the programs that sample */
	bool is_sampler_careful; /* it does not read user memory where that may block the kernel */
	bool can_load_any;	 /* a program that does nothing */
	struct hw_trial waits;	 /* the programs of the wall budget */
	bool has_blocked_stacks;

	/* Rights. */
	bool is_admin, has_bpf, has_perfmon, has_ptrace, has_ipc_lock; /* CAP_SYS_ADMIN ... */
	const char *rights_remedy, *filter_remedy, *kernel_remedy; /* of event/perf_rights.h */
	bool is_filtered; /* by seccomp */
	int lockdown_error;
	enum hw_lockdown lockdown;
	struct hw_setting kptr_restrict, ptrace_scope;
	bool shows_kernel; /* /proc/kallsyms does */

	/* Names. */
	int tracefs_error;
	char tracefs[64]; /* where it is mounted; "": for hwprof alone */
	bool has_debug_files, has_debug_servers;
};

/* Asks all of it: some 0.3 s, most of that for loading programs. @ret needs hw_answers_done(). */
void hw_answers_ask(struct hw_answers *ret);
void hw_answers_done(struct hw_answers *a); /* may be all zeros */
HW_DEFINE_AUTO_DONE(struct hw_answers, hw_answers_done)

#endif
