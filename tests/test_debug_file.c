/* SPDX-License-Identifier: Apache-2.0
 * Separate debug files, made from this very program by objcopy(1), and the servers that have them:
 * a web server of our own, one that never answers, and none at all. */
#include "fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "sym/debuginfod.h"
#include "sym/module.h"

static char folder[] = "/tmp/test_debug_file.XXXXXX";
static bool can_run; /* objcopy and strip are there */

static bool run(const char *format, ...) __attribute__((format(printf, 1, 2)));
static bool run(const char *format, ...)
{
	char command[2048];
	va_list args;

	va_start(args, format);
	vsnprintf(command, sizeof(command), format, args);
	va_end(args);
	return system(command) == 0;
}

/* In the folder: x.full, x.debug and x.stripped with no link between them. */
static void make_files(void)
{
	char self[1024] = "";

	ck_assert_ptr_nonnull(mkdtemp(folder));
	ck_assert_int_gt(readlink("/proc/self/exe", self, sizeof(self) - 1), 0);
	can_run = run("cd %s && command -v objcopy strip >/dev/null && cp '%s' x.full && "
		      "objcopy --only-keep-debug x.full x.debug && strip -o x.stripped x.full",
		      folder, self);
	if (!can_run)
		unjudged("all but two tests", "objcopy and strip (binutils) are not there");
}

static void remove_files(void)
{
	run("rm -rf %s", folder);
}

/* Only this program's own .symtab has its name. */
static __attribute__((noinline)) uint64_t local_function(void)
{
	return (uint64_t)(uintptr_t)__builtin_return_address(0);
}

static int first_bias(struct dl_phdr_info *info, size_t size, void *bias)
{
	(void)size;
	*(uint64_t *)bias = info->dlpi_addr;
	return 1;
}

/* The name of local_function() in the file @name of the folder, "" when it cannot be told;
 * *ret_line: whether it has a line. */
static const char *name_in(const char *name, struct hw_debuginfod *servers, bool *ret_line)
{
	static char found[64];
	hw_auto(hw_module_free) struct hw_module *m = NULL;
	struct hw_symbol s;
	char path[128];
	uint64_t bias;

	dl_iterate_phdr(first_bias, &bias);
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	ck_assert_int_eq(hw_module_open(path, path, &m), 0);
	hw_module_set_debuginfod(m, servers);
	ck_assert_int_ge(hw_module_find(m, (uintptr_t)local_function - bias, &s), 0);
	snprintf(found, sizeof(found), "%s", s.name);
	if (ret_line)
		*ret_line = s.line != 0;
	return found;
}

START_TEST(a_stripped_program_alone_has_no_names)
{
	if (can_run)
		ck_assert_str_eq(name_in("x.stripped", NULL, NULL), "[unknown]");
}
END_TEST

static const char *const places[] = { ".", ".debug" };

START_TEST(the_linked_file_with_the_same_build_id_is_used)
{
	bool line;

	if (!can_run)
		return;
	ck_assert(run("cd %s && mkdir -p %s && cp x.debug %s/y.debug && "
		      "objcopy --add-gnu-debuglink=%s/y.debug x.stripped x",
		      folder, places[_i], places[_i], places[_i]));
	ck_assert_str_eq(name_in("x", NULL, &line), "local_function");
	ck_assert(line);
	/* The build-id tells it is another: the checksum does not count then. */
	ck_assert(run("cd %s && objcopy --remove-section .note.gnu.build-id %s/y.debug", folder,
		      places[_i]));
	ck_assert_str_eq(name_in("x", NULL, NULL), "[unknown]");
	run("cd %s && rm -f %s/y.debug", folder, places[_i]);
}
END_TEST

