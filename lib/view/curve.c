/* SPDX-License-Identifier: Apache-2.0 */
#include "view/curve.h"

#include <math.h>

size_t hw_curve_of_memory(const struct hw_wall *w, size_t n, double *ret_bytes)
{
	double end = w->n_points ? w->points[w->n_points - 1].end_s : 0;
	size_t filled = 0;

	for (size_t i = 0; i < w->n_points && end > 0; i++) {
		double at = ceil(w->points[i].end_s / end * (double)n);
		size_t last = at < 1 ? 1 : at > (double)n ? n : (size_t)at;
		double bytes = (double)w->points[i].rss_bytes;

		if (filled && filled >= last && bytes > ret_bytes[filled - 1])
			ret_bytes[filled - 1] = bytes;
		while (filled < last)
			ret_bytes[filled++] = bytes;
	}
	return filled;
}
