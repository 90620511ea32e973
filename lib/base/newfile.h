/* SPDX-License-Identifier: Apache-2.0
 * A file that is written under another name first, so that it is there whole or not.
 *
 *	hw_auto(hw_new_file_done) struct hw_new_file f = HW_NEW_FILE_INIT;
 *	r = hw_new_file_open(dir, ".rows", &f);
 *	... write to f.fd ...
 *	r = hw_new_file_keep(&f, "name.rows"); */
#ifndef HW_BASE_NEWFILE_H
#define HW_BASE_NEWFILE_H

#include "base/cleanup.h"

struct hw_new_file {
	int fd;	       /* to write to; -1: none */
	int dir;       /* not owned */
	char name[64]; /* until it is kept; "": none */
};

#define HW_NEW_FILE_INIT { .fd = -1, .dir = -1 }

/* Creates a file in the directory @dir, readable by its user, whose name begins with "new-" and ends in
 * @suffix. Returns 0 and fills *ret, which needs @dir until hw_new_file_done(); or the negative errno
 * of openat(2). */
int hw_new_file_open(int dir, const char *suffix, struct hw_new_file *ret);

/* Gives it @name, in place of a file that has it. 0, or the negative errno of renameat(2). */
int hw_new_file_keep(struct hw_new_file *f, const char *name);

/* Closes it, and removes it unless it was kept. */
void hw_new_file_done(struct hw_new_file *f);
HW_DEFINE_AUTO_DONE(struct hw_new_file, hw_new_file_done)

#endif
