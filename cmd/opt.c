/* SPDX-License-Identifier: Apache-2.0 */
#include "opt.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/text.h"
#include "event/event.h"

error_t opt_unsigned(struct argp_state *st, const char *what, const char *arg, uint64_t min,
		     uint64_t max, uint64_t *ret)
{
	char *end;
	unsigned long long value;

	errno = 0;
	value = strtoull(arg, &end, 10);
	if (errno || end == arg || *end || arg[0] == '-' || value < min || value > max) {
		argp_error(st, "%s takes a whole number from %" PRIu64 " to %" PRIu64 ", not '%s'",
			   what, min, max, arg);
		return EINVAL;
	}
	*ret = value;
	return 0;
}

error_t opt_pid(struct argp_state *st, const char *what, const char *arg, pid_t *ret)
{
	uint64_t pid = 0;
	error_t r = opt_unsigned(st, what, arg, 1, 1 << 30, &pid);

	if (r)
		return r;
	if (kill((pid_t)pid, 0) < 0 && errno == ESRCH) {
		argp_error(st, "no process %s: it has ended, or lives in another pid namespace",
			   arg);
		return ESRCH;
	}
	*ret = (pid_t)pid;
	return 0;
}

error_t opt_pids(struct argp_state *st, const char *what, const char *arg, pid_t **pids, size_t *n)
{
	hw_autofree char *copy = strdup(arg);
	char *rest = copy, *word;

	while (copy && (word = strsep(&rest, ","))) {
		pid_t *grown = reallocarray(*pids, *n + 1, sizeof(**pids));
		error_t r;

		if (!grown)
			return ENOMEM;
		*pids = grown;
		r = opt_pid(st, what, word, &grown[*n]);
		if (r)
			return r;
		(*n)++;
	}
	return copy ? 0 : ENOMEM;
}

error_t opt_seconds(struct argp_state *st, const char *what, const char *arg, uint64_t *ret_ns)
{
	char *end;
	double seconds = strtod(arg, &end);

	if (end == arg || *end || !(seconds >= 1e-3) || seconds > 366 * 86400.0) {
		argp_error(st, "%s takes seconds, from 0.001 to a year, not '%s'", what, arg);
		return EINVAL;
	}
	*ret_ns = (uint64_t)(seconds * 1e9);
	return 0;
}

error_t opt_usage(struct argp_state *st, const char *fmt, ...)
{
	hw_autofree char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		text = NULL;
	va_end(ap);
	argp_error(st, "%s", text ? text : fmt);
	return EINVAL;
}

static void unknown_event(struct argp_state *st, const char *name)
{
	char near[3][HW_EVENT_NAME_SIZE];
	size_t n = hw_event_suggest(name, near, 3);
	hw_autofree char *offer = NULL;

	if (n)
		offer = hw_text("; did you mean %s%s%s%s%s?", near[0], n > 1 ? ", " : "",
				n > 1 ? near[1] : "", n > 2 ? ", " : "", n > 2 ? near[2] : "");
	argp_error(st, "unknown event '%s'%s", name, offer ? offer : "; see `hwprof list`");
}

error_t opt_events(struct argp_state *st, const char *spec, struct hw_events *events)
{
	hw_autofree char *bad = NULL;
	int r = hw_events_parse(events, spec, &bad);

	if (r >= 0)
		return 0;
	switch (r) {
	case -ENOENT:
		unknown_event(st, bad ? bad : spec);
		break;
	case -EACCES:
		argp_error(st, "tracepoint '%s' needs root: tracefs is not readable by this user",
			   bad ? bad : spec);
		break;
	case -E2BIG:
		argp_error(st, "at most %d events at once", HW_EVENTS_MAX);
		break;
	default:
		argp_error(st, "cannot understand event '%s': %s", bad ? bad : spec, strerror(-r));
	}
	return -r;
}

FILE *opt_output(const char *path)
{
	FILE *f;

	if (!path)
		return stderr;
	f = fopen(path, "we");
	if (!f)
		log_error("cannot write %s: %s", path, strerror(errno));
	return f;
}
