/* SPDX-License-Identifier: Apache-2.0
 * main > work > leaf, a function without a frame, interrupted by a timer; on a stack of its own
 * on_timer > burn uses 2 ms of each 4 ms of CPU time, or of each tick where that is longer. */
#include <signal.h>
#include <stdio.h>
#include <sys/time.h>

#include "native.h"

static volatile uint64_t sum;
static int spins_of_2_ms;

KEEP uint64_t spins_are_counted(uint64_t x)
{
	double start = cpu_seconds();

	for (int i = 0; i < 1000; i++)
		x = spin(x);
	spins_of_2_ms = (int)(1000 * 2e-3 / (cpu_seconds() - start)) + 1;
	return x;
}

KEEP uint64_t burn(uint64_t x)
{
	for (int i = 0; i < spins_of_2_ms; i++)
		x = spin(x);
	return x;
}

KEEP void on_timer(int sig)
{
	sum = burn(sum + (uint64_t)sig) + 1;
}

/* Leaves rsp alone and keeps its values below it, in the red zone. */
KEEP uint64_t leaf(uint64_t x)
{
	volatile uint64_t kept = x;

	for (int i = 0; i < 4; i++)
		kept = spin(kept);
	return kept;
}

KEEP uint64_t work(uint64_t x)
{
	for (int i = 0; i < 100; i++)
		x = leaf(x) + 1;
	return x;
}

int main(int argc, char **argv)
{
	static char room[1 << 16];
	stack_t alt = { .ss_sp = room, .ss_size = sizeof(room) };
	struct sigaction action = { .sa_handler = on_timer, .sa_flags = SA_ONSTACK | SA_RESTART };
	struct itimerval every = { { 0, 4000 }, { 0, 4000 } };
	uint64_t x = spins_are_counted(1);
	double end = cpu_seconds() + seconds_wanted(argc, argv);

	if (sigaltstack(&alt, NULL) || sigaction(SIGPROF, &action, NULL) ||
	    setitimer(ITIMER_PROF, &every, NULL)) {
		perror("native_signal");
		return 1;
	}
	while (cpu_seconds() < end)
		x = work(x);
	setitimer(ITIMER_PROF, &(struct itimerval){ 0 }, NULL); /* main has ended when libc still runs */
	return x == 0;
}
