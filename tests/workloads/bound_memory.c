/* SPDX-License-Identifier: Apache-2.0
 * Bound by memory: loads that miss every cache, and page faults. */
#include <pthread.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bound.h"

#define TABLE (512u << 20) /* far beyond the last cache of any machine this runs on */
#define LINE 64u

static char *fresh(size_t size)
{
	char *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	must(p != MAP_FAILED, "mmap");
	madvise(p, size, MADV_NOHUGEPAGE); /* fails where there are none: fine */
	return p;
}

struct line {
	uint32_t next;
	char rest[LINE - sizeof(uint32_t)];
};

static struct line *lines;
static const uint32_t n_lines = TABLE / LINE;

/* The cycle through all lines that a linear congruential generator of full period makes: neither a
 * prefetcher nor the branch predictor knows the next. Written front to back, which is quick. */
static void fill_lines(void)
{
	lines = (struct line *)fresh(TABLE);
	for (uint32_t i = 0; i < n_lines; i++)
		lines[i].next = (i * 1664525u + 1013904223u) & (n_lines - 1);
}

static void *chase_thread(void *start)
{
	uint32_t at = *(uint32_t *)start;

	for (double end = now() + SECONDS; now() < end;)
		for (int i = 0; i < 10000; i++)
			at = lines[at].next;
	burnt = at;
	return NULL;
}

static void chase(const char *arg)
{
	(void)arg;
	fill_lines();
	chase_thread(&(uint32_t){ 0 });
}

static void chase_threads(const char *arg)
{
	uint32_t starts[2] = { 0, n_lines / 2 };
	pthread_t threads[2];

	(void)arg;
	fill_lines();
	for (int i = 0; i < 2; i++)
		must(!pthread_create(&threads[i], NULL, chase_thread, &starts[i]), "pthread_create");
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
}

/* Counts into a random line of a large table: the misses of several overlap. */
static void update(const char *arg)
{
	uint32_t x = 1;

	(void)arg;
	fill_lines();
	for (double end = now() + SECONDS; now() < end;)
		for (int i = 0; i < 10000; i++) {
			x = x * 1664525u + 1013904223u;
			lines[x >> 9].next++;
		}
}

static void touch(char *p, size_t size)
{
	for (size_t at = 0; at < size; at += 4096)
		p[at]++;
}

static void faults(const char *arg)
{
	const size_t size = 16u << 20;

	(void)arg;
	for (double end = now() + SECONDS; now() < end;) {
		char *p = fresh(size);

		touch(p, size);
		munmap(p, size);
	}
}

/* Children write to each page they share with their parent. */
static void cow(const char *arg)
{
	const size_t size = 64u << 20;
	char *p = fresh(size);

	(void)arg;
	touch(p, size);
	for (double end = now() + SECONDS; now() < end;) {
		if (!fork()) {
			touch(p, size);
			_exit(0);
		}
		wait(NULL);
	}
}

int main(int argc, char **argv)
{
	static const struct bound_case cases[] = {
		{ "chase", chase },   { "chase_threads", chase_threads }, { "update", update },
		{ "faults", faults }, { "cow", cow },
	};

	_Static_assert(TABLE / LINE == 1u << 23, "update() takes the upper 23 bits");
	return run_case(cases, sizeof(cases) / sizeof(cases[0]), argc, argv);
}
