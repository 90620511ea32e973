/* SPDX-License-Identifier: Apache-2.0
 * Page faults of known number and kind, each kind from a line of its own, whose number main() says:
 *
 *	memory fresh N		a write to each of N pages of fresh memory
 *	memory churn N K	the same, then K times given back by MADV_DONTNEED and written again
 *	memory fork N		a child writes to N pages that its parent had written
 *	memory zero N		N pages are read, then written
 *	memory private N FILE	N pages of FILE, mapped privately, are read, then written
 *	memory disk N FILE	N pages of FILE are read which the page cache does not hold
 *	memory kernel N FILE	read(2) fills N fresh pages from FILE
 *	memory threads N T	T threads write to N fresh pages each
 *	memory hold N MS	writes to N fresh pages, holds them for MS ms, gives them back, and
 *				lives for as long again
 *
 * Prints the lines in which it touches pages: "first" and "second". */
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LINE(name) printf("%s=%d\n", name, __LINE__ + 1)

static size_t page;
static volatile char sink;

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

static char *map(size_t n, int fd)
{
	int flags = fd < 0 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_PRIVATE;
	char *p = mmap(NULL, n * page, PROT_READ | PROT_WRITE, flags, fd, 0);

	if (p == MAP_FAILED)
		fail("mmap");
	if (madvise(p, n * page, fd < 0 ? MADV_NOHUGEPAGE : MADV_RANDOM) < 0)
		fail("madvise"); /* a fault per page: no huge pages, no reading ahead */
	return p;
}

static int open_file(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		fail(path);
	return fd;
}

static void __attribute__((noinline)) fresh(size_t n)
{
	volatile char *p = map(n, -1);

	LINE("first");
	for (size_t i = 0; i < n; i++) p[i * page] = 1;
}

static void __attribute__((noinline)) churn(size_t n, size_t rounds)
{
	char *p = map(n, -1);

	LINE("first");
	for (size_t i = 0; i < n; i++) ((volatile char *)p)[i * page] = 1;
	for (size_t k = 0; k < rounds; k++) {
		madvise(p, n * page, MADV_DONTNEED);
		if (!k)
			LINE("second");
		for (size_t i = 0; i < n; i++) ((volatile char *)p)[i * page] = 2;
	}
}

static void __attribute__((noinline)) inherit(size_t n)
{
	volatile char *p = map(n, -1);
	pid_t child;

	LINE("first");
	for (size_t i = 0; i < n; i++) p[i * page] = 1;
	fflush(stdout);
	child = fork();
	if (!child) {
		LINE("second");
		for (size_t i = 0; i < n; i++) p[i * page] = 2;
		fflush(stdout);
		_exit(0);
	}
	waitpid(child, NULL, 0);
}

static void __attribute__((noinline)) read_then_write(size_t n, int fd)
{
	volatile char *p = map(n, fd);

	LINE("first");
	for (size_t i = 0; i < n; i++) sink = p[i * page];
	LINE("second");
	for (size_t i = 0; i < n; i++) p[i * page] = 2;
}

static void __attribute__((noinline)) from_disk(size_t n, int fd)
{
	volatile char *p = map(n, fd);

	if (fdatasync(fd) < 0 || posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED))
		fail("fadvise");
	LINE("first");
	for (size_t i = 0; i < n; i++) sink = p[i * page];
}

static void __attribute__((noinline)) by_kernel(size_t n, int fd)
{
	char *p = map(n, -1);

	LINE("first");
	if (read(fd, p, n * page) != (ssize_t)(n * page)) fail("read");
}

static void *touch_fresh(void *n)
{
	volatile char *p = map((size_t)n, -1);

	for (size_t i = 0; i < (size_t)n; i++)
		p[i * page] = 1;
	return NULL;
}

static void threads(size_t n, size_t count)
{
	pthread_t tids[64];

	for (size_t i = 0; i < count && i < 64; i++)
		if (pthread_create(&tids[i], NULL, touch_fresh, (void *)n))
			fail("pthread_create");
	for (size_t i = 0; i < count && i < 64; i++)
		pthread_join(tids[i], NULL);
}

static void sleep_ms(size_t ms)
{
	nanosleep(&(struct timespec){ (time_t)(ms / 1000), (long)(ms % 1000) * 1000000 }, NULL);
}

static void __attribute__((noinline)) hold(size_t n, size_t ms)
{
	char *p = map(n, -1);

	LINE("first");
	for (size_t i = 0; i < n; i++) ((volatile char *)p)[i * page] = 1;
	sleep_ms(ms);
	munmap(p, n * page);
	sleep_ms(ms);
}

int main(int argc, char **argv)
{
	const char *what = argc > 2 ? argv[1] : "";
	size_t n = argc > 2 ? strtoul(argv[2], NULL, 10) : 0;
	size_t more = argc > 3 ? strtoul(argv[3], NULL, 10) : 0;

	page = (size_t)sysconf(_SC_PAGESIZE);
	if (!strcmp(what, "fresh"))
		fresh(n);
	else if (!strcmp(what, "churn"))
		churn(n, more);
	else if (!strcmp(what, "fork"))
		inherit(n);
	else if (!strcmp(what, "zero"))
		read_then_write(n, -1);
	else if (!strcmp(what, "private") && argc > 3)
		read_then_write(n, open_file(argv[3]));
	else if (!strcmp(what, "disk") && argc > 3)
		from_disk(n, open_file(argv[3]));
	else if (!strcmp(what, "kernel") && argc > 3)
		by_kernel(n, open_file(argv[3]));
	else if (!strcmp(what, "threads"))
		threads(n, more);
	else if (!strcmp(what, "hold"))
		hold(n, more);
	else
		return 2;
	return 0;
}
