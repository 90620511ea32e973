/* SPDX-License-Identifier: Apache-2.0
 * usage: tool_refuse [-r CALL=ERRNO]... [-u UID] [-k CAPABILITY[,CAPABILITY...]] COMMAND [ARG...]
 * Runs COMMAND as a container might: a seccomp filter answers system calls with an errno.
 *	CALL		perf_event_open, pidfd_open, bpf, or bpf:NUMBER, one command of bpf(2)
 *	-u UID		become this user, with no capability but those of -k
 *	-k CAPABILITY	bpf, perfmon, sys_ptrace, syslog, sys_admin, sys_resource; none: lose all
 * Ends with 2 when it cannot; else it is COMMAND. */
#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define RULES_MAX 16

struct rule {
	uint32_t call, error;
	int command; /* of bpf(2); -1: any */
};

struct plan {
	struct rule rules[RULES_MAX];
	size_t n;
	long uid; /* -1: stay */
	bool drops;
	uint64_t kept; /* capabilities */
};

static void die(const char *what)
{
	fprintf(stderr, "tool_refuse: %s: %s\n", what, strerror(errno));
	exit(2);
}

static void usage(const char *what)
{
	errno = EINVAL;
	die(what);
}

static uint32_t errno_of(const char *name)
{
	for (int e = 1; e < 134; e++) {
		const char *known = strerrorname_np(e);

		if (known && !strcmp(known, name))
			return (uint32_t)e;
	}
	usage(name);
	return 0;
}

static void add_rule(struct plan *p, char *text)
{
	char *error = strchr(text, '='), *end;
	struct rule *rule = &p->rules[p->n];

	if (!error || p->n == RULES_MAX)
		usage(text);
	*error++ = 0;
	*rule = (struct rule){ .call = SYS_bpf, .error = errno_of(error), .command = -1 };
	if (!strcmp(text, "perf_event_open"))
		rule->call = SYS_perf_event_open;
	else if (!strcmp(text, "pidfd_open"))
		rule->call = SYS_pidfd_open;
	else if (!strncmp(text, "bpf:", 4))
		rule->command = (int)strtol(text + 4, &end, 10);
	else if (strcmp(text, "bpf"))
		usage(text);
	if (rule->command >= 0 && *end)
		usage(text);
	p->n++;
}

static void add_capabilities(struct plan *p, char *list)
{
	static const struct {
		const char *name;
		int number;
	} known[] = {
		{ "bpf", CAP_BPF },		{ "perfmon", CAP_PERFMON },
		{ "sys_ptrace", CAP_SYS_PTRACE }, { "syslog", CAP_SYSLOG },
		{ "sys_admin", CAP_SYS_ADMIN },	{ "sys_resource", CAP_SYS_RESOURCE },
	};

	p->drops = true;
	if (!strcmp(list, "none"))
		return;
	for (char *name = strtok(list, ","); name; name = strtok(NULL, ",")) {
		uint64_t before = p->kept;

		for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
			if (!strcmp(name, known[i].name))
				p->kept |= 1ULL << known[i].number;
		if (p->kept == before)
			usage(name);
	}
}

/* Loses all capabilities but the kept ones, which outlive the execve(2): they are ambient. */
static void drop(const struct plan *p)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = { 0 };

	if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0)
		die("PR_SET_KEEPCAPS");
	for (int cap = 0; cap <= CAP_LAST_CAP; cap++) /* those that the kernel has not are no error */
		if (!(p->kept >> cap & 1))
			prctl(PR_CAPBSET_DROP, cap, 0, 0, 0);
	if (p->uid >= 0 && (setgroups(0, NULL) < 0 || setresgid((gid_t)p->uid, (gid_t)p->uid,
								(gid_t)p->uid) < 0 ||
			    setresuid((uid_t)p->uid, (uid_t)p->uid, (uid_t)p->uid) < 0))
		die("setresuid");
	for (size_t i = 0; i < _LINUX_CAPABILITY_U32S_3; i++)
		data[i].effective = data[i].permitted = data[i].inheritable =
			(uint32_t)(p->kept >> 32 * i);
	if (syscall(SYS_capset, &header, data) < 0)
		die("capset");
	for (int cap = 0; cap <= CAP_LAST_CAP; cap++)
		if (p->kept >> cap & 1 && prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0, 0) < 0)
			die("PR_CAP_AMBIENT_RAISE");
}

/* A rule is five instructions at the most; calls are made by the native ABI, so that the filter need
 * not look at it. */
static void filter(const struct plan *p)
{
	struct sock_filter code[RULES_MAX * 5 + 1];
	struct sock_fprog prog = { .filter = code };

	for (size_t i = 0; i < p->n; i++) {
		const struct rule *r = &p->rules[i];
		uint8_t skip = r->command < 0 ? 1 : 3;
		struct sock_filter *at = &code[prog.len];

		*at++ = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
						     offsetof(struct seccomp_data, nr));
		*at++ = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, r->call, 0, skip);
		if (r->command >= 0) { /* the low half of the first argument */
			*at++ = (struct sock_filter)BPF_STMT(
				BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0]));
			*at++ = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
							     (uint32_t)r->command, 0, 1);
		}
		*at++ = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | r->error);
		prog.len = (unsigned short)(at - code);
	}
	code[prog.len++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog) < 0)
		die("PR_SET_SECCOMP");
}

int main(int argc, char **argv)
{
	struct plan plan = { .uid = -1 };
	char *end;
	int option;

	while ((option = getopt(argc, argv, "+r:u:k:")) >= 0) {
		switch (option) {
		case 'r':
			add_rule(&plan, optarg);
			break;
		case 'u':
			plan.uid = strtol(optarg, &end, 10);
			plan.drops = true;
			if (*end || plan.uid < 0)
				usage(optarg);
			break;
		case 'k':
			add_capabilities(&plan, optarg);
			break;
		default:
			return 2;
		}
	}
	if (optind == argc)
		usage("no command");
	if (plan.drops)
		drop(&plan);
	if (plan.n)
		filter(&plan);
	execvp(argv[optind], argv + optind);
	die(argv[optind]);
}
