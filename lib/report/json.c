/* SPDX-License-Identifier: Apache-2.0 */
#include "report/json.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD in UTF-8 */

/* The bytes of the well-formed UTF-8 sequence that starts at @s, 0 when none does: table 3-7 of
 * the Unicode Standard. Overlong forms and surrogates are excluded by the second byte. The zero
 * at the end of the string is no continuation byte, so nothing is read behind it. */
static size_t utf8_length(const unsigned char *s)
{
	unsigned char low = 0x80, high = 0xbf;
	size_t length;

	if (s[0] < 0x80)
		return 1;
	if (s[0] < 0xc2 || s[0] > 0xf4)
		return 0;
	length = s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;
	if (s[0] == 0xe0)
		low = 0xa0;
	else if (s[0] == 0xed)
		high = 0x9f;
	else if (s[0] == 0xf0)
		low = 0x90;
	else if (s[0] == 0xf4)
		high = 0x8f;
	if (s[1] < low || s[1] > high)
		return 0;
	for (size_t i = 2; i < length; i++)
		if (s[i] < 0x80 || s[i] > 0xbf)
			return 0;
	return length;
}

json_t *hw_json_string(const char *s)
{
	hw_autofree char *clean = NULL;
	size_t size = 0;

	if (!s)
		return json_null();
	clean = reallocarray(NULL, strlen(s) + 1, sizeof(REPLACEMENT) - 1);
	if (!clean)
		return NULL;
	while (*s) {
		size_t length = utf8_length((const unsigned char *)s);

		if (length) {
			memcpy(clean + size, s, length);
			size += length;
			s += length;
		} else {
			memcpy(clean + size, REPLACEMENT, sizeof(REPLACEMENT) - 1);
			size += sizeof(REPLACEMENT) - 1;
			s++;
		}
	}
	return json_stringn_nocheck(clean, size);
}

json_t *hw_json_strings(char *const *strings)
{
	hw_auto(json_decref) json_t *array = json_array();

	for (; strings && *strings; strings++)
		if (json_array_append_new(array, hw_json_string(*strings)) < 0)
			return NULL;
	return hw_take_ptr(array);
}

json_t *hw_json_real(double value)
{
	if (!isfinite(value))
		return json_null();
	/* beyond 2^53 / 1e9 a double has no ninth place to round */
	return json_real(fabs(value) < 9e6 ? round(value * 1e9) / 1e9 : value);
}

json_t *hw_json_count(double value)
{
	if (!(value >= 0 && value < 0x1p63))
		return json_null();
	return json_integer((json_int_t)round(value));
}

int hw_json_add(json_t *object, const char *format, ...)
{
	hw_auto(json_decref) json_t *added = NULL;
	va_list ap;

	va_start(ap, format);
	added = json_vpack_ex(NULL, 0, format, ap);
	va_end(ap);
	return object && added && json_object_update(object, added) == 0 ? 0 : -ENOMEM;
}

int hw_json_print(FILE *f, const json_t *value)
{
	/* 15 digits always come back as they went in: DBL_DIG */
	if (json_dumpf(value, f, JSON_ENCODE_ANY | JSON_REAL_PRECISION(15)) < 0 ||
	    fputc('\n', f) == EOF)
		return -EIO;
	return 0;
}
