/* SPDX-License-Identifier: Apache-2.0
 * The rule of charging: which frame, and so which function and line, pays for a sample, and what
 * the sample is worth. Whoever names one line for a sample asks here, so that all name the same.
 *
 * A sample is charged to what people can change: of the frames in the highest layer that its stack
 * reaches (view/layers.h) the one nearest the leaf, whatever that had called. So Python code pays
 * for the native code that works for it, the standard library only where nothing else is, and
 * native code for the C library:
 *
 *	leaf  read (libc)  readinto (socket.py)  fetch (app.py)  main (app.py)
 *	pays					 fetch
 *
 * The time of a function itself, "self" in a table, is another question: there it is the leaf. */
#ifndef HW_VIEW_CHARGE_H
#define HW_VIEW_CHARGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "profile/profile.h"

/* What is known of the frames of a profile, which must outlive it. */
struct hw_charge {
	const struct hw_profile *profile;
	uint8_t *layers; /* enum hw_layer, by number of the frame; owned */
};

/* Returns 0 and fills *ret (release with hw_charge_done()), or -ENOMEM. */
int hw_charge_init(const struct hw_profile *p, struct hw_charge *ret);
void hw_charge_done(struct hw_charge *c); /* may be all zeros */
HW_DEFINE_AUTO_DONE(struct hw_charge, hw_charge_done)

/* Which of the @n frames of a stack, leaf first, pays: its index; 0 of an empty one. */
size_t hw_charge_index(const struct hw_charge *c, const uint32_t *frames, size_t n);

/* The frame that pays for samples with @stack, NULL when it is empty. With @native_all the native
 * frame nearest the leaf: who wants to see native code asks what it did, not for whom. */
const struct hw_frame *hw_charge_frame(const struct hw_charge *c, uint32_t stack, bool native_all);

/* What makes the frames of two samples one line, or one function. No padding: compared byte by
 * byte. */
struct hw_charge_key {
	uint32_t kind, module, name, file, line;
};
struct hw_charge_key hw_charge_line(const struct hw_frame *f); /* of NULL: all 0 */
struct hw_charge_key hw_charge_function(const struct hw_frame *f);

/* How many nanoseconds of CPU time one unit of the periods of @event, one over CPU time, is worth:
 * the CPU time of the session shared out by the periods of its samples. That time is the
 * scheduler's where it was watched, else that of getrusage(2); where neither is known, or it runs
 * in one mode only ("cpu-clock:u"), a clock tells its own. For cycles it is right on the average,
 * off where the CPU's frequency differs.
 * Returns 0 and sets *ret, or -EDOM when the CPU time is not known. */
int hw_charge_worth(const struct hw_profile *p, int event, double *ret);

#endif
