/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "proc/task.h"

static bool contains(const pid_t *ids, int n, pid_t id)
{
	for (int i = 0; i < n; i++)
		if (ids[i] == id)
			return true;
	return false;
}

static pid_t ended_process(void)
{
	pid_t pid = fork();

	if (!pid)
		_exit(0);
	waitpid(pid, NULL, 0);
	return pid;
}

struct thread {
	pthread_barrier_t up, down;
	pid_t tid;
};

static void *run_thread(void *arg)
{
	struct thread *t = arg;

	t->tid = gettid();
	prctl(PR_SET_NAME, "fifteen-letters-and-more");
	pthread_barrier_wait(&t->up);
	pthread_barrier_wait(&t->down);
	return NULL;
}

START_TEST(every_thread_is_listed_and_has_its_name)
{
	hw_autofree pid_t *tids = NULL;
	struct thread t;
	pthread_t id;
	char comm[HW_COMM_SIZE];
	int n;

	pthread_barrier_init(&t.up, NULL, 2);
	pthread_barrier_init(&t.down, NULL, 2);
	ck_assert_int_eq(pthread_create(&id, NULL, run_thread, &t), 0);
	pthread_barrier_wait(&t.up);
	n = hw_task_threads(getpid(), &tids);
	ck_assert_int_ge(n, 2);
	ck_assert(contains(tids, n, getpid()));
	ck_assert(contains(tids, n, t.tid));
	ck_assert_int_eq(hw_task_comm(t.tid, comm), 0);
	ck_assert_str_eq(comm, "fifteen-letters");
	pthread_barrier_wait(&t.down);
	pthread_join(id, NULL);
}
END_TEST

START_TEST(an_empty_name_is_a_name)
{
	char comm[HW_COMM_SIZE] = "before";

	prctl(PR_SET_NAME, "");
	ck_assert_int_eq(hw_task_comm(gettid(), comm), 0);
	ck_assert_str_eq(comm, "");
}
END_TEST

static void *outlive_the_leader(void *arg)
{
	char byte;

	(void)!read(*(int *)arg, &byte, 1); /* until the test closes its end */
	_exit(0);
}

/* A process whose leader has left, and that another thread keeps alive until @fd is closed. */
static pid_t leaderless(int *ret_fd)
{
	int fds[2];
	pid_t pid;

	ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
	pid = fork();
	if (!pid) {
		pthread_t id;

		close(fds[1]);
		prctl(PR_SET_NAME, "a) b (S 7");
		pthread_create(&id, NULL, outlive_the_leader, &fds[0]);
		pthread_exit(NULL);
	}
	close(fds[0]);
	*ret_fd = fds[1];
	return pid;
}

START_TEST(a_leader_that_has_left_has_ended_though_its_process_has_not)
{
	hw_autofree pid_t *tids = NULL;
	struct hw_task_stat stat = { 0 };
	int fd, n;
	pid_t pid = leaderless(&fd);

	for (int i = 0; i < 1000 && !stat.has_ended; i++, usleep(1000))
		ck_assert_int_eq(hw_task_read_stat(pid, &stat), 0);
	ck_assert(stat.has_ended);
	n = hw_task_threads(pid, &tids);
	ck_assert_int_eq(n, 2);
	ck_assert_int_eq(hw_task_read_stat(tids[0] == pid ? tids[1] : tids[0], &stat), 0);
	ck_assert(!stat.has_ended);
	ck_assert(!hw_task_process_has_ended(pid));
	close(fd);
	waitid(P_PID, (id_t)pid, &(siginfo_t){ 0 }, WEXITED | WNOWAIT);
	ck_assert(hw_task_process_has_ended(pid)); /* a zombie */
	waitpid(pid, NULL, 0);
	ck_assert_int_eq(hw_task_read_stat(pid, &stat), -ESRCH);
	ck_assert(hw_task_process_has_ended(pid));
}
END_TEST

START_TEST(the_age_of_a_task_is_told)
{
	struct hw_task_stat young = { 0 }, old = { 0 };
	int fd;
	pid_t pid = leaderless(&fd);

	ck_assert_int_eq(hw_task_read_stat(pid, &young), 0);
	usleep(60000);
	ck_assert_int_eq(hw_task_read_stat(pid, &old), 0);
	close(fd);
	waitpid(pid, NULL, 0);
	ck_assert_uint_lt(young.age_ns, 10000000000ULL);
	ck_assert_uint_ge(old.age_ns, young.age_ns + 50000000ULL);
}
END_TEST

START_TEST(our_parent_is_among_the_processes)
{
	hw_autofree pid_t *pids = NULL;
	int n = hw_task_processes(&pids);

	ck_assert_int_gt(n, 0);
	ck_assert(contains(pids, n, getpid()));
	ck_assert(contains(pids, n, getppid()));
}
END_TEST

START_TEST(a_task_that_has_gone_is_an_error_and_output_kept)
{
	pid_t pid = ended_process(), *tids = NULL;
	char comm[HW_COMM_SIZE] = "before";

	ck_assert_int_eq(hw_task_threads(pid, &tids), -ESRCH);
	ck_assert_ptr_null(tids);
	ck_assert_int_eq(hw_task_comm(pid, comm), -ESRCH);
	ck_assert_str_eq(comm, "before");
	ck_assert_int_eq(hw_task_threads(-1, &tids), -ESRCH);
}
END_TEST

/* The command line of a child that runs @argv. */
static const char *command_of(char *const argv[], char *ret, size_t size)
{
	int ends[2];
	pid_t pid;
	char none;

	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	pid = fork();
	if (!pid) {
		execv("/bin/sleep", argv);
		_exit(1);
	}
	close(ends[1]);
	ck_assert_int_eq(read(ends[0], &none, 1), 0); /* closed by execve(2) */
	close(ends[0]);
	ck_assert_int_eq(hw_task_command(pid, ret, size), 0);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return ret;
}

START_TEST(a_command_is_told_without_its_folder)
{
	char text[32];

	ck_assert_str_eq(command_of((char *[]){ "/opt/my/sleep", "100", NULL }, text, sizeof(text)),
			 "sleep 100");
	ck_assert_str_eq(command_of((char *[]){ "a/b: c/d", "7", NULL }, text, sizeof(text)),
			 "b: c/d 7");
	ck_assert_str_eq(command_of((char *[]){ "sleep", "100", NULL }, text, 5), "slee");
	ck_assert_str_eq(command_of((char *[]){ "dir/", "100", NULL }, text, sizeof(text)),
			 "dir/ 100");
	ck_assert_int_eq(hw_task_command(ended_process(), text, sizeof(text)), -ESRCH);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("task");
	TCase *t = tcase_create("task");

	tcase_add_test(t, every_thread_is_listed_and_has_its_name);
	tcase_add_test(t, an_empty_name_is_a_name);
	tcase_add_test(t, a_command_is_told_without_its_folder);
	tcase_add_test(t, a_leader_that_has_left_has_ended_though_its_process_has_not);
	tcase_add_test(t, the_age_of_a_task_is_told);
	tcase_add_test(t, our_parent_is_among_the_processes);
	tcase_add_test(t, a_task_that_has_gone_is_an_error_and_output_kept);
	suite_add_tcase(s, t);
	return run_suite(s);
}
