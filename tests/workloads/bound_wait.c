/* SPDX-License-Identifier: Apache-2.0
 * Bound by waiting: for time, for locks, for children. `hold FOLDER SECONDS` is the other side of
 * the locks of `mutex` and `semaphore`, outside the session under test. */
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bound.h"

/* What two processes share by mapping a file. */
struct shared {
	pthread_mutex_t mutex;
	sem_t semaphore;
	_Atomic int waiting; /* from then on the holder waits a while before it lets go */
};

static struct shared *map_shared(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT, 0600);
	struct shared *s;

	must(fd >= 0 && !ftruncate(fd, sizeof(*s)), path);
	s = mmap(NULL, sizeof(*s), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	must(s != MAP_FAILED, "mmap");
	close(fd);
	return s;
}

static int hold(const char *folder, double seconds)
{
	pthread_mutexattr_t attr;
	struct shared *s;
	char path[4096];

	snprintf(path, sizeof(path), "%s/shared", folder);
	s = map_shared(path);
	pthread_mutexattr_init(&attr);
	pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
	must(!pthread_mutex_init(&s->mutex, &attr), "pthread_mutex_init");
	must(!sem_init(&s->semaphore, 1, 0), "sem_init");
	pthread_mutex_lock(&s->mutex);
	puts(path);
	fflush(stdout);
	while (!s->waiting)
		nap(0.002);
	nap(seconds);
	pthread_mutex_unlock(&s->mutex);
	sem_post(&s->semaphore);
	return 0;
}

static void mutex(const char *path)
{
	struct shared *s = map_shared(path);

	s->waiting = 1;
	pthread_mutex_lock(&s->mutex);
}

static void semaphore(const char *path)
{
	struct shared *s = map_shared(path);

	s->waiting = 1;
	while (sem_wait(&s->semaphore))
		;
}

static pthread_mutex_t convoy_mutex = PTHREAD_MUTEX_INITIALIZER;

static void *convoy_thread(void *arg)
{
	for (double end = now() + SECONDS; now() < end;) {
		pthread_mutex_lock(&convoy_mutex);
		nap(0.005);
		pthread_mutex_unlock(&convoy_mutex);
	}
	return arg;
}

/* Eight threads for one lock, which is held by one that sleeps. */
static void convoy(const char *arg)
{
	pthread_t threads[8];

	(void)arg;
	for (int i = 0; i < 8; i++)
		must(!pthread_create(&threads[i], NULL, convoy_thread, NULL), "pthread_create");
	for (int i = 0; i < 8; i++)
		pthread_join(threads[i], NULL);
}

static void timer(const char *arg)
{
	struct itimerspec every = { .it_interval.tv_nsec = 5000000, .it_value.tv_nsec = 5000000 };
	struct epoll_event event = { .events = EPOLLIN };
	int fd = timerfd_create(CLOCK_MONOTONIC, 0), ep = epoll_create1(0);
	uint64_t n;

	(void)arg;
	must(fd >= 0 && ep >= 0 && !epoll_ctl(ep, EPOLL_CTL_ADD, fd, &event) &&
		     !timerfd_settime(fd, 0, &every, NULL),
	     "timerfd");
	for (double end = now() + SECONDS; now() < end;)
		must(epoll_wait(ep, &event, 1, -1) == 1 && read(fd, &n, sizeof(n)) == sizeof(n),
		     "epoll");
}

static void polls(const char *arg)
{
	(void)arg;
	for (double end = now() + SECONDS; now() < end;)
		poll(NULL, 0, 10);
}

/* A vfork(2)'s parent waits until its child is another program: here for long. */
static void vforks(const char *arg)
{
	pid_t pid;

	(void)arg;
	pid = vfork();
	if (!pid) {
		nap(SECONDS);
		execl("/bin/true", "true", (char *)NULL);
		_exit(127);
	}
	waitpid(pid, NULL, 0);
}

static pthread_cond_t never = PTHREAD_COND_INITIALIZER;

static void *wait_thread(void *arg)
{
	pthread_mutex_lock(&convoy_mutex);
	for (;;)
		pthread_cond_wait(&never, &convoy_mutex);
	return arg;
}

static void *nap_and_burn_thread(void *arg)
{
	for (double end = now() + SECONDS; now() < end;) {
		nap(0.009);
		burn(0.001);
	}
	exit(0);
	return arg;
}

/* 500 threads wait for what never comes, the main thread is gone, and one mostly sleeps. */
static void crowd(const char *arg)
{
	pthread_t thread;

	(void)arg;
	for (int i = 0; i < 500; i++)
		must(!pthread_create(&thread, NULL, wait_thread, NULL), "pthread_create");
	must(!pthread_create(&thread, NULL, nap_and_burn_thread, NULL), "pthread_create");
	pthread_exit(NULL);
}

int main(int argc, char **argv)
{
	static const struct bound_case cases[] = {
		{ "mutex", mutex }, { "semaphore", semaphore }, { "convoy", convoy },
		{ "timer", timer }, { "polls", polls },	       { "vforks", vforks },
		{ "crowd", crowd },
	};

	if (argc == 4 && !strcmp(argv[1], "hold"))
		return hold(argv[2], atof(argv[3]));
	return run_case(cases, sizeof(cases) / sizeof(cases[0]), argc, argv);
}
