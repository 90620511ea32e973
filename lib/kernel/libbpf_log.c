/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel/libbpf_log.h"

#include <bpf/libbpf.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"

static int debug_libbpf(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	hw_autofree char *text = NULL;
	char *rest, *line;

	(void)level;
	if (vasprintf(&text, fmt, ap) < 0) {
		text = NULL;
		return 0;
	}
	/* What the verifier has to say comes as one message. */
	for (rest = text; (line = strsep(&rest, "\n"));)
		if (*line)
			log_debug("%s", line);
	return 0;
}

void hw_libbpf_log(void)
{
	libbpf_set_print(debug_libbpf);
}
