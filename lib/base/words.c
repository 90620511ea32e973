/* SPDX-License-Identifier: Apache-2.0 */
#include "base/words.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

/* Outside of quotes these are more than themselves. A line end separates commands. */
static const char shell_only[] = "|&;<>()$`*?[~\n";

/* As the first word these are not programs, or not only. */
static const char *const shell_words[] = {
	"!",	    "{",      "}",     "case",	   "do",    "done", "elif",  "else",
	"esac",	    "fi",     "for",   "if",	   "in",    "then", "until", "while",
	".",	    ":",      "break", "continue", "eval",  "exec", "exit",  "export",
	"readonly", "return", "set",   "shift",	   "times", "trap", "unset",
};

struct splitter {
	const char *in;
	char **words; /* a pointer for each word, then their text */
	char *out;
	size_t n;
	bool in_word;
};

/* A word may be empty: ''. */
static void begin_word(struct splitter *s)
{
	if (!s->in_word)
		s->words[s->n++] = s->out;
	s->in_word = true;
}

static void end_word(struct splitter *s)
{
	if (s->in_word)
		*s->out++ = 0;
	s->in_word = false;
}

/* Behind '. Returns 1, or -EINVAL. */
static int take_single(struct splitter *s)
{
	const char *end = strchr(s->in, '\'');

	if (!end)
		return -EINVAL;
	while (s->in < end)
		*s->out++ = *s->in++;
	s->in++;
	return 1;
}

/* Behind ". Returns 1, 0 when it takes a shell, or -EINVAL. */
static int take_double(struct splitter *s)
{
	for (; *s->in && *s->in != '"'; s->in++) {
		if (*s->in == '$' || *s->in == '`')
			return 0;
		if (*s->in == '\\' && s->in[1] == '\n') /* a line that goes on */
			return 0;
		if (*s->in == '\\' && s->in[1] && strchr("$`\"\\", s->in[1]))
			s->in++;
		*s->out++ = *s->in;
	}
	if (!*s->in)
		return -EINVAL;
	s->in++;
	return 1;
}

/* Behind \. The same. */
static int take_escaped(struct splitter *s)
{
	if (!*s->in)
		return -EINVAL;
	if (*s->in == '\n')
		return 0;
	*s->out++ = *s->in++;
	return 1;
}

static bool in_first_word(const struct splitter *s)
{
	return s->n + !s->in_word <= 1;
}

/* Takes what begins with @c, which is behind s->in already. The same. */
static int take_letter(struct splitter *s, char c)
{
	if (c == ' ' || c == '\t') {
		end_word(s);
		return 1;
	}
	if (strchr(shell_only, c) || (c == '#' && !s->in_word) || (c == '=' && in_first_word(s)))
		return 0;
	if (c != '\'' && c != '"' && c != '\\') {
		begin_word(s);
		*s->out++ = c;
		return 1;
	}
	begin_word(s);
	return c == '\'' ? take_single(s) : c == '"' ? take_double(s) : take_escaped(s);
}

static bool is_shell_word(const char *word)
{
	for (size_t i = 0; i < sizeof(shell_words) / sizeof(shell_words[0]); i++)
		if (!strcmp(word, shell_words[i]))
			return true;
	return false;
}

int hw_words_split(const char *text, char ***ret)
{
	/* the shortest word takes a letter and a blank, '' takes more */
	size_t length = strlen(text), max_words = length / 2 + 1;
	hw_autofree char **words = calloc(max_words + 1, sizeof(*words) + 2);
	struct splitter s = { .in = text, .words = words };
	int r = 1;

	if (!words)
		return -ENOMEM;
	s.out = (char *)(words + max_words + 1);
	while (*s.in && r > 0)
		r = take_letter(&s, *s.in++);
	if (r <= 0)
		return r;
	end_word(&s);
	if (!s.n)
		return -ENODATA;
	if (is_shell_word(words[0]))
		return 0;
	*ret = hw_take_ptr(words);
	return 1;
}
