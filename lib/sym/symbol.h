/* SPDX-License-Identifier: Apache-2.0
 * What a code address resolves to. */
#ifndef HW_SYM_SYMBOL_H
#define HW_SYM_SYMBOL_H

#include <stdint.h>

/* The strings belong to the object that was asked and die with it; copy what must live on. */
struct hw_symbol {
	const char *name;	/* never NULL: "[unknown]" when nothing covers the address */
	const char *file;	/* source file; NULL without line information */
	uint32_t line;		/* from 1; 0 without line information */
	uint64_t start;		/* address of the function in the same space as the one asked for */
	uint64_t offset_bytes;	/* from the start of the function */
};

#endif
