/* SPDX-License-Identifier: Apache-2.0
 * Bound by I/O: waiting for the disk, and the kernel's work for reads and writes. */
#include <fcntl.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bound.h"

#define MB (1u << 20)
#define FILE_MB 64u

static void write_all(int fd, const char *p, size_t size)
{
	while (size) {
		ssize_t n = write(fd, p, size);

		must(n > 0, "write");
		p += n;
		size -= (size_t)n;
	}
}

/* An unlinked file of FILE_MB in @folder, on disk. */
static int file_in(const char *folder)
{
	int fd = open(folder, O_TMPFILE | O_RDWR, 0600);
	char *block = malloc(MB);
	uint32_t x = 1;

	must(fd >= 0 && block, folder);
	for (size_t i = 0; i < MB; i++)
		block[i] = (char)((x = x * 1664525u + 1013904223u) >> 24);
	for (unsigned i = 0; i < FILE_MB; i++)
		write_all(fd, block, MB);
	must(!fsync(fd), "fsync");
	free(block);
	return fd;
}

static void direct(const char *folder)
{
	int fd = file_in(folder);
	void *block = NULL;
	unsigned n = 0;

	must(!posix_memalign(&block, 4096, MB), "posix_memalign");
	must(fcntl(fd, F_SETFL, O_DIRECT) == 0, "O_DIRECT");
	for (double end = now() + SECONDS; now() < end; n++)
		must(pread(fd, block, MB, (off_t)(n * 37 % FILE_MB) * MB) == MB, "pread");
}

/* Page faults that have to read: a mapped file which is dropped from the page cache. */
static void mapped(const char *folder)
{
	const size_t size = (size_t)FILE_MB * MB;
	int fd = file_in(folder);

	for (double end = now() + SECONDS; now() < end;) {
		volatile char *p = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0);

		must(p != MAP_FAILED, "mmap");
		madvise((void *)p, size, MADV_RANDOM); /* no reading ahead */
		for (size_t at = 0; at < size && now() < end; at += 16 * 4096)
			burnt += (uint64_t)p[at];
		munmap((void *)p, size);
		posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	}
}

static void fsyncs(const char *folder)
{
	int fd = open(folder, O_TMPFILE | O_RDWR, 0600);
	static const char block[MB / 4];

	must(fd >= 0, folder);
	for (double end = now() + SECONDS; now() < end;) {
		if (lseek(fd, 0, SEEK_CUR) >= 16 * MB)
			lseek(fd, 0, SEEK_SET);
		write_all(fd, block, sizeof(block));
		must(!fsync(fd), "fsync");
	}
}

/* One byte at a time from the page cache. */
static void bytes(const char *folder)
{
	int fd = file_in(folder);
	char byte;

	for (double end = now() + SECONDS; now() < end;)
		for (int i = 0; i < 1000; i++)
			must(pread(fd, &byte, 1, i) == 1, "pread");
}

static void one_cpu(void)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(sched_getcpu(), &set);
	must(!sched_setaffinity(0, sizeof(set), &set), "sched_setaffinity");
}

/* Two processes on one CPU send each other a byte: one of them always runs. */
static void pingpong(const char *arg)
{
	int s[2];
	char byte = 0;
	pid_t pid;

	(void)arg;
	one_cpu();
	must(!socketpair(AF_UNIX, SOCK_STREAM, 0, s), "socketpair");
	pid = fork();
	if (!pid) {
		close(s[0]);
		while (read(s[1], &byte, 1) == 1)
			must(write(s[1], &byte, 1) == 1, "write");
		_exit(0);
	}
	close(s[1]);
	for (double end = now() + SECONDS; now() < end;)
		must(write(s[0], &byte, 1) == 1 && read(s[0], &byte, 1) == 1, "socket");
	close(s[0]);
	waitpid(pid, NULL, 0);
}

/* As much as goes through a pipe between two processes on one CPU, and nothing done with it. */
static void stream(const char *arg)
{
	static char block[64 << 10];
	int p[2];
	pid_t pid;

	(void)arg;
	one_cpu();
	must(!pipe(p), "pipe");
	pid = fork();
	if (!pid) {
		close(p[1]);
		while (read(p[0], block, sizeof(block)) > 0)
			;
		_exit(0);
	}
	close(p[0]);
	for (double end = now() + SECONDS; now() < end;)
		write_all(p[1], block, sizeof(block));
	close(p[1]);
	waitpid(pid, NULL, 0);
}

int main(int argc, char **argv)
{
	static const struct bound_case cases[] = {
		{ "direct", direct }, { "mapped", mapped },	{ "fsyncs", fsyncs },
		{ "bytes", bytes },   { "pingpong", pingpong }, { "stream", stream },
	};

	return run_case(cases, sizeof(cases) / sizeof(cases[0]), argc, argv);
}
