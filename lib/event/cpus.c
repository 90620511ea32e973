/* SPDX-License-Identifier: Apache-2.0 */
#include "event/cpus.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/dirs.h"

/* The number at *@text, which is moved behind it; -1 when it is none, or too large. */
static int take_cpu(const char **text)
{
	int cpu = 0;

	if (!isdigit((unsigned char)**text))
		return -1;
	while (isdigit((unsigned char)**text)) {
		cpu = cpu * 10 + (*(*text)++ - '0');
		if (cpu >= HW_CPUS_MAX)
			return -1;
	}
	return cpu;
}

int hw_cpus_read(int dir_fd, const char *path, int **ret_cpus)
{
	char buf[4096];
	const char *text = buf;
	hw_autofree int *cpus = NULL;
	size_t n = 0, cap = 0;
	int last = -1; /* the list ascends, so it ends */
	int r = hw_dir_read(dir_fd, path, buf, sizeof(buf));

	if (r < 0)
		return r;
	do {
		int first = take_cpu(&text), end = first;

		if (*text == '-') {
			text++;
			end = take_cpu(&text);
		}
		if (first <= last || end < first)
			return -EBADMSG;
		for (last = first; last <= end; last++) {
			r = hw_reserve(cpus, cap, n + 1);
			if (r < 0)
				return r;
			cpus[n++] = last;
		}
		last = end;
	} while (*text++ == ',');
	if (text[-1])
		return -EBADMSG;
	*ret_cpus = hw_take_ptr(cpus);
	return (int)n;
}

int hw_cpus_online(int **ret_cpus)
{
	return hw_cpus_read(AT_FDCWD, "/sys/devices/system/cpu/online", ret_cpus);
}
