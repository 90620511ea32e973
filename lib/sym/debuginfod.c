/* SPDX-License-Identifier: Apache-2.0 */
#include "sym/debuginfod.h"

#include <dlfcn.h>
#include <elfutils/debuginfod.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"

#define BUILD_ID_MIN 2
#define BUILD_ID_MAX 64

/* Linked at run time: with it come libcurl and thirty libraries more, which take 10 ms to load. */
static struct library {
	__typeof__(debuginfod_begin) *begin;
	__typeof__(debuginfod_find_debuginfo) *find_debuginfo;
	__typeof__(debuginfod_set_progressfn) *set_progressfn;
	__typeof__(debuginfod_set_user_data) *set_user_data;
	__typeof__(debuginfod_get_user_data) *get_user_data;
	__typeof__(debuginfod_end) *end;
} library;

struct hw_debuginfod {
	debuginfod_client *client; /* NULL before the first question */
	uint64_t left_ns;	   /* of the budget */
	uint64_t deadline_ns;	   /* of the question under way */
	bool is_over;		   /* nothing is asked any more */
};

struct hw_debuginfod *hw_debuginfod_new(uint32_t budget_ms)
{
	struct hw_debuginfod *d = calloc(1, sizeof(*d));

	if (d)
		d->left_ns = budget_ms * 1000000ull;
	return d;
}

struct hw_debuginfod *hw_debuginfod_free(struct hw_debuginfod *d)
{
	if (!d)
		return NULL;
	if (d->client)
		library.end(d->client);
	free(d);
	return NULL;
}

/* Fills library, once; it stays, since TLS libraries do not outlive a dlclose(3). */
static bool load_library(void)
{
	void *handle = dlopen("libdebuginfod.so.1", RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);

	if (!handle)
		return false;
	library = (struct library){
		.begin = dlsym(handle, "debuginfod_begin"),
		.find_debuginfo = dlsym(handle, "debuginfod_find_debuginfo"),
		.set_progressfn = dlsym(handle, "debuginfod_set_progressfn"),
		.set_user_data = dlsym(handle, "debuginfod_set_user_data"),
		.get_user_data = dlsym(handle, "debuginfod_get_user_data"),
		.end = dlsym(handle, "debuginfod_end"),
	};
	dlclose(handle);
	return library.begin && library.find_debuginfo && library.set_progressfn &&
	       library.set_user_data && library.get_user_data && library.end;
}

/* A recorder blocks these and reads them from a descriptor, which it cannot while it waits here. */
static bool is_interrupted(void)
{
	sigset_t pending;

	return !sigpending(&pending) &&
	       (sigismember(&pending, SIGINT) > 0 || sigismember(&pending, SIGTERM) > 0);
}

/* Called by libdebuginfod about once a second, or with each piece that comes; not 0: give up. */
static int check_deadline(debuginfod_client *client, long done, long total)
{
	struct hw_debuginfod *d = library.get_user_data(client);

	(void)done, (void)total;
	if (hw_clock_ns() < d->deadline_ns && !is_interrupted())
		return 0;
	d->is_over = true;
	return 1;
}

static int start(struct hw_debuginfod *d)
{
	const char *urls = getenv(DEBUGINFOD_URLS_ENV_VAR);

	if (!urls || !*urls || !load_library()) {
		d->is_over = true;
		return -ENOTCONN;
	}
	d->client = library.begin();
	if (!d->client)
		return -ENOMEM;
	library.set_user_data(d->client, d);
	library.set_progressfn(d->client, check_deadline);
	return 0;
}

int hw_debuginfod_find(struct hw_debuginfod *d, const unsigned char *build_id, size_t size)
{
	uint64_t before = hw_clock_ns(), took;
	int r;

	if (size < BUILD_ID_MIN || size > BUILD_ID_MAX)
		return -EINVAL;
	if (d->is_over)
		return d->client ? -ETIMEDOUT : -ENOTCONN;
	r = d->client ? 0 : start(d);
	if (r < 0)
		return r;
	d->deadline_ns = before + d->left_ns;
	r = library.find_debuginfo(d->client, build_id, (int)size, NULL);
	took = hw_clock_ns() - before;
	d->left_ns -= took < d->left_ns ? took : d->left_ns;
	d->is_over |= d->left_ns == 0;
	if (r >= 0)
		return r;
	log_debug("debuginfod: %s after %llu ms", strerror(-r), (unsigned long long)took / 1000000);
	return d->is_over ? -ETIMEDOUT : r;
}
