/* SPDX-License-Identifier: Apache-2.0 */
#include "proc/rss.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "base/cleanup.h"

/* "size resident shared text lib data dt" in pages, proc_pid_statm(5). */
int hw_rss_of(pid_t pid, uint64_t *ret)
{
	hw_autoclose int fd = -1;
	char path[64], text[256];
	uint64_t pages;
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/statm", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -ESRCH;
	n = read(fd, text, sizeof(text) - 1);
	if (n <= 0)
		return -ESRCH;
	text[n] = '\0';
	if (sscanf(text, "%*u %" SCNu64, &pages) != 1)
		return -EBADMSG;
	*ret = pages * (uint64_t)sysconf(_SC_PAGESIZE);
	return 0;
}
