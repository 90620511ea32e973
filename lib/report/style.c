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

double hw_standard_error(double share, uint64_t n)
{
	return n ? sqrt(share * (1 - share) / (double)n) : 0;
}

enum hw_color hw_row_color(const struct hw_row *row)
{
	if (row->kind == HW_FRAME_PYTHON)
		return HW_COLOR_GREEN;
	return row->kind == HW_FRAME_KERNEL ? HW_COLOR_YELLOW : HW_COLOR_NONE;
}
