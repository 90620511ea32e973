/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static enum hw_log_level max_level = HW_LOG_INFO;

void hw_log_set_level(enum hw_log_level level)
{
	max_level = level;
}

static void write_line(const char *fmt, va_list ap, const char *cause)
{
	int saved = errno;

	flockfile(stderr);
	fputs("hwprof: ", stderr);
	vfprintf(stderr, fmt, ap);
	if (cause)
		fprintf(stderr, ": %s", cause);
	fputc('\n', stderr);
	funlockfile(stderr);
	errno = saved;
}

void hw_log(enum hw_log_level level, const char *fmt, ...)
{
	va_list ap;

	if (level > max_level)
		return;
	va_start(ap, fmt);
	write_line(fmt, ap, NULL);
	va_end(ap);
}

int hw_log_errno(enum hw_log_level level, int error, const char *fmt, ...)
{
	va_list ap;

	if (level > max_level)
		return error;
	va_start(ap, fmt);
	write_line(fmt, ap, strerror(-error));
	va_end(ap);
	return error;
}
