/* SPDX-License-Identifier: Apache-2.0 */
#include "py/version.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "sym/module.h"

#define RODATA_MAX  (64u << 20)
#define VERSION_MAX 24 /* characters of a version, its NUL included */

#define MINOR(version) ((version) >> 16)
#define ANY_MINOR      0

/* Functions that a minor version brought to the C API, newest first (Doc/c-api, "New in version";
 * PyString went with 3.0, _PyEval_EvalFrameDefault came with PEP 523). */
static const struct {
	const char *symbol;
	uint32_t minor;
} api[] = {
	{ "PyModule_AddObjectRef", 0x030a },	 { "PyObject_CallNoArgs", 0x0309 },
	{ "PyCode_NewWithPosOnlyArgs", 0x0308 }, { "_PyRuntime", 0x0307 },
	{ "_PyEval_EvalFrameDefault", 0x0306 },	 { "PyString_FromString", 0x0207 },
};

static bool exports(const struct hw_module *m, const char *symbol)
{
	uint64_t vaddr, size;

	return !hw_module_export(m, symbol, &vaddr, &size);
}

static uint32_t minor_by_api(const struct hw_module *m)
{
	for (size_t i = 0; i < sizeof(api) / sizeof(api[0]); i++)
		if (exports(m, api[i].symbol))
			return api[i].minor;
	return 0;
}

/* Reads a number of at most two digits: -1 when there is none. */
static int take_number(const char **p)
{
	int n = -1;

	for (int i = 0; i < 2 && isdigit((unsigned char)**p); i++)
		n = (n < 0 ? 0 : n * 10) + *(*p)++ - '0';
	return n;
}

/* The release level and serial, PY_RELEASE_LEVEL << 4 | PY_RELEASE_SERIAL
 * (Include/patchlevel.h). */
static uint32_t take_level(const char **p)
{
	static const struct {
		const char *text;
		uint32_t level;
	} levels[] = { { "a", 0xa }, { "b", 0xb }, { "rc", 0xc } };

	for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++)
		if (!strncmp(*p, levels[i].text, strlen(levels[i].text))) {
			*p += strlen(levels[i].text);
			return levels[i].level << 4 | (take_number(p) & 0xf);
		}
	return 0xf0;
}

uint32_t hw_py_version_parse(const char *text, size_t size)
{
	char copy[VERSION_MAX] = { 0 };
	const char *p = copy;
	int parts[3];
	uint32_t level;

	memcpy(copy, text, size < sizeof(copy) - 1 ? size : sizeof(copy) - 1);
	for (int i = 0; i < 3; i++) {
		parts[i] = take_number(&p);
		if (parts[i] < 0 || (i < 2 && *p++ != '.'))
			return 0;
	}
	level = take_level(&p);
	if (*p == '+') /* built between releases */
		p++;
	if (*p || (size_t)(p - copy) >= size)
		return 0;
	return (uint32_t)parts[0] << 24 | (uint32_t)parts[1] << 16 | (uint32_t)parts[2] << 8 |
	       level;
}

/* Whether @version is one that a file without Py_Version may have. */
static bool may_be(uint32_t version, uint32_t minor)
{
	if (minor != ANY_MINOR)
		return MINOR(version) == minor;
	return MINOR(version) >= 0x030a && MINOR(version) <= 0x030c;
}

/* The version in the constants @text; 0 when there is none, or two that differ in more than the
 * patch level. Linkers let a string share the tail of a longer one ("Python-3.10.13"). */
static uint32_t search_text(const char *text, size_t size, uint32_t minor)
{
	uint32_t found = 0;

	for (size_t i = 0; i + 1 < size; i++) {
		uint32_t version;

		if (!isdigit((unsigned char)text[i]) || text[i + 1] != '.' ||
		    (i && (isdigit((unsigned char)text[i - 1]) || text[i - 1] == '.')))
			continue;
		version = hw_py_version_parse(text + i, size - i);
		if (!version || !may_be(version, minor))
			continue;
		if (found && MINOR(found) != MINOR(version))
			return 0;
		if (!found)
			found = version;
	}
	return found;
}

static uint32_t version_by_text(const struct hw_module *m, uint32_t minor)
{
	hw_autofree char *text = NULL;
	uint64_t vaddr, size;

	if (hw_module_section(m, ".rodata", &vaddr, &size) < 0 || size > RODATA_MAX)
		return 0;
	text = malloc(size + 1);
	if (!text || hw_module_read(m, vaddr, text, size) < 0)
		return 0;
	return search_text(text, size, minor);
}

uint32_t hw_py_version_find(struct hw_module *m)
{
	uint64_t vaddr, size, constant;
	uint32_t minor, version;

	if (hw_module_export(m, "Py_Version", &vaddr, &size) == 0 && size == sizeof(constant) &&
	    hw_module_read(m, vaddr, &constant, sizeof(constant)) == 0)
		return constant <= UINT32_MAX ? (uint32_t)constant : 0;
	minor = minor_by_api(m);
	if (!minor)
		return exports(m, "Py_GetVersion") ? 0 : version_by_text(m, ANY_MINOR);
	version = version_by_text(m, minor);
	return version ? version : minor << 16;
}
