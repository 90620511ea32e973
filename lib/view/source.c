/* SPDX-License-Identifier: Apache-2.0 */
#include "view/source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/io.h"

/* Opens the regular file @path; a fifo must not make us wait. */
static int open_regular(const char *path, struct stat *ret)
{
	hw_autoclose int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0 || fstat(fd, ret) < 0)
		return -errno;
	if (!S_ISREG(ret->st_mode))
		return -EISDIR;
	return ret->st_size > HW_SOURCE_MAX ? -EFBIG : hw_take_fd(&fd);
}

/* Ends each line of the @n bytes of s->text and notes where it begins. */
static int split(struct hw_source *s, size_t n)
{
	size_t lines = 1;

	for (size_t i = 0; i < n; i++)
		lines += s->text[i] == '\n';
	s->lines = calloc(lines, sizeof(*s->lines));
	if (!s->lines)
		return -ENOMEM;
	for (size_t at = 0; at < n;) {
		char *line = s->text + at, *end = memchr(line, '\n', n - at);

		at = end ? (size_t)(end - s->text) + 1 : n;
		if (!end)
			end = s->text + n;
		if (end > line && end[-1] == '\r')
			end[-1] = '\0';
		*end = '\0';
		s->lines[s->n_lines++] = line;
	}
	return 0;
}

int hw_source_read(const char *path, struct hw_source *ret)
{
	hw_auto(hw_source_done) struct hw_source s = { 0 };
	struct stat st;
	hw_autoclose int fd = open_regular(path, &st);
	ssize_t n;
	int r;

	if (fd < 0)
		return fd;
	s.text = malloc((size_t)st.st_size + 1); /* split() ends the last line */
	if (!s.text)
		return -ENOMEM;
	n = hw_read_full(fd, s.text, (size_t)st.st_size);
	if (n < 0)
		return (int)n;
	r = split(&s, (size_t)n);
	if (r < 0)
		return r;
	s.changed_unix_s = st.st_mtim.tv_sec;
	*ret = s;
	s = (struct hw_source){ 0 };
	return 0;
}

void hw_source_done(struct hw_source *s)
{
	free(s->lines);
	free(s->text);
	*s = (struct hw_source){ 0 };
}

const char *hw_source_line(const struct hw_source *s, uint32_t line)
{
	return line && line <= s->n_lines ? s->lines[line - 1] : "";
}

/* Columns before the first word of @text, tabs to the next eighth. */
static size_t indent_of(const char *text)
{
	size_t columns = 0;

	for (; *text == ' ' || *text == '\t' || *text == '\f'; text++)
		columns = *text == '\t' ? (columns | 7) + 1 : columns + 1;
	return columns;
}

static const char *first_word(const char *text)
{
	return text + strspn(text, " \t\f");
}

/* ")", "};", "])", "{": nothing but brackets and what may follow them. */
static bool only_brackets(const char *text)
{
	text = first_word(text);
	return *text && !text[strspn(text, "(){}[];:, \t")];
}

uint32_t hw_source_block_end(const struct hw_source *s, uint32_t first, uint32_t known)
{
	size_t depth = indent_of(hw_source_line(s, first));
	uint32_t end = known > first ? known : first;

	for (uint32_t line = end + 1; line <= s->n_lines; line++) {
		const char *text = hw_source_line(s, line);

		if (!*first_word(text))
			continue;
		if (indent_of(text) < depth || (indent_of(text) == depth && !only_brackets(text)))
			break;
		end = line;
	}
	return end;
}
