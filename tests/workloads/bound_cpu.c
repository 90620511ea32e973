/* SPDX-License-Identifier: Apache-2.0
 * Bound by the CPU: computing within the first cache, alone, in threads, in system calls. */
#include <pthread.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bound.h"

static void alu(const char *arg)
{
	(void)arg;
	burn(SECONDS);
}

/* Each load's address is what the load before it read, in 16 KB: four cycles each, as near as data
 * can be. */
static void chase_l1(const char *arg)
{
	static uint32_t next[4096];
	uint32_t at = 0;

	(void)arg;
	for (uint32_t i = 0; i < 4096; i++)
		next[i] = (i * 1021 + 1) % 4096;
	for (double end = now() + SECONDS; now() < end;)
		for (int i = 0; i < 20000; i++)
			at = next[at];
	burnt = at;
}

static int compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

/* Sorts 4 KB of random numbers: branches that cannot be predicted, not the memory. */
static void sort(const char *arg)
{
	static uint32_t values[1024];
	uint32_t x = 1;

	(void)arg;
	for (double end = now() + SECONDS; now() < end;) {
		for (int i = 0; i < 1024; i++)
			values[i] = x = x * 1664525 + 1013904223;
		qsort(values, 1024, sizeof(values[0]), compare);
	}
	burnt = values[0];
}

static double a[48][48], b[48][48], c[48][48]; /* 54 KB: the second cache at the most */

static void multiply(const char *arg)
{
	(void)arg;
	for (int i = 0; i < 48 * 48; i++)
		a[i / 48][i % 48] = b[i / 48][i % 48] = 1.0 / (i + 1);
	for (double end = now() + SECONDS; now() < end;)
		for (int i = 0; i < 48; i++)
			for (int k = 0; k < 48; k++)
				for (int j = 0; j < 48; j++)
					c[i][j] += a[i][k] * b[k][j];
	burnt = (uint64_t)c[7][7];
}

static void syscalls(const char *arg)
{
	(void)arg;
	for (double end = now() + SECONDS; now() < end;)
		for (int i = 0; i < 1000; i++)
			syscall(SYS_getppid);
}

static void in_threads(int n, void *(*run)(void *))
{
	pthread_t threads[64];

	for (int i = 0; i < n; i++)
		must(!pthread_create(&threads[i], NULL, run, NULL), "pthread_create");
	for (int i = 0; i < n; i++)
		pthread_join(threads[i], NULL);
}

static void *burn_thread(void *arg)
{
	burn(SECONDS);
	return arg;
}

static void threads(const char *arg)
{
	(void)arg;
	in_threads(4, burn_thread);
}

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

static void *convoy_thread(void *arg)
{
	for (double end = now() + SECONDS; now() < end;) {
		pthread_mutex_lock(&mutex);
		burn(100e-6);
		pthread_mutex_unlock(&mutex);
	}
	return arg;
}

/* All work is done under one lock. */
static void convoy(const char *arg)
{
	(void)arg;
	in_threads(8, convoy_thread);
}

static void forks(const char *arg)
{
	(void)arg;
	for (int i = 0; i < 2; i++)
		if (!fork()) {
			burn(SECONDS);
			_exit(0);
		}
	while (wait(NULL) > 0)
		;
}

/* The main thread ends long before its worker. */
static void orphan(const char *arg)
{
	pthread_t thread;

	(void)arg;
	must(!pthread_create(&thread, NULL, burn_thread, NULL), "pthread_create");
	pthread_exit(NULL);
}

int main(int argc, char **argv)
{
	static const struct bound_case cases[] = {
		{ "alu", alu },	    { "chase_l1", chase_l1 }, { "sort", sort },
		{ "multiply", multiply }, { "syscalls", syscalls }, { "threads", threads },
		{ "convoy", convoy }, { "forks", forks },	  { "orphan", orphan },
	};

	return run_case(cases, sizeof(cases) / sizeof(cases[0]), argc, argv);
}
