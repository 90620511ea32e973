/* SPDX-License-Identifier: Apache-2.0 */
#include "bound/sentences.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

int hw_sentences_add(char ***list, const char *fmt, ...)
{
	hw_autofree char *sentence = NULL;
	size_t n = 0;
	char **grown;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&sentence, fmt, ap) < 0)
		sentence = NULL; /* undefined by vasprintf(3) */
	va_end(ap);
	if (!sentence)
		return -ENOMEM;
	while (*list && (*list)[n])
		n++;
	grown = reallocarray(*list, n + 2, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	grown[n] = hw_take_ptr(sentence);
	grown[n + 1] = NULL;
	*list = grown;
	return 0;
}

char **hw_sentences_free(char **list)
{
	for (char **s = list; s && *s; s++)
		free(*s);
	free(list);
	return NULL;
}

const char *hw_grouped(char buf[static HW_GROUPED_SIZE], double value, int places)
{
	char plain[32];
	size_t whole, out = 0, sign;

	if (!(fabs(value) < 1e18)) {
		snprintf(buf, HW_GROUPED_SIZE, "%.3g", value);
		return buf;
	}
	/* 18 digits, the sign, the point and 9 places fit, and 5 commas more fit in buf */
	snprintf(plain, sizeof(plain), "%.*f", places > 9 ? 9 : places, value);
	sign = plain[0] == '-';
	whole = strcspn(plain, ".");
	for (size_t i = 0; plain[i]; i++) {
		if (i > sign && i < whole && (whole - i) % 3 == 0)
			buf[out++] = ',';
		buf[out++] = plain[i];
	}
	buf[out] = 0;
	return buf;
}
