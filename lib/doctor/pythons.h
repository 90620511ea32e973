/* SPDX-License-Identifier: Apache-2.0
 * The Pythons of this machine: interpreters on $PATH and under pyenv, and what running processes
 * have mapped. Files are read, never run. */
#ifndef HW_DOCTOR_PYTHONS_H
#define HW_DOCTOR_PYTHONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/cleanup.h"

struct hw_python {
	char *path;	  /* of the interpreter, or of the library that a process has mapped */
	uint32_t version; /* as PY_VERSION_HEX; 0: older than 3.6, and not 2.7 */
	bool supported;
	dev_t dev; /* of the file that holds the runtime, by which doubles are told */
	ino_t inode;
};

struct hw_pythons {
	struct hw_python *items;
	size_t count, cap;
};

/* Finds them, each once, the first of $PATH first. What cannot be read is left out. Returns 0 and
 * fills *ret (release with hw_pythons_done()), or -ENOMEM. */
int hw_pythons_find(struct hw_pythons *ret);
void hw_pythons_done(struct hw_pythons *p); /* may be all zeros */
HW_DEFINE_AUTO_DONE(struct hw_pythons, hw_pythons_done)

#define HW_PYTHON_VERSION_SIZE 24

/* "3.11.7", or "before 3.6". */
const char *hw_python_version(const struct hw_python *p, char buf[static HW_PYTHON_VERSION_SIZE]);

#endif
