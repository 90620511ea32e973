/* SPDX-License-Identifier: Apache-2.0 */
#include "profile/wall.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char *const names[HW_WALL_CLASSES] = {
	[HW_WALL_BUSY] = "busy",       [HW_WALL_STARVED] = "starved", [HW_WALL_DISK] = "disk",
	[HW_WALL_NETWORK] = "network", [HW_WALL_PIPE] = "pipe",	      [HW_WALL_SLEEP] = "sleep",
	[HW_WALL_LOCK] = "lock",       [HW_WALL_GIL] = "gil",	      [HW_WALL_CHILD] = "child",
	[HW_WALL_OTHER] = "other",
};

const char *hw_wall_class_name(enum hw_wall_class class)
{
	return class < HW_WALL_CLASSES ? names[class] : "?";
}

int hw_wall_class_of(const char *name)
{
	for (int class = 0; class < HW_WALL_CLASSES; class ++)
		if (!strcmp(names[class], name))
			return class;
	return -EINVAL;
}

void hw_wall_done(struct hw_wall *w)
{
	free(w->points);
	*w = (struct hw_wall){ 0 };
}
