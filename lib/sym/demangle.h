/* SPDX-License-Identifier: Apache-2.0
 * Symbol names as people write them. Private to lib/sym; the only user of libiberty. */
#ifndef HW_SYM_DEMANGLE_H
#define HW_SYM_DEMANGLE_H

#include <stdbool.h>

/* Longest readable name with its end; a longer one is cut and ends in "...". */
#define HW_DEMANGLED_SIZE 1024

/* Makes @symbol readable: C++ (_Z) and Rust (_ZN..17h.., _R) names are demangled, without
 * parameters; the version (@GLIBC_2.34) goes; suffixes of clones (.cold, .part.0) stay.
 * Returns true with ret filled, or false when @symbol is fine as it is (ret is undefined then). */
bool hw_demangle(const char *symbol, char ret[HW_DEMANGLED_SIZE]);

#endif
