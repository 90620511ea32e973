/* SPDX-License-Identifier: Apache-2.0
 * usage: tool_lines PYTHON... tests/e2e/python_lines.py
 * Runs it, reads each code object that it announces from its memory, and compares the name, file
 * and the place of every instruction with what it says itself. Prints how many; ends with 0 when
 * all are equal. */
#include <fcntl.h>
#include <inttypes.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "target/binary.h"
#include "proc/maps.h"
#include "py/code.h"

extern char **environ;

struct record {
	uint64_t id;
	uint32_t units, first_line, name_size, file_size, per_unit;
} __attribute__((packed));

struct expected {
	struct record head;
	char *name, *file;
	int32_t *numbers;
};

static struct {
	uint64_t codes, instructions, unequal;
	uint32_t version;
} result;

static pid_t start(char **argv, FILE **ret_out, int *ret_stdin)
{
	posix_spawn_file_actions_t actions;
	int in[2], out[2];
	pid_t pid;

	if (pipe(in) < 0 || pipe(out) < 0)
		exit(2);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, in[0], 0);
	posix_spawn_file_actions_adddup2(&actions, out[1], 1);
	for (int i = 0; i < 2; i++) {
		posix_spawn_file_actions_addclose(&actions, in[i]);
		posix_spawn_file_actions_addclose(&actions, out[i]);
	}
	if (posix_spawnp(&pid, argv[0], &actions, NULL, argv, environ)) {
		perror(argv[0]);
		exit(2);
	}
	posix_spawn_file_actions_destroy(&actions);
	close(in[0]);
	close(out[1]);
	fcntl(out[0], F_SETPIPE_SZ, 1 << 20); /* so that both run at once */
	*ret_out = fdopen(out[0], "r");
	*ret_stdin = in[1];
	return pid;
}

static char *take_text(FILE *f, uint32_t size)
{
	char *text = calloc(1, size + 1);

	if (!text || fread(text, 1, size, f) != size)
		exit(2);
	return text;
}

/* Reads one record; false at the end. */
static bool take_expected(FILE *f, struct expected *e)
{
	size_t n;

	if (fread(&e->head, sizeof(e->head), 1, f) != 1) {
		fprintf(stderr, "the program ended early\n");
		exit(2);
	}
	if (!e->head.id)
		return false;
	e->name = take_text(f, e->head.name_size);
	e->file = take_text(f, e->head.file_size);
	n = (size_t)e->head.units * e->head.per_unit;
	e->numbers = calloc(n + 1, sizeof(int32_t));
	if (!e->numbers || fread(e->numbers, sizeof(int32_t), n, f) != n)
		exit(2);
	return true;
}

/* The layout of the CPython that @pid runs. */
static void find_offsets(pid_t pid, struct hw_binaries *binaries, struct hw_py_offsets *ret)
{
	struct hw_maps *maps;

	if (hw_maps_read(pid, &maps) < 0)
		exit(2);
	for (size_t i = 0; i < hw_maps_count(maps); i++) {
		const struct hw_binary *b = hw_binaries_get(binaries, pid, hw_maps_at(maps, i));

		if (b && b->python > 0) {
			*ret = b->runtime.offsets;
			result.version = b->runtime.version;
			hw_maps_free(maps);
			return;
		}
	}
	fprintf(stderr, "no CPython in process %d\n", (int)pid);
	exit(2);
}

/* Line 0, which the prologue of a module has, is no line of its file: here it is none. */
static uint32_t column_of(const int32_t *numbers, int i)
{
	return numbers[0] <= 0 || numbers[i] < 0 ? HW_PY_NO_COLUMN : (uint32_t)numbers[i];
}

static bool unit_equals(const struct hw_py_code *code, const struct expected *e, uint32_t unit)
{
	const int32_t *numbers = e->numbers + (size_t)unit * e->head.per_unit;
	uint64_t instr = code->lines == HW_PY_LINES_LOCATIONS ? code->begins[0] + 2 * unit :
			 code->lines == HW_PY_LINES_PAIRS     ? unit :
								2 * unit;
	struct hw_py_position pos = hw_py_code_position(code, instr, 0);
	uint32_t line = numbers[0] < 0 ? 0 : (uint32_t)numbers[0];

	if (pos.line != line)
		return false;
	if (e->head.per_unit == 1)
		return pos.end_line == line && pos.column == HW_PY_NO_COLUMN;
	return pos.end_line == (line ? (uint32_t)numbers[1] : 0) &&
	       pos.column == column_of(numbers, 2) && pos.end_column == column_of(numbers, 3);
}

static void compare(const struct hw_py_code *code, const struct expected *e)
{
	uint64_t unequal = 0;
	uint32_t first = 0;

	for (uint32_t unit = 0; unit < e->head.units; unit++)
		if (!unit_equals(code, e, unit) && !unequal++)
			first = unit;
	if (strcmp(code->name, e->name) || strcmp(code->file, e->file) ||
	    code->first_line != e->head.first_line)
		unequal++;
	if (unequal && !result.unequal)
		printf("first difference: %s (%s:%u), unit %u\n", e->name, e->file,
		       e->head.first_line, first);
	result.unequal += unequal;
	result.instructions += e->head.units;
	result.codes++;
}

static void compare_all(pid_t pid, FILE *out, const struct hw_py_offsets *off)
{
	struct hw_mem mem = hw_mem_of_process(pid);
	struct expected e;

	while (take_expected(out, &e)) {
		struct hw_py_code *code = NULL;
		int r = hw_py_code_read(&mem, off, e.head.id, 0, &code);

		if (r < 0) {
			printf("%s (%s): %s\n", e.name, e.file, strerror(-r));
			result.unequal++;
		} else {
			compare(code, &e);
		}
		hw_py_code_free(code);
		free(e.name);
		free(e.file);
		free(e.numbers);
	}
}

int main(int argc, char **argv)
{
	hw_auto(hw_binaries_free) struct hw_binaries *binaries = hw_binaries_new();
	struct hw_py_offsets off;
	int in, status, c;
	FILE *out;
	pid_t pid;

	if (argc < 2 || !binaries)
		return 2;
	pid = start(argv + 1, &out, &in);
	c = getc(out); /* then it is what it will be */
	if (c == EOF)
		return 2;
	ungetc(c, out);
	find_offsets(pid, binaries, &off);
	compare_all(pid, out, &off);
	close(in);
	waitpid(pid, &status, 0);
	fclose(out);
	printf("CPython %u.%u.%u: %" PRIu64 " instructions of %" PRIu64 " code objects, %" PRIu64
	       " unequal\n",
	       result.version >> 24, result.version >> 16 & 0xff, result.version >> 8 & 0xff,
	       result.instructions, result.codes, result.unequal);
	return result.unequal || !result.instructions;
}
