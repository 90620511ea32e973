/* SPDX-License-Identifier: Apache-2.0
 * main > spawns > start_by_vfork or start_by_spawn: the child shares the parent's memory, but not
 * its process id, until it runs another program. burn goes between. */
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "native.h"

extern char **environ;
static char *const command[] = { "true", NULL };

KEEP pid_t start_by_vfork(void)
{
	volatile pid_t pid = vfork();

	if (!pid) {
		execve("/bin/true", command, environ);
		_exit(127);
	}
	return pid;
}

KEEP pid_t start_by_spawn(void)
{
	pid_t pid;

	return posix_spawn(&pid, "/bin/true", NULL, NULL, command, environ) ? -1 : pid;
}

KEEP uint64_t burn(uint64_t x)
{
	for (int i = 0; i < 400; i++)
		x = spin(x);
	return x;
}

KEEP uint64_t spawns(uint64_t x)
{
	pid_t a = start_by_vfork();
	pid_t b = start_by_spawn();

	x = burn(x);
	if (a > 0)
		waitpid(a, NULL, 0);
	if (b > 0)
		waitpid(b, NULL, 0);
	return x + (uint64_t)(a < 0 || b < 0);
}

int main(int argc, char **argv)
{
	double end = cpu_seconds() + seconds_wanted(argc, argv);
	uint64_t x = 1;

	while (cpu_seconds() < end)
		x = spawns(x);
	return x == 0;
}
