/* SPDX-License-Identifier: Apache-2.0 */
#include "input.h"

#include <errno.h>
#include <inttypes.h>

#include "base/log.h"

#define RECORD_ONE "record one with `hwprof record -g COMMAND`"

static void explain(const char *path, int error, uint32_t version)
{
	switch (error) {
	case -ENOENT:
		log_error("%s does not exist: " RECORD_ONE, path);
		break;
	case -EACCES:
		log_error("%s may not be read by this user: ask its owner, or copy it as root",
			  path);
		break;
	case -EISDIR:
		log_error("%s is a folder: name the profile in it with -i", path);
		break;
	case -EBADMSG:
		log_error("%s is not a profile of hwprof, or is damaged at its start: " RECORD_ONE,
			  path);
		break;
	case -EPROTONOSUPPORT:
		log_error("%s has version %" PRIu32 " of the format, this hwprof reads version %d: "
			  "use the hwprof that recorded it",
			  path, version, HW_PROFILE_VERSION);
		break;
	case -ENODATA:
		log_error(
			"%s was cut before its first whole chunk, nothing can be read: " RECORD_ONE,
			path);
		break;
	case -EFBIG:
		log_error("%s is larger than 4 GiB: record for a shorter time or at a lower rate "
			  "(-F)",
			  path);
		break;
	default:
		log_error_errno(error, "cannot read profile %s", path);
	}
}

int input_profile(const char *path, const struct hw_profile **ret, uint64_t *ret_cut_bytes)
{
	uint32_t version = 0;
	int r = hw_profile_read(path, ret, ret_cut_bytes, &version);

	if (r < 0)
		explain(path, r, version);
	else if (*ret_cut_bytes)
		log_warn("%s is cut or damaged: the last %" PRIu64
			 " bytes belong to no whole chunk "
			 "and were left out",
			 path, *ret_cut_bytes);
	return r;
}
