/* SPDX-License-Identifier: Apache-2.0
 * bench_stall PROFILE: prints the estimated memory stall as a share of user time, its expected
 * error, and the number of samples behind it. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "bound/stall.h"
#include "profile/file.h"

int main(int argc, char **argv)
{
	hw_auto(hw_profile_close) const struct hw_profile *p = NULL;
	hw_auto(hw_stall_done) struct hw_stall stall = { 0 };
	uint64_t cut;
	int r = argc == 2 ? hw_profile_read(argv[1], &p, &cut, NULL) : -EINVAL;

	if (r >= 0)
		r = hw_stall_from_profile(p, &stall);
	if (r < 0) {
		fprintf(stderr, "bench_stall: %s\n", strerror(-r));
		return 1;
	}
	printf("%.4f %.4f %llu\n", stall.share, stall.error, (unsigned long long)stall.n_samples);
	return 0;
}
