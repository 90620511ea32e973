/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel/nofault.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "kernel/libbpf_log.h"
#include "nofault.skel.h"

/* A function that is not there, or was inlined, is called by no other file: usercopy.c has the lock
 * from elsewhere. */
static int attach(struct bpf_program *prog, struct bpf_link **ret, bool may_lack)
{
	*ret = bpf_program__attach(prog);
	if (*ret || (may_lack && errno == ENOENT))
		return 0;
	return -errno;
}

static int attach_kprobes(struct nofault_bpf *skel)
{
	int r = attach(skel->progs.saw_read, &skel->links.saw_read, false);

	if (r < 0)
		return r;
	r = attach(skel->progs.saw_area, &skel->links.saw_area, true);
	if (r < 0)
		return r;
	return attach(skel->progs.saw_vm_area, &skel->links.saw_vm_area, true);
}

HW_DEFINE_AUTO(struct nofault_bpf *, nofault_bpf__destroy)

int hw_nofault_takes_lock(void)
{
	LIBBPF_OPTS(bpf_test_run_opts, run);
	static const uint64_t some = 1;
	hw_auto(nofault_bpf__destroy) struct nofault_bpf *skel = NULL;
	int r;

	hw_libbpf_log();
	skel = nofault_bpf__open();
	if (!skel)
		return -errno;
	skel->rodata->from = (uintptr_t)&some;
	r = nofault_bpf__load(skel);
	if (r < 0)
		return r;
	r = attach_kprobes(skel);
	if (r < 0)
		return r;
	r = bpf_prog_test_run_opts(bpf_program__fd(skel->progs.read_once), &run);
	if (r < 0)
		return r;
	return skel->bss->reads ? skel->bss->searches > 0 : -ENODATA;
}
