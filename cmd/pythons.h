/* SPDX-License-Identifier: Apache-2.0
 * The Pythons of this machine: interpreters on $PATH and under pyenv, and what running processes
 * have mapped. Files are read, never run. */
#ifndef HW_CMD_PYTHONS_H
#define HW_CMD_PYTHONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/cleanup.h"

struct python {
	char *path;	  /* of the interpreter, or of the library that a process has mapped */
	uint32_t version; /* as PY_VERSION_HEX; 0: older than 3.6, and not 2.7 */
	bool supported;
	dev_t dev; /* of the file that holds the runtime, by which doubles are told */
	ino_t inode;
};

struct pythons {
	struct python *items;
	size_t count, cap;
};

/* Finds them, each once, the first of $PATH first. What cannot be read is left out. Returns 0 and
 * fills *ret (release with pythons_done()), or -ENOMEM. */
int pythons_find(struct pythons *ret);
void pythons_done(struct pythons *p); /* may be all zeros */
HW_DEFINE_AUTO_DONE(struct pythons, pythons_done)

#define PYTHON_VERSION_SIZE 24

/* "3.11.7", or "before 3.6". */
const char *python_version(const struct python *p, char buf[static PYTHON_VERSION_SIZE]);

#endif
