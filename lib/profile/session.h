/* SPDX-License-Identifier: Apache-2.0
 * The session of a profile as JSON text, which is how the profile file stores it: a key that an
 * older writer did not know keeps its zero, one that an older reader does not know is skipped.
 * The keys are listed in man/hwprof-profile.5. */
#ifndef HW_PROFILE_SESSION_H
#define HW_PROFILE_SESSION_H

#include <stddef.h>

#include "profile/profile.h"

/* Frees what the session holds and leaves it empty; it may be all zeros. */
void hw_session_done(struct hw_session *s);
HW_DEFINE_AUTO_DONE(struct hw_session, hw_session_done)

/* Writes @s as one JSON object. Text that is not UTF-8 has '?' for each byte over 127; counts
 * over 2^63 - 1 are stored as that. Returns 0 and sets *ret (caller frees), or -ENOMEM. */
int hw_session_to_json(const struct hw_session *s, char **ret);

/* Reads what hw_session_to_json() wrote, @size bytes that may come from anybody. Returns 0 and
 * fills *ret (release with hw_session_done()), -EBADMSG when it is not a session, -ENOMEM. */
int hw_session_from_json(const char *text, size_t size, struct hw_session *ret);

#endif
