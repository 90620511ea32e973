/* SPDX-License-Identifier: Apache-2.0 */
#include "bound/sentences.h"

#include <errno.h>
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
