/* SPDX-License-Identifier: Apache-2.0 */
#include "sym/demangle.h"

#include <libiberty/demangle.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

/* Longer symbols than this are only cut. */
#define MANGLED_MAX 8192

struct output {
	char *text; /* HW_DEMANGLED_SIZE bytes */
	size_t len;
	jmp_buf full;
};

/* A name of 300 bytes can stand for gigabytes, since it may refer to its own parts
 * (_Z1fI1AIiiES0_IS1_S1_ES0_IS2_S2_E...). libiberty cannot be told to stop and, in its callback
 * form, owns no memory while it prints C++ (and one identifier at the most in Rust): jump out. */
static void append_text(const char *text, size_t len, void *opaque)
{
	struct output *out = opaque;
	size_t room = HW_DEMANGLED_SIZE - 1 - out->len;
	size_t n = len < room ? len : room;

	memcpy(out->text + out->len, text, n);
	out->len += n;
	out->text[out->len] = '\0';
	if (n < len)
		longjmp(out->full, 1);
}

/* Rust first: its older names are valid C++ ones, less well read. A C++ clone loses its suffix
 * together with the parameters, so that goes back on. */
static bool demangle(const char *mangled, struct output *out)
{
	const char *clone;

	if (setjmp(out->full)) {
		strcpy(out->text + HW_DEMANGLED_SIZE - sizeof("..."), "...");
		return true;
	}
	if (rust_demangle_callback(mangled, DMGL_AUTO, append_text, out))
		return true;
	out->len = 0;
	if (!cplus_demangle_v3_callback(mangled, DMGL_ANSI, append_text, out))
		return false;
	clone = strchr(mangled, '.');
	if (clone)
		append_text(clone, strlen(clone), out);
	return true;
}

bool hw_demangle(const char *symbol, char ret[HW_DEMANGLED_SIZE])
{
	struct output out = { .text = ret };
	size_t len = strnlen(symbol, MANGLED_MAX);
	const char *version = memchr(symbol, '@', len);

	if (version && version > symbol)
		len = (size_t)(version - symbol);
	if (len < MANGLED_MAX && symbol[0] == '_' && (symbol[1] == 'Z' || symbol[1] == 'R')) {
		char mangled[MANGLED_MAX];

		memcpy(mangled, symbol, len);
		mangled[len] = '\0';
		if (demangle(mangled, &out))
			return true;
	}
	if (len < HW_DEMANGLED_SIZE && !symbol[len])
		return false;
	if (snprintf(ret, HW_DEMANGLED_SIZE, "%.*s", (int)len, symbol) >= HW_DEMANGLED_SIZE)
		strcpy(ret + HW_DEMANGLED_SIZE - sizeof("..."), "...");
	return true;
}
