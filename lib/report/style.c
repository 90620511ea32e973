/* SPDX-License-Identifier: Apache-2.0 */
#include "report/style.h"

#include <langinfo.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define MIN_WIDTH 40u

static unsigned int terminal_width(int fd)
{
	const char *columns = getenv("COLUMNS");
	unsigned long width = columns ? strtoul(columns, NULL, 10) : 0;
	struct winsize size;

	if (!width && ioctl(fd, TIOCGWINSZ, &size) == 0)
		width = size.ws_col;
	if (!width)
		width = 80;
	if (width > 10000)
		width = 10000;
	return width < MIN_WIDTH ? MIN_WIDTH : (unsigned int)width;
}

struct hw_style hw_style_of(int fd)
{
	const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");
	struct hw_style s = { .utf8 = !strcmp(nl_langinfo(CODESET), "UTF-8") };

	if (!isatty(fd))
		return s;
	s.width = terminal_width(fd);
	s.color = !(no_color && no_color[0]) && term && strcmp(term, "dumb");
	return s;
}

const char *hw_style_color(const struct hw_style *s, enum hw_color color)
{
	static const char *const codes[] = {
		[HW_COLOR_NONE] = "\033[0m",	[HW_COLOR_BOLD] = "\033[1m",
		[HW_COLOR_DIM] = "\033[2m",	[HW_COLOR_GREEN] = "\033[32m",
		[HW_COLOR_YELLOW] = "\033[33m", [HW_COLOR_RED] = "\033[31m",
	};

	return s->color ? codes[color] : "";
}

static bool continues(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

/* A column per code point: wide characters are rare in names of code. */
size_t hw_columns(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += !continues(*text);
	return n;
}

static const char *skip_columns(const char *text, size_t n)
{
	while (*text && (n || continues(*text))) {
		if (!continues(*text))
			n--;
		text++;
	}
	return text;
}

static void put_clean(FILE *f, const struct hw_style *s, const char *text, const char *end)
{
	for (; text < end; text++) {
		unsigned char c = (unsigned char)*text;
		/* U+0080 to U+009F, which some terminals obey, begin with this byte. */
		bool c1 = c == 0xc2 && (unsigned char)text[1] < 0xa0;

		if (c < 0x20 || c == 0x7f || c1 || (c >= 0x80 && !s->utf8)) {
			fputc('?', f);
			while (text + 1 < end && continues(text[1]))
				text++;
		} else {
			fputc(c, f);
		}
	}
}

void hw_put(FILE *f, const struct hw_style *s, const char *text, size_t max, size_t pad,
	    enum hw_cut cut)
{
	size_t n = hw_columns(text);
	const char *end = text + strlen(text);

	if (!max || n <= max) {
		put_clean(f, s, text, end);
	} else if (max < 4) {
		put_clean(f, s, text, skip_columns(text, max));
		n = max;
	} else if (cut == HW_CUT_LEFT) {
		fputs("...", f);
		put_clean(f, s, skip_columns(text, n - (max - 3)), end);
		n = max;
	} else {
		put_clean(f, s, text, skip_columns(text, max - 3));
		fputs("...", f);
		n = max;
	}
	if (n < pad)
		fprintf(f, "%*s", (int)(pad - n), "");
}

/* Three digits, so that columns of figures line up. */
static const char *three_digits(char buf[static HW_AMOUNT_SIZE], double value, const char *unit)
{
	int places = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;

	snprintf(buf, HW_AMOUNT_SIZE, "%.*f %s", places, value, unit);
	return buf;
}

static const char *time_amount(char buf[static HW_AMOUNT_SIZE], double ns)
{
	if (ns >= 999.5e6)
		snprintf(buf, HW_AMOUNT_SIZE, "%.2f s", ns / 1e9);
	else if (ns >= 999.5e3)
		three_digits(buf, ns / 1e6, "ms");
	else if (ns > 0)
		three_digits(buf, ns / 1e3, "us");
	else
		snprintf(buf, HW_AMOUNT_SIZE, "0 s");
	return buf;
}

static const char *byte_amount(char buf[static HW_AMOUNT_SIZE], double bytes)
{
	static const char *const units[] = { "B", "kB", "MB", "GB", "TB", "PB", "EB" };
	size_t i = 0;

	for (; bytes >= 999.5 && i + 1 < sizeof(units) / sizeof(units[0]); i++)
		bytes /= 1000;
	if (i)
		return three_digits(buf, bytes, units[i]);
	snprintf(buf, HW_AMOUNT_SIZE, "%.0f B", bytes);
	return buf;
}

const char *hw_amount(char buf[static HW_AMOUNT_SIZE], double value, const char *unit)
{
	static const char *const prefixes[] = { "", "k", "M", "G", "T", "P", "E" };
	size_t i = 0;

	if (!strcmp(unit, "ns"))
		return time_amount(buf, value);
	if (!strcmp(unit, "B"))
		return byte_amount(buf, value);
	if (value < 100000) {
		snprintf(buf, HW_AMOUNT_SIZE, "%.0f", value);
		return buf;
	}
	for (; value >= 999.5 && i + 1 < sizeof(prefixes) / sizeof(prefixes[0]); i++)
		value /= 1000;
	return three_digits(buf, value, prefixes[i]);
}

double hw_standard_error(double share, uint64_t n)
{
	return n ? sqrt(share * (1 - share) / (double)n) : 0;
}
