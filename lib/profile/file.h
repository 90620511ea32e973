/* SPDX-License-Identifier: Apache-2.0
 * The profile file: append-only, readable up to its last whole chunk whatever killed the writer.
 * The layout is in man/hwprof-profile.5: a zstd skippable frame with magic and version, then one
 * zstd frame (content size and checksum on) per chunk; a chunk holds what is new since the last. */
#ifndef HW_PROFILE_FILE_H
#define HW_PROFILE_FILE_H

#include "profile/profile.h"

#define HW_PROFILE_VERSION 3
#define HW_PROFILE_DEFAULT_PATH "hwprof.data"

struct hw_profile_writer; /* opaque */

/* Creates @path (mode 0600, replacing a file of that name by rename only once the first chunk is
 * whole, so that a run that fails at once does not destroy an older profile).
 * Returns 0 and sets *ret, or a negative errno of open(2), -ENOMEM. */
int hw_profile_writer_open(const char *path, struct hw_profile_writer **ret);
struct hw_profile_writer *hw_profile_writer_free(struct hw_profile_writer *w);
HW_DEFINE_AUTO(struct hw_profile_writer *, hw_profile_writer_free)

/* Appends everything of @p that was not written before, its samples and its session, as one
 * chunk, and clears the samples. Returns 0, or a negative errno of write(2), -ENOMEM; after a
 * failed write the file ends with the last whole chunk and the samples are kept. */
int hw_profile_flush(struct hw_profile_writer *w, struct hw_profile *p);

/* Reads @path ("-": standard input). Returns 0 and sets *ret (free with hw_profile_close()), which
 * nobody changes from then on, and *ret_cut_bytes, how many bytes at the end belong to no whole chunk (0: intact); or
 *   -ENOENT, -EACCES ...  cannot be opened
 *   -EBADMSG   not a profile, or damaged before its first whole chunk
 *   -EPROTONOSUPPORT  a profile of another version (*ret_version, if not NULL, is set)
 *   -ENODATA   a profile without a whole chunk		-ENOMEM
 *   -EFBIG     larger than 4 GiB
 * Every number and size in it is checked. A chunk that is whole but wrong ends the reading as a
 * cut does: what came before it is kept, and it counts as left out. */
int hw_profile_read(const char *path, const struct hw_profile **ret, uint64_t *ret_cut_bytes,
		    uint32_t *ret_version);

/* Frees what hw_profile_read() gave. Takes and returns NULL. */
const struct hw_profile *hw_profile_close(const struct hw_profile *p);
HW_DEFINE_AUTO(const struct hw_profile *, hw_profile_close)

#endif
