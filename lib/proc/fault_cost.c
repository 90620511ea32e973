/* SPDX-License-Identifier: Apache-2.0 */
#include "proc/fault_cost.h"

#include <stddef.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static double thread_cpu_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

double hw_fault_cost_s(void)
{
	enum { PAGES = 256 }; /* some 0.5 ms; 64 to 16,384 pages were measured to cost the same */
	size_t page = (size_t)sysconf(_SC_PAGESIZE), size = PAGES * page;
	double start = thread_cpu_s();
	volatile char *p =
		mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return -1;
	madvise((void *)p, size, MADV_NOHUGEPAGE); /* fails where there are no huge pages: fine */
	for (size_t i = 0; i < size; i += page)
		p[i] = 1;
	munmap((void *)p, size);
	return (thread_cpu_s() - start) / PAGES;
}
