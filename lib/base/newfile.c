/* SPDX-License-Identifier: Apache-2.0 */
#include "base/newfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

int hw_new_file_open(int dir, const char *suffix, struct hw_new_file *ret)
{
	static _Atomic unsigned int n_opened;
	struct hw_new_file f = { .dir = dir };

	snprintf(f.name, sizeof(f.name), "new-%d-%u%s", getpid(), n_opened++, suffix);
	unlinkat(dir, f.name, 0); /* of a process of that number that was killed */
	f.fd = openat(dir, f.name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (f.fd < 0)
		return -errno;
	*ret = f;
	return 0;
}

int hw_new_file_keep(struct hw_new_file *f, const char *name)
{
	if (renameat(f->dir, f->name, f->dir, name) < 0)
		return -errno;
	f->name[0] = '\0';
	return 0;
}

void hw_new_file_done(struct hw_new_file *f)
{
	int error = errno;

	if (f->fd >= 0)
		close(f->fd);
	if (f->name[0])
		unlinkat(f->dir, f->name, 0);
	*f = (struct hw_new_file)HW_NEW_FILE_INIT;
	errno = error;
}
