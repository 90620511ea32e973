/* SPDX-License-Identifier: Apache-2.0 */
#include "sym/perf_map.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/sorted.h"

#define READ_AGAIN_NS  50000000u
#define PIECE_BYTES    65536u
#define LINE_MAX_BYTES 8192u /* a longer one is no line of ours */

struct line {
	uint64_t start, end;
	uint32_t name; /* where it is in names */
};

/* A piece of the address space, and the line that holds there. */
struct piece {
	uint64_t start, end;
	uint32_t line;
};

struct hw_perf_map {
	pid_t pid;	 /* 0: of a descriptor */
	int fd;		 /* -1 before the file was there */
	uint64_t offset; /* what was read of it, whole lines */
	uint64_t next_read_ns;
	struct line *lines; /* in the order of the file */
	size_t n_lines, cap_lines;
	char *names; /* each ends in a zero */
	size_t n_names, cap_names;
	struct piece *pieces; /* by address, without overlap */
	size_t n_pieces, cap_pieces;
};

struct hw_perf_map *hw_perf_map_new(pid_t pid)
{
	struct hw_perf_map *m = calloc(1, sizeof(*m));

	if (!m)
		return NULL;
	m->pid = pid;
	m->fd = -1;
	return m;
}

struct hw_perf_map *hw_perf_map_new_fd(int fd)
{
	struct hw_perf_map *m = hw_perf_map_new(0);

	if (m)
		m->fd = fd;
	else
		close(fd);
	return m;
}

struct hw_perf_map *hw_perf_map_free(struct hw_perf_map *m)
{
	if (!m)
		return NULL;
	if (m->fd >= 0)
		close(m->fd);
	free(m->pieces);
	free(m->names);
	free(m->lines);
	free(m);
	return NULL;
}

/* The effective user of @pid, and its number in the innermost of its pid namespaces, by
 * /proc/PID/status: "Uid: real effective ...", "NSpid: ours ... innermost" (proc(5)). */
static bool read_identity(pid_t pid, uid_t *ret_uid, pid_t *ret_inner)
{
	hw_autofclose FILE *f = NULL;
	char path[32], line[256];
	int found = 0;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	f = fopen(path, "re");
	while (f && found < 2 && fgets(line, sizeof(line), f)) {
		const char *last = strrchr(line, '\t');

		if (sscanf(line, "Uid:\t%*u\t%u", ret_uid) == 1)
			found++;
		else if (!strncmp(line, "NSpid:", 6) && last && sscanf(last, "%d", ret_inner) == 1)
			found++;
	}
	return found == 2;
}

/* Opens the file in the root of the process. No symbolic link is followed: it would lead to what
 * it names in our root. */
