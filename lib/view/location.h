/* SPDX-License-Identifier: Apache-2.0
 * How a row says where its code is. */
#ifndef HW_VIEW_LOCATION_H
#define HW_VIEW_LOCATION_H

#include <stdbool.h>

#include "view/table.h"

/* "src/foo.py:12" for Python and for native code in a table of lines, else the module (with
 * "(inlined)"), "[kernel]", "pid 12, tid 13", or "". With @short_names no directories. Caller
 * frees; NULL without memory. */
char *hw_location(const struct hw_row *row, enum hw_by by, bool short_names);

/* "python", "native", "kernel"; "" for what is no code. */
const char *hw_kind_name(enum hw_frame_kind kind);

#endif
