/* SPDX-License-Identifier: Apache-2.0
 * main > work > leaf, a function without a frame, interrupted by a timer; on a stack of its own
 * on_timer > burn uses half of the time. */
#include <signal.h>
#include <stdio.h>
#include <sys/time.h>

#include "native.h"

static volatile uint64_t sum;

KEEP uint64_t burn(uint64_t x)
{
	for (int i = 0; i < 50; i++)
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
	double end = cpu_seconds() + seconds_wanted(argc, argv);
	uint64_t x = 1;

	if (sigaltstack(&alt, NULL) || sigaction(SIGALRM, &action, NULL) ||
	    setitimer(ITIMER_REAL, &every, NULL)) {
		perror("native_signal");
		return 1;
	}
	while (cpu_seconds() < end)
		x = work(x);
	setitimer(ITIMER_REAL, &(struct itimerval){ 0 }, NULL); /* main has ended when libc still runs */
	return x == 0;
}