START_TEST(without_a_build_id_the_checksum_tells)
{
	if (!can_run)
		return;
	ck_assert(run("cd %s && objcopy --remove-section .note.gnu.build-id x.debug z.debug && "
		      "objcopy --remove-section .note.gnu.build-id x.stripped z.bare && "
		      "objcopy --add-gnu-debuglink=z.debug z.bare z",
		      folder));
	ck_assert_str_eq(name_in("z", NULL, NULL), "local_function");
	ck_assert(run("cd %s && printf x >> z.debug", folder));
	ck_assert_str_eq(name_in("z", NULL, NULL), "[unknown]");
}
END_TEST

/* As Fedora makes it: the functions alone, in an xz file within the program. */
START_TEST(packed_symbols_give_names)
{
	if (!can_run || !run("command -v xz >/dev/null")) {
		unjudged(__func__, "xz is not there");
		return;
	}
	ck_assert(run("cd %s && objcopy -S --keep-symbol local_function x.full mini && "
		      "xz -k mini && objcopy --add-section .gnu_debugdata=mini.xz x.stripped m",
		      folder));
	ck_assert_str_eq(name_in("m", NULL, NULL), "local_function");
	ck_assert(run("cd %s && head -c 300 mini.xz > cut.xz && "
		      "objcopy --add-section .gnu_debugdata=cut.xz x.stripped m.cut",
		      folder));
	ck_assert_str_eq(name_in("m.cut", NULL, NULL), "[unknown]");
	ck_assert(run("cd %s && head -c 90000000 /dev/zero | xz > bomb.xz && "
		      "objcopy --add-section .gnu_debugdata=bomb.xz x.stripped m.bomb",
		      folder));
	ck_assert_str_eq(name_in("m.bomb", NULL, NULL), "[unknown]");
}
END_TEST

/* --- servers --- */

static uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* Listens on a free port of this machine; connections wait and are never answered. */
static int listen_here(uint16_t *ret_port)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, size), 0);
	ck_assert_int_eq(listen(fd, 4), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&address, &size), 0);
	*ret_port = ntohs(address.sin_port);
	return fd;
}

/* Has libdebuginfod ask that port, with a new cache. */
static void use_server(uint16_t port)
{
	char text[64];

	snprintf(text, sizeof(text), "http://127.0.0.1:%u", port);
	setenv("DEBUGINFOD_URLS", text, 1);
	snprintf(text, sizeof(text), "%s/cache.%u", folder, port);
	setenv("DEBUGINFOD_CACHE_PATH", text, 1);
}

static bool was_contacted(int fd)
{
	int peer = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (peer >= 0)
		close(peer);
	return peer >= 0;
}

START_TEST(nobody_is_asked_unless_told_to)
{
	hw_auto(hw_debuginfod_free) struct hw_debuginfod *d = hw_debuginfod_new(1000);
	const unsigned char id[] = { 1, 2, 3, 4, 5, 6, 7, 8 };

	unsetenv("DEBUGINFOD_URLS");
	ck_assert_int_eq(hw_debuginfod_find(d, id, sizeof(id)), -ENOTCONN);
	setenv("DEBUGINFOD_URLS", "http://127.0.0.1:1", 1);
	ck_assert_int_eq(hw_debuginfod_find(d, id, sizeof(id)), -ENOTCONN);
	ck_assert_int_eq(hw_debuginfod_find(d, id, 1), -EINVAL);
}
END_TEST

