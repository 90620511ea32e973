/* SPDX-License-Identifier: Apache-2.0
 * An account of the scheduler (bpf/wire/wait.h) as it is told: read between two changes, in seconds, cut
 * to the session. */
#ifndef HW_SCHED_READING_H
#define HW_SCHED_READING_H

#include <stdint.h>

#include "profile/wall.h"
#include "wire/wait.h"

/* Brings @a, a copy, up to @now_ns. A wait that goes on belongs to nobody yet: then nothing changes. */
void hw_reading_settle(struct hw_wall_account *a, uint64_t now_ns);

/* Fills *ret with @a, which lasted @wall_s, but for its timeline and reasons. What is in no class was a
 * wait that has not ended: it is added to @open. Where the classes have more than @wall_s the session
 * lasted as long as they did. */
void hw_reading_wall(const struct hw_wall_account *a, double wall_s, enum hw_wall_class open,
		     struct hw_wall *ret);

/* The session of @wall lasted @wall_s, unless that is <= 0. What is beyond it was a wait of class @open at
 * its end, and a moment before its begin when the command was held, by a pipe; other time stays. */
void hw_reading_cut(struct hw_wall *wall, double wall_s, enum hw_wall_class open);

#endif
