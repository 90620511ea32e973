/* SPDX-License-Identifier: Apache-2.0 */
#include "unwind/startup_files.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"

#define HEAD_SIZE   4096
#define SCRIPTS_MAX 4 /* interpreters that are scripts themselves */
#define LIST_MS	    1000
#define LIST_MAX    65536

extern char **environ;

/* As execvp(3) finds @name. */
static bool find_program(const char *name, char ret[PATH_MAX])
{
	const char *path = getenv("PATH");
	hw_autofree char *copy = strdup(path ? path : "/bin:/usr/bin");
	char *dir, *rest = copy;

	if (strchr(name, '/'))
		return snprintf(ret, PATH_MAX, "%s", name) < PATH_MAX;
	while ((dir = strsep(&rest, ":")))
		if (snprintf(ret, PATH_MAX, "%s/%s", *dir ? dir : ".", name) < PATH_MAX &&
		    !access(ret, X_OK))
			return true;
	return false;
}

static ssize_t read_file_head(const char *path, char head[HEAD_SIZE])
{
	hw_autoclose int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return -1;
	return pread(fd, head, HEAD_SIZE - 1, 0);
}

static char *next_word(char **rest)
{
	char *word;

	do
		word = strsep(rest, " \t");
	while (word && !*word);
	return word;
}

/* The program that env(1) runs when it is told @words: behind its options and NAME=VALUE. The kernel
 * hands on the line as one word, which -S, alone or at the end of other letters, has split. */
static char *program_of_env(char *words)
{
	static const char split[] = "--split-string=";
	char *word;

	while ((word = next_word(&words))) {
		if (!strncmp(word, split, strlen(split)))
			word += strlen(split);
		else if (word[0] == '-' && word[1] == 'S' && word[2])
			word += 2;
		if (*word != '-' && !strchr(word, '='))
			return word;
		if (!strcmp(word, "-u") || !strcmp(word, "-C")) /* of a variable, of a directory */
			next_word(&words);
	}
	return NULL;
}

/* The program that runs the script whose first line is @head; by way of env(1) the one named. */
static bool find_interpreter(char *head, char ret[PATH_MAX])
{
	char *rest = head + 2, *word, *program;

	head[strcspn(head, "\n")] = 0;
	word = next_word(&rest);
	if (!word)
		return false;
	program = strlen(word) > 4 && !strcmp(word + strlen(word) - 4, "/env") ?
			  program_of_env(rest) : NULL;
	if (program)
		return find_program(program, ret);
	return snprintf(ret, PATH_MAX, "%s", word) < PATH_MAX;
}

/* PT_INTERP of the 64-bit ELF file that begins with @head. */
static bool find_linker(const char *head, size_t size, char ret[PATH_MAX])
{
	Elf64_Ehdr eh;
	Elf64_Phdr ph;

	memcpy(&eh, head, sizeof(eh));
	for (unsigned int i = 0; i < eh.e_phnum; i++) {
		uint64_t at = eh.e_phoff + i * sizeof(ph);

		if (eh.e_phoff > size || at + sizeof(ph) > size)
			return false;
		memcpy(&ph, head + at, sizeof(ph));
		if (ph.p_type != PT_INTERP)
			continue;
		if (ph.p_offset > size || ph.p_filesz > size - ph.p_offset || ph.p_filesz > PATH_MAX ||
		    ph.p_filesz < 2)
			return false;
		memcpy(ret, head + ph.p_offset, ph.p_filesz);
		ret[ph.p_filesz - 1] = 0;
		return true;
	}
	return false;
}

/* Reads what comes from @fd, at most LIST_MAX bytes and for LIST_MS; then it is a string. */
static size_t read_list(int fd, char *text)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	size_t n = 0;
	ssize_t r = 1;

	while (r > 0 && n < LIST_MAX - 1 && poll(&p, 1, LIST_MS) > 0) {
		r = read(fd, text + n, LIST_MAX - 1 - n);
		n += r > 0 ? (size_t)r : 0;
	}
	text[n] = 0;
	return n;
}

/* Runs `linker --list program` into @text. */
static size_t list_libraries(char *linker, char *program, char *text)
{
	char *argv[] = { linker, (char *)"--list", program, NULL };
	posix_spawn_file_actions_t actions;
	int fds[2], r;
	size_t n = 0;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return 0;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, fds[1], STDOUT_FILENO);
	posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	r = posix_spawn(&pid, linker, &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	close(fds[1]);
	if (!r) {
		n = read_list(fds[0], text);
		kill(pid, SIGKILL); /* it has ended, or never will */
		waitpid(pid, NULL, 0);
	}
	close(fds[0]);
	return n;
}

/* Lines are "<tab>name => /path (0xaddress)" or "<tab>/path (0xaddress)". */
static void visit_libraries(char *text, hw_startup_files_fn *fn, void *ctx)
{
	char *line, *rest = text;

	while ((line = strsep(&rest, "\n"))) {
		char *path = strchr(line, '/'), *end = strrchr(line, '(');

		if (!path || !end || end <= path + 1)
			continue;
		end[-1] = 0;
		fn(ctx, path);
	}
}

static void visit_program(char *program, const char *head, size_t size, hw_startup_files_fn *fn, void *ctx)
{
	hw_autofree char *text = malloc(LIST_MAX);
	char linker[PATH_MAX];

	fn(ctx, program);
	if (!text || !find_linker(head, size, linker))
		return;
	fn(ctx, linker);
	if (list_libraries(linker, program, text))
		visit_libraries(text, fn, ctx);
}

void hw_startup_files_visit(char *const *argv, hw_startup_files_fn *fn, void *ctx)
{
	char program[PATH_MAX], head[HEAD_SIZE];
	bool found = find_program(argv[0], program);

	for (int i = 0; found && i < SCRIPTS_MAX; i++) {
		ssize_t n = read_file_head(program, head);

		if (n < (ssize_t)sizeof(Elf64_Ehdr) && (n < 2 || memcmp(head, "#!", 2)))
			return;
		head[n] = 0;
		if (!memcmp(head, ELFMAG, SELFMAG)) {
			if (head[EI_CLASS] == ELFCLASS64 && n >= (ssize_t)sizeof(Elf64_Ehdr))
				visit_program(program, head, (size_t)n, fn, ctx);
			return;
		}
		if (memcmp(head, "#!", 2))
			return;
		log_debug("%s is a script", program);
		found = find_interpreter(head, program);
	}
}

int hw_startup_files_program(char *const *argv, char **ret)
{
	char program[PATH_MAX];

	if (!find_program(argv[0], program))
		return -ENOENT;
	*ret = realpath(program, NULL);
	return *ret ? 0 : -errno;
}