START_TEST(a_server_that_hangs_is_given_up_once)
{
	hw_auto(hw_debuginfod_free) struct hw_debuginfod *d = hw_debuginfod_new(300);
	const unsigned char id[] = { 1, 2, 3, 4, 5, 6, 7, 8 };
	uint64_t before = now_ms();
	uint16_t port;
	int fd = listen_here(&port);

	use_server(port);
	ck_assert_int_eq(hw_debuginfod_find(d, id, sizeof(id)), -ETIMEDOUT);
	ck_assert_uint_lt(now_ms() - before, 4000);
	ck_assert_int_eq(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	ck_assert(was_contacted(fd));
	while (was_contacted(fd))
		;
	before = now_ms();
	ck_assert_int_eq(hw_debuginfod_find(d, id, sizeof(id)), -ETIMEDOUT);
	ck_assert_uint_lt(now_ms() - before, 300); /* it has not waited again */
	ck_assert(!was_contacted(fd));
	close(fd);
}
END_TEST

START_TEST(an_interrupt_that_waits_ends_the_waiting)
{
	hw_auto(hw_debuginfod_free) struct hw_debuginfod *d = hw_debuginfod_new(60000);
	const unsigned char id[] = { 1, 2, 3, 4, 5, 6, 7, 8 };
	uint64_t before = now_ms();
	sigset_t set;
	uint16_t port;
	int fd = listen_here(&port), taken;

	use_server(port);
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	ck_assert_int_eq(sigprocmask(SIG_BLOCK, &set, NULL), 0);
	raise(SIGINT);
	ck_assert_int_eq(hw_debuginfod_find(d, id, sizeof(id)), -ETIMEDOUT);
	ck_assert_uint_lt(now_ms() - before, 4000);
	ck_assert_int_eq(sigwait(&set, &taken), 0);
	close(fd);
}
END_TEST

/* Serves the folder; returns the process. */
static pid_t serve(uint16_t port)
{
	pid_t pid = fork();

	if (!pid) {
		char text[16];

		snprintf(text, sizeof(text), "%u", port);
		if (!freopen("/dev/null", "w", stdout) || !freopen("/dev/null", "w", stderr))
			_exit(127);
		execlp("python3", "python3", "-m", "http.server", "-d", folder, "--bind",
		       "127.0.0.1", text, NULL);
		_exit(127);
	}
	ck_assert_int_gt(pid, 0);
	for (int i = 0; i < 100 && !run("exec 2>/dev/null; python3 -c 'import socket;"
					"socket.create_connection((\"127.0.0.1\", %u))'",
					port);
	     i++)
		usleep(50000);
	return pid;
}

START_TEST(a_server_gives_the_debug_file_and_its_answer_is_kept)
{
	hw_auto(hw_debuginfod_free) struct hw_debuginfod *d = hw_debuginfod_new(20000);
	hw_auto(hw_module_free) struct hw_module *m = NULL;
	uint16_t port;
	bool line;
	pid_t server;

	if (!can_run || !run("command -v python3 >/dev/null")) {
		unjudged(__func__, "objcopy or python3 is not there");
		return;
	}
	ck_assert_int_eq(hw_module_open("/proc/self/exe", "self", &m), 0);
	ck_assert(run("cd %s && mkdir -p buildid/%s && cp x.debug buildid/%s/debuginfo", folder,
		      hw_module_build_id(m), hw_module_build_id(m)));
	close(listen_here(&port));
	use_server(port);
	server = serve(port);
	ck_assert_str_eq(name_in("x.stripped", d, &line), "local_function");
	ck_assert(line);
	kill(server, SIGTERM);
	waitpid(server, NULL, 0);
	ck_assert_str_eq(name_in("x.stripped", d, &line), "local_function");
	/* What is not allowed to ask does not. */
	ck_assert_str_eq(name_in("x.stripped", NULL, NULL), "[unknown]");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("debug_file");
	TCase *c = tcase_create("debug_file");

	local_function();
	tcase_set_timeout(c, 60);
	tcase_add_unchecked_fixture(c, make_files, remove_files);
	tcase_add_test(c, a_stripped_program_alone_has_no_names);
	tcase_add_loop_test(c, the_linked_file_with_the_same_build_id_is_used, 0, 2);
	tcase_add_test(c, without_a_build_id_the_checksum_tells);
	tcase_add_test(c, packed_symbols_give_names);
	tcase_add_test(c, nobody_is_asked_unless_told_to);
	tcase_add_test(c, a_server_that_hangs_is_given_up_once);
	tcase_add_test(c, an_interrupt_that_waits_ends_the_waiting);
	tcase_add_test(c, a_server_gives_the_debug_file_and_its_answer_is_kept);
	suite_add_tcase(s, c);
	return run_suite(s);
}
