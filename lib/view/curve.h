/* SPDX-License-Identifier: Apache-2.0
 * What a session held over time, as a curve of so many columns. */
#ifndef HW_VIEW_CURVE_H
#define HW_VIEW_CURVE_H

#include <stddef.h>

#include "profile/wall.h"

/* The memory of all processes over time: the most that was seen in each of @n stretches of the run,
 * all as long, in bytes. A stretch that nothing was seen in has what was seen next. Returns how
 * many stretches are filled: none without any point, @n else. */
size_t hw_curve_of_memory(const struct hw_wall *w, size_t n, double *ret_bytes);

#endif
