/* SPDX-License-Identifier: Apache-2.0
 * bench_watch TURNS ROUNDS: two processes on CPU 0 hand a byte to and fro through pipes, each with
 * TURNS loop turns of computing before each write; on CPU 1 what watches the scheduler comes and
 * goes. A round measures each watch in a window of its own, between two without. Prints for each
 * watch and round its number and the nanoseconds of a switch without and with it. */
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/clock.h"
#include "sched/waits.h"
#include "floor.skel.h"

#define WINDOW_US 40000
#define SETTLE_US 5000

static volatile uint64_t *trips; /* to the other process and back: two switches */

static void work(unsigned long turns)
{
	for (volatile unsigned long i = 0; i < turns; i++)
		;
}

static void use_cpu(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
}

/* Until the parent ends. */
static void hand_over(int from, int to, unsigned long turns, volatile uint64_t *count)
{
	char byte = 0;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	use_cpu(0);
	if (count && write(to, &byte, 1) != 1)
		_exit(1);
	while (read(from, &byte, 1) == 1) {
		work(turns);
		if (count)
			++*count;
		if (write(to, &byte, 1) != 1)
			break;
	}
	_exit(1);
}

static int start_pair(unsigned long turns, pid_t pair[2])
{
	int there[2], back[2];

	trips = mmap(NULL, sizeof(*trips), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		     0);
	if (trips == MAP_FAILED || pipe(there) < 0 || pipe(back) < 0)
		return -1;
	pair[0] = fork();
	if (pair[0] == 0)
		hand_over(there[0], back[1], turns, NULL);
	pair[1] = fork();
	if (pair[1] == 0)
		hand_over(back[0], there[1], turns, trips);
	return pair[0] < 0 || pair[1] < 0 ? -1 : 0;
}

/* Nanoseconds of a switch. */
static double window(void)
{
	uint64_t start, before;

	usleep(SETTLE_US);
	start = hw_clock_ns();
	before = *trips;
	usleep(WINDOW_US);
	return (double)(hw_clock_ns() - start) / (double)(2 * (*trips - before));
}

static double beside_floor(const struct floor_bpf *floor, bool look)
{
	struct bpf_link *at_switch, *at_waking;
	double ns;

	at_switch = bpf_program__attach(look ? floor->progs.look_at_switch
					     : floor->progs.nothing_at_switch);
	at_waking = bpf_program__attach(look ? floor->progs.look_at_waking
					     : floor->progs.nothing_at_waking);
	ns = at_switch && at_waking ? window() : 0;
	bpf_link__destroy(at_switch);
	bpf_link__destroy(at_waking);
	return ns;
}

/* hwprof's account: of the pair, or of a process that does nothing. */
static double beside_waits(const pid_t *pids, int n)
{
	static const struct hw_waits_opts opts = { 0 };
	hw_auto(hw_waits_free) struct hw_waits *w = NULL;

	if (hw_waits_open(&opts, &w) < 0)
		return 0;
	for (int i = 0; i < n; i++)
		if (hw_waits_add(w, pids[i]) < 0)
			return 0;
	return window();
}

static double beside(int watch, const struct floor_bpf *floor, const pid_t pair[2], pid_t idle)
{
	switch (watch) {
	case 0:
		return window(); /* nothing watches: how good the figures are */
	case 1:
	case 2:
		return beside_floor(floor, watch == 2);
	case 3:
		return beside_waits(&idle, 1);
	default:
		return beside_waits(pair, 2);
	}
}

int main(int argc, char **argv)
{
	unsigned long turns = argc > 1 ? strtoul(argv[1], NULL, 10) : 0;
	int rounds = argc > 2 ? atoi(argv[2]) : 10, watches = 5;
	struct floor_bpf *floor = floor_bpf__open_and_load();
	pid_t pair[2], idle;

	if (!floor || start_pair(turns, pair) < 0)
		return 1;
	idle = fork();
	if (idle == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		pause();
	}
	use_cpu(1);
	usleep(SETTLE_US);
	for (int i = 0; i < rounds * watches; i++) {
		int watch = (i + i / watches) % watches; /* another one begins each round */
		double before = window(), with = beside(watch, floor, pair, idle), after = window();

		if (!with)
			return 1;
		printf("%d %.2f %.2f\n", watch, (before + after) / 2, with);
	}
	floor_bpf__destroy(floor);
	return 0;
}
