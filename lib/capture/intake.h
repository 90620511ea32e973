/* SPDX-License-Identifier: Apache-2.0
 * A thread that takes samples and sideband events off their rings as they come, however busy the
 * thread that symbolizes is, and does at once what cannot wait: it tells where a CPython has
 * appeared, before the interpreter runs its first function, it brings the tables to unwind native
 * code with up to what processes map, and it reads code objects before they are freed or their
 * process has gone. */
#ifndef HW_CAPTURE_INTAKE_H
#define HW_CAPTURE_INTAKE_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "capture/batch.h"
#include "capture/sideband.h"
#include "wire/python.h"
#include "wire/sample.h"

struct hw_binaries;
struct hw_processes;
struct hw_tables;
struct ring_buffer;

/* Told, one call at a time: CPython is in @pid now (where to find its frames), or @pid has ended or
 * runs another program (@proc NULL). A fork is not told: the BPF program copies by itself, sooner
 * than we could. */
typedef void hw_python_fn(void *ctx, int32_t pid, const struct hw_py_proc *proc);

struct hw_intake; /* opaque */

/* Makes the intake of the rings @map_fd (a BPF ring buffer) and @sb, and of @tables, all no longer the
 * caller's to use; of @processes it is the owner (see there) as long as it lives. Files that a command
 * will map are opened in @binaries. All are borrowed. Returns 0 and sets *ret (free with
 * hw_intake_free(), which ends the thread), -ENOMEM, or a negative errno of epoll_create1(2) or
 * mmap(2). */
int hw_intake_new(int map_fd, struct hw_sideband *sb, struct hw_binaries *binaries,
		  struct hw_processes *processes, struct hw_tables *tables, hw_python_fn *tell,
		  void *ctx, struct hw_intake **ret);
struct hw_intake *hw_intake_free(struct hw_intake *in);
HW_DEFINE_AUTO(struct hw_intake *, hw_intake_free)

/* Starts the thread. Returns 0, or -EAGAIN. Until then hw_intake_take() does its work. */
int hw_intake_start(struct hw_intake *in);

/* Looks for CPython in process @pid, which was there before; any other process is looked at when
 * its first sample comes. 0, -ENOMEM. */
int hw_intake_know(struct hw_intake *in, int32_t pid);

/* Reads what the program @argv will map, so that its first sample is unwound as well as any. */
void hw_intake_expect(struct hw_intake *in, char *const *argv);

/* Moves all that has come so far into @ret (release with hw_batch_done()). Every event older than a
 * sample was applied before it was completed. Code objects in it live as long as the processes. 0,
 * -ENOMEM. */
int hw_intake_take(struct hw_intake *in, struct hw_batch *ret);

#endif
