/* SPDX-License-Identifier: Apache-2.0
 * A perf map that grows: the first byte says how much of it is there at the first look. */
#include "fuzz.h"

#include <ctype.h>
#include <sys/mman.h>
#include <time.h>

#include "sym/perf_map.h"

#define PLACES 128

/* Linked in place of clock_gettime(2): the map is read again only after some time, which this lets
 * pass at once. */
int __wrap_clock_gettime(clockid_t clock, struct timespec *ret);
int __wrap_clock_gettime(clockid_t clock, struct timespec *ret)
{
	static time_t now;

	(void)clock;
	*ret = (struct timespec){ .tv_sec = ++now };
	return 0;
}

static void look_at(struct hw_perf_map *m, uint64_t addr)
{
	struct hw_symbol s;
	int r = hw_perf_map_find(m, addr, &s);

	fuzz_check(r == 0 || r == 1);
	if (!r)
		return;
	fuzz_check(s.start <= addr && s.offset_bytes == addr - s.start);
	fuzz_check(*s.name && strlen(s.name) <= HW_PERF_MAP_NAME_MAX);
	for (const char *c = s.name; *c; c++)
		fuzz_check(!iscntrl((unsigned char)*c));
}

/* Looks where the lines begin, and just before. */
static void look_around(struct hw_perf_map *m, const char *text, size_t size)
{
	const char *at = text, *end = text + size;

	for (int i = 0; at && at < end && i < PLACES; i++) {
		uint64_t addr = strtoull(at, NULL, 16);

		look_at(m, addr);
		look_at(m, addr - 1);
		at = memchr(at, '\n', (size_t)(end - at));
		at = at ? at + 1 : NULL;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	hw_auto(hw_perf_map_free) struct hw_perf_map *m = NULL;
	int fd = memfd_create("perf.map", MFD_CLOEXEC);
	hw_autofree char *text = size ? strndup((const char *)bytes + 1, size - 1) : NULL;
	size_t length = text ? strlen(text) : 0;
	size_t first = size ? length * bytes[0] / 255 : 0;

	fuzz_check(fd >= 0);
	m = hw_perf_map_new_fd(fd);
	if (!m || !size)
		return 0;
	fuzz_check(pwrite(fd, bytes + 1, first, 0) == (ssize_t)first);
	look_around(m, text, length);
	fuzz_check(pwrite(fd, bytes + 1, size - 1, 0) == (ssize_t)size - 1);
	look_around(m, text, length);
	return 0;
}
