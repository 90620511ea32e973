/* SPDX-License-Identifier: Apache-2.0
 * Four threads: clone > start_thread > thread_main > works > burn. */
#include <pthread.h>

#include "native.h"

static double end;

KEEP uint64_t burn(uint64_t x)
{
	for (int i = 0; i < 20; i++)
		x = spin(x);
	return x;
}

KEEP uint64_t works(uint64_t x)
{
	return burn(x) + 1;
}

KEEP void *thread_main(void *arg)
{
	uint64_t x = (uintptr_t)arg | 1;

	while (cpu_seconds() < end)
		x = works(x);
	return (void *)(uintptr_t)x;
}

int main(int argc, char **argv)
{
	pthread_t threads[4];

	end = cpu_seconds() + seconds_wanted(argc, argv);
	for (size_t i = 0; i < 4; i++)
		if (pthread_create(&threads[i], NULL, thread_main, (void *)i))
			return 1;
	for (size_t i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	return 0;
}