static int open_in_root(pid_t pid, pid_t inner)
{
	hw_autoclose int root = -1, tmp = -1;
	char name[64];

	snprintf(name, sizeof(name), "/proc/%d/root", pid);
	root = open(name, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		return -1;
	tmp = openat(root, "tmp", O_PATH | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (tmp < 0)
		return -1;
	snprintf(name, sizeof(name), "perf-%d.map", inner);
	return openat(tmp, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW);
}

static void open_file(struct hw_perf_map *m)
{
	hw_autoclose int fd = -1;
	struct stat st;
	pid_t inner;
	uid_t uid;

	if (m->fd >= 0 || !m->pid || !read_identity(m->pid, &uid, &inner))
		return;
	fd = open_in_root(m->pid, inner);
	if (fd >= 0 && !fstat(fd, &st) && S_ISREG(st.st_mode) &&
	    (st.st_uid == uid || st.st_uid == 0))
		m->fd = hw_take_fd(&fd);
}

/* Reads a hexadecimal number, with or without 0x, and the space behind it. */
static bool parse_hex(const char **at, uint64_t *ret)
{
	char *end;

	if (!isxdigit((unsigned char)**at))
		return false;
	errno = 0;
	*ret = strtoull(*at, &end, 16);
	if (errno || *end != ' ')
		return false;
	*at = end + 1;
	return true;
}

/* Adds the line @text, which it may change; one that is not of the form is passed over. */
static int add_line(struct hw_perf_map *m, char *text)
{
	struct line line = { .name = (uint32_t)m->n_names };
	const char *at = text;
	uint64_t size;
	size_t length;
	int r;

	if (!parse_hex(&at, &line.start) || !parse_hex(&at, &size) || !size || !*at ||
	    __builtin_add_overflow(line.start, size, &line.end) ||
	    m->n_lines == HW_PERF_MAP_LINES_MAX)
		return 0;
	length = strnlen(at, HW_PERF_MAP_NAME_MAX);
	r = hw_reserve(m->lines, m->cap_lines, m->n_lines + 1);
	if (r >= 0)
		r = hw_reserve(m->names, m->cap_names, m->n_names + length + 1);
	if (r < 0)
		return r;
	for (size_t i = 0; i < length; i++)
		m->names[m->n_names++] = (char)(iscntrl((unsigned char)at[i]) ? '?' : at[i]);
	m->names[m->n_names++] = '\0';
	m->lines[m->n_lines++] = line;
	return 0;
}

/* Adds the whole lines in @text, which ends in a zero: returns how many bytes they are. */
static ssize_t add_lines(struct hw_perf_map *m, char *text, size_t size)
{
	char *at = text, *end;

	while ((end = memchr(at, '\n', size - (size_t)(at - text)))) {
		int r;

		*end = '\0';
		r = add_line(m, at);
		if (r < 0)
			return r;
		at = end + 1;
	}
	return at - text;
}

/* Reads the lines that were written since. */
static int read_lines(struct hw_perf_map *m)
{
	hw_autofree char *text = malloc(PIECE_BYTES + 1);

	if (!text)
		return -ENOMEM;
	while (m->offset < HW_PERF_MAP_BYTES_MAX) {
		ssize_t n = pread(m->fd, text, PIECE_BYTES, (off_t)m->offset), used;

		if (n <= 0)
			break;
		used = add_lines(m, text, (size_t)n);
		if (used < 0)
			return (int)used;
		if (!used && n < (ssize_t)LINE_MAX_BYTES)
			break; /* a line is being written */
		m->offset += (uint64_t)(used ? used : n);
	}
	return 0;
}

static int compare_starts(const void *a, const void *b)
{
	const struct piece *x = a, *y = b;

	return (x->start > y->start) - (x->start < y->start);
}

/* A heap of line numbers, the latest line on top. */
struct heap {
	uint32_t *items;
	size_t n;
};

static void swap(struct heap *h, size_t a, size_t b)
{
	uint32_t item = h->items[a];

	h->items[a] = h->items[b];
	h->items[b] = item;
}

static void push(struct heap *h, uint32_t line)
{
	size_t i = h->n++;

	h->items[i] = line;
	for (; i && h->items[(i - 1) / 2] < h->items[i]; i = (i - 1) / 2)
		swap(h, i, (i - 1) / 2);
}

static void pop(struct heap *h)
{
	size_t i = 0;

	h->items[0] = h->items[--h->n];
	for (;;) {
		size_t child = 2 * i + 1;

		if (child + 1 < h->n && h->items[child + 1] > h->items[child])
			child++;
		if (child >= h->n || h->items[child] <= h->items[i])
			return;
		swap(h, i, child);
		i = child;
	}
}

/* Appends a piece; room was made for it. */
static void add_piece(struct hw_perf_map *m, uint64_t start, uint64_t end, uint32_t line)
{
	struct piece *last = m->n_pieces ? &m->pieces[m->n_pieces - 1] : NULL;

	if (last && last->line == line && last->end == start)
		last->end = end;
	else
		m->pieces[m->n_pieces++] =
			(struct piece){ .start = start, .end = end, .line = line };
}

/* Goes through the lines by address, with those at the present address in @open. */
static void cut_pieces(struct hw_perf_map *m, const struct piece *by_start, struct heap *open)
{
	size_t next = 0;
	uint64_t at = 0;

	while (next < m->n_lines || open->n) {
		uint64_t end;

		if (!open->n)
			at = by_start[next].start;
		while (next < m->n_lines && by_start[next].start <= at)
			push(open, by_start[next++].line);
		while (open->n && m->lines[open->items[0]].end <= at)
			pop(open);
		if (!open->n)
			continue;
		end = m->lines[open->items[0]].end;
		if (next < m->n_lines && by_start[next].start < end)
			end = by_start[next].start;
		add_piece(m, at, end, open->items[0]);
		at = end;
	}
}

/* Lays the lines side by side: where they overlap, the later one holds. */
static int build_pieces(struct hw_perf_map *m)
{
	hw_autofree struct piece *by_start = calloc(m->n_lines + 1, sizeof(*by_start));
	hw_autofree uint32_t *items = calloc(m->n_lines + 1, sizeof(*items));
	struct heap open = { .items = items };

	/* A piece ends where a line starts or ends. */
	if (!by_start || !items || hw_reserve(m->pieces, m->cap_pieces, 2 * m->n_lines + 1) < 0)
		return -ENOMEM;
	for (size_t i = 0; i < m->n_lines; i++)
		by_start[i] = (struct piece){ .start = m->lines[i].start, .line = (uint32_t)i };
	qsort(by_start, m->n_lines, sizeof(*by_start), compare_starts);
	m->n_pieces = 0;
	cut_pieces(m, by_start, &open);
	return 0;
}

/* Reads what is new, unless that was done a moment ago. Returns 1 when something was. */
static int update(struct hw_perf_map *m)
{
	uint64_t now = hw_clock_ns(), took;
	size_t before = m->n_lines;
	int r;

	if (now < m->next_read_ns)
		return 0;
	open_file(m);
	r = m->fd >= 0 ? read_lines(m) : 0;
	if (r == 0 && m->n_lines > before)
		r = build_pieces(m);
	took = hw_clock_ns() - now;
	m->next_read_ns = now + took + (9 * took > READ_AGAIN_NS ? 9 * took : READ_AGAIN_NS);
	return r < 0 ? r : m->n_lines > before;
}

static const struct piece *find_piece(const struct hw_perf_map *m, uint64_t addr)
{
	size_t n = hw_lower_bound(i, m->n_pieces, m->pieces[i].start <= addr);

	return n && addr < m->pieces[n - 1].end ? &m->pieces[n - 1] : NULL;
}

int hw_perf_map_find(struct hw_perf_map *m, uint64_t addr, struct hw_symbol *ret)
{
	const struct piece *piece = find_piece(m, addr);
	const struct line *line;

	if (!piece) {
		int r = update(m);

		if (r <= 0)
			return r;
		piece = find_piece(m, addr);
	}
	if (!piece)
		return 0;
	line = &m->lines[piece->line];
	*ret = (struct hw_symbol){
		.name = m->names + line->name,
		.start = line->start,
		.offset_bytes = addr - line->start,
	};
	return 1;
}
