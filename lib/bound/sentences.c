/* SPDX-License-Identifier: Apache-2.0 */
#include "bound/sentences.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

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

static void put_more(struct hw_writer *w, const char *fmt, va_list ap)
{
	hw_autofree char *more = NULL;
	char *text;

	if (vasprintf(&more, fmt, ap) < 0)
		more = NULL; /* undefined by vasprintf(3) */
	text = more ? hw_text("%s%s", w->text ? w->text : "", more) : NULL;
	if (!text) {
		w->error = -ENOMEM;
		return;
	}
	free(w->text);
	w->text = text;
}

void hw_writer_put(struct hw_writer *w, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	put_more(w, fmt, ap);
	va_end(ap);
}

void hw_writer_say(struct hw_writer *w, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	put_more(w, fmt, ap);
	va_end(ap);
	if (!w->error)
		w->error = hw_sentences_add(&w->list, "%s", w->text);
	free(w->text);
	w->text = NULL;
}

int hw_writer_take(struct hw_writer *w, char ***ret)
{
	if (w->error)
		return w->error;
	*ret = hw_take_ptr(w->list);
	return 0;
}

int hw_writer_take_text(struct hw_writer *w, char **ret)
{
	if (w->error || !w->text)
		return w->error ? w->error : -ENOMEM;
	*ret = hw_take_ptr(w->text);
	return 0;
}

void hw_writer_done(struct hw_writer *w)
{
	free(w->text);
	hw_sentences_free(w->list);
	*w = (struct hw_writer){ 0 };
}
