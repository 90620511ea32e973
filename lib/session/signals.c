/* SPDX-License-Identifier: Apache-2.0 */
#include "session/signals.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <unistd.h>

struct hw_signals {
	int fd;
	int last;
	sigset_t old_mask;
	struct sigaction old_chld, old_int;
};

int hw_signals_new(bool attached, struct hw_signals **ret)
{
	static const int taken[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGCHLD };
	static const struct sigaction dfl = { .sa_handler = SIG_DFL };
	hw_auto(hw_signals_free) struct hw_signals *s = calloc(1, sizeof(*s));
	sigset_t mask;

	if (!s)
		return -ENOMEM;
	sigemptyset(&mask);
	for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++)
		sigaddset(&mask, taken[i]);
	sigprocmask(SIG_BLOCK, &mask, &s->old_mask);
	/* An inherited "ignore" would hide the end of a child from waitid(2). */
	sigaction(SIGCHLD, &dfl, &s->old_chld);
	sigaction(SIGINT, attached ? &dfl : NULL, &s->old_int);
	s->fd = signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK);
	if (s->fd < 0)
		return -errno;
	*ret = hw_take_ptr(s);
	return 0;
}

void hw_signals_restore(const struct hw_signals *s)
{
	sigaction(SIGCHLD, &s->old_chld, NULL);
	sigaction(SIGINT, &s->old_int, NULL);
	sigprocmask(SIG_SETMASK, &s->old_mask, NULL);
}

struct hw_signals *hw_signals_free(struct hw_signals *s)
{
	if (!s)
		return NULL;
	if (s->fd >= 0)
		hw_signals_last(s);
	hw_signals_restore(s);
	if (s->fd >= 0)
		close(s->fd);
	free(s);
	return NULL;
}

int hw_signals_fd(const struct hw_signals *s)
{
	return s->fd;
}

int hw_signals_next(struct hw_signals *s, struct hw_signal *ret)
{
	struct signalfd_siginfo info;
	ssize_t n;

	while ((n = read(s->fd, &info, sizeof(info))) == sizeof(info)) {
		if (info.ssi_signo == SIGCHLD)
			continue; /* it has woken poll(2), that was all */
		s->last = (int)info.ssi_signo;
		/* the terminal's have the kernel as their sender, drivers/tty/n_tty.c isig() */
		*ret = (struct hw_signal){ s->last, info.ssi_code == SI_KERNEL };
		return 1;
	}
	return n < 0 && errno != EAGAIN && errno != EINTR ? -errno : 0;
}

int hw_signals_last(struct hw_signals *s)
{
	struct hw_signal next;

	while (hw_signals_next(s, &next) > 0)
		;
	return s->last;
}
