/* SPDX-License-Identifier: Apache-2.0
 * main > run > first_enter > first_burn of a library that is loaded at run time; then it is
 * unloaded and another takes its place: run > second_enter > second_burn. Again and again.
 * argv[2] and argv[3] are the libraries. */
#include <dlfcn.h>
#include <stdio.h>

#include "native.h"

typedef uint64_t enter_fn(uint64_t x);

static double end;

KEEP uint64_t run(enter_fn *enter, uint64_t x)
{
	double until = cpu_seconds() + 0.5;

	while (cpu_seconds() < until)
		x = enter(x);
	return x;
}

KEEP uint64_t load(const char *path, const char *name, uint64_t x)
{
	void *lib = dlopen(path, RTLD_LAZY | RTLD_LOCAL);
	enter_fn *enter = lib ? (enter_fn *)dlsym(lib, name) : NULL;

	if (!enter) {
		fprintf(stderr, "native_dl: %s\n", dlerror());
		exit(1);
	}
	x = run(enter, x);
	dlclose(lib);
	return x;
}

int main(int argc, char **argv)
{
	uint64_t x = 1;

	if (argc < 4)
		return 2;
	end = cpu_seconds() + seconds_wanted(argc, argv);
	while (cpu_seconds() < end) {
		x = load(argv[2], "first_enter", x);
		x = load(argv[3], "second_enter", x);
	}
	return x == 0;
}
