/* SPDX-License-Identifier: Apache-2.0
 * What a recording says of itself in its profile: the machine, the command, the events, and every
 * doubt about the measurement. */
#ifndef HW_SESSION_DESCRIBE_H
#define HW_SESSION_DESCRIBE_H

#include "target/binary.h"
#include "session/recorder.h"
#include "resolve/resolve.h"
#include "profile/profile.h"

/* Fills what is known before the recording begins. 0, -ENOMEM, or the negative errno of uname(2);
 * what was filled until then is the session's. */
int hw_describe_start(struct hw_session *s, const struct hw_recorder_opts *opts);

/* Brings the loss rows up to date. 0, -ENOMEM. */
int hw_describe_losses(struct hw_session *s, const struct hw_resolver *rs);

/* Adds a doubt for each CPython among @binaries whose frames are not read. 0, -ENOMEM. */
int hw_describe_refused(struct hw_session *s, struct hw_binaries *binaries);

/* Takes the wall budget from @s, which is not to be believed, and adds a doubt that says @why, which may
 * be NULL. 0, -ENOMEM. */
int hw_describe_wall_lost(struct hw_session *s, const char *why);

/* Adds that stacks were walked only from user code: see hw_sampler_takes_lock(). Returns 0 or -ENOMEM. */
int hw_describe_takes_lock(struct hw_session *s);

/* Adds a doubt: the scheduler could not be watched, for @error, a negative errno of bpf(2).
 * 0, -ENOMEM. */
int hw_describe_wall_unknown(struct hw_session *s, int error);

/* Adds a doubt for each event sampled by period whose samples came faster than
 * kernel.perf_event_max_sample_rate, beyond which the kernel stops it until the next timer tick, and
 * that has clearly fewer samples than it counted periods, with the @lost ones. *ret_missing: how many
 * fewer, of all events. 0, -ENOMEM. */
int hw_describe_throttled(struct hw_session *s, uint64_t lost, uint64_t *ret_missing);

/* Adds a doubt for what was counted instead of recorded: sideband records that were overwritten,
 * samples of tasks outside our pid namespace, @files without room for their unwind rows.
 * 0, -ENOMEM. */
int hw_describe_left_out(struct hw_session *s, uint64_t side_lost, uint64_t outside,
			 uint64_t files);

#endif
