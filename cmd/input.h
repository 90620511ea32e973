/* SPDX-License-Identifier: Apache-2.0
 * Opening a profile for a command, with one clear line when that fails. */
#ifndef HW_CMD_INPUT_H
#define HW_CMD_INPUT_H

#include <stdint.h>

#include "profile/file.h"

/* Reads the profile @path ("-": standard input) as hw_profile_read() does. On failure says what is
 * wrong with it and what to do. Warns when the end of the file was left out. */
int input_profile(const char *path, const struct hw_profile **ret, uint64_t *ret_cut_bytes);

#endif
