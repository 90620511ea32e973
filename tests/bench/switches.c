/* SPDX-License-Identifier: Apache-2.0
 * Two processes hand a byte to and fro through pipes, with WORK loop turns of computing before each
 * write: so many context switches a second. Prints how many round trips a second it made.
 *
 *	switches SECONDS WORK */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void work(unsigned long turns)
{
	for (volatile unsigned long i = 0; i < turns; i++)
		;
}

static void answer(int in, int out, unsigned long turns)
{
	char byte;

	while (read(in, &byte, 1) == 1) {
		work(turns);
		if (write(out, &byte, 1) != 1)
			break;
	}
	_exit(0);
}

int main(int argc, char **argv)
{
	double seconds = argc > 1 ? atof(argv[1]) : 1, start;
	unsigned long turns = argc > 2 ? strtoul(argv[2], NULL, 10) : 0, rounds = 0;
	int there[2], back[2];
	char byte = 0;
	pid_t child;

	if (pipe(there) < 0 || pipe(back) < 0)
		return 1;
	child = fork();
	if (child == 0) {
		close(there[1]);
		answer(there[0], back[1], turns);
	}
	close(there[0]);
	start = now_s();
	for (; rounds % 256 || now_s() - start < seconds; rounds++) {
		work(turns);
		if (write(there[1], &byte, 1) != 1 || read(back[0], &byte, 1) != 1)
			return 1;
	}
	printf("%.0f\n", (double)rounds / (now_s() - start));
	close(there[1]);
	waitpid(child, NULL, 0);
	return 0;
}
