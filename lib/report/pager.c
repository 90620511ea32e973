/* SPDX-License-Identifier: Apache-2.0 */
#include "report/pager.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *choose_pager(void)
{
	const char *pager = getenv("HWPROF_PAGER");

	if (!pager)
		pager = getenv("PAGER");
	if (!pager)
		return "if command -v less >/dev/null; then exec less -RFX; else exec cat; fi";
	return pager[0] && strcmp(pager, "cat") ? pager : NULL;
}

void hw_pager_open(struct hw_pager *p, bool wanted)
{
	const char *command = wanted && isatty(STDOUT_FILENO) ? choose_pager() : NULL;
	struct sigaction ignore = { .sa_handler = SIG_IGN };

	p->f = NULL;
	if (command) /* before the signals: the pager must not inherit them */
		p->f = popen(command, "we");
	if (!p->f) {
		p->f = stdout;
		return;
	}
	sigaction(SIGINT, &ignore, &p->interrupt);
	sigaction(SIGQUIT, &ignore, &p->quit);
	sigaction(SIGPIPE, &ignore, &p->pipe);
}

int hw_pager_close(struct hw_pager *p)
{
	if (p->f == stdout)
		return fflush(stdout) || ferror(stdout) ? -EIO : 0;
	pclose(p->f);
	sigaction(SIGINT, &p->interrupt, NULL);
	sigaction(SIGQUIT, &p->quit, NULL);
	sigaction(SIGPIPE, &p->pipe, NULL);
	p->f = stdout;
	return 0;
}
