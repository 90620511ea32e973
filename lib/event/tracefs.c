/* SPDX-License-Identifier: Apache-2.0 */
#include "event/tracefs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>

#include "base/dirs.h"

static int open_mounted(const char *path)
{
	hw_autoclose int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	/* An empty mount point has no events; one that is not ours to enter has them perhaps. */
	if (fd < 0 || faccessat(fd, "events", R_OK | X_OK, 0) < 0)
		return -errno;
	return hw_take_fd(&fd);
}

/* A mount that is attached nowhere (fsopen(2), fsmount(2)): it leaves the mount table as it is,
 * which a diagnostic tool must. */
static int open_detached(void)
{
	hw_autoclose int fs = fsopen("tracefs", FSOPEN_CLOEXEC);
	int fd;

	if (fs < 0 || fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return -errno;
	fd = fsmount(fs, FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);
	return fd < 0 ? -errno : fd;
}

int hw_tracefs_open(void)
{
	static const char *const paths[] = { "/sys/kernel/tracing", "/sys/kernel/debug/tracing" };
	int fd;

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		fd = open_mounted(paths[i]);
		if (fd >= 0)
			return fd;
	}
	fd = open_detached();
	if (fd >= 0)
		return fd;
	return fd == -EPERM || fd == -EACCES ? -EACCES : -ENOENT;
}

int hw_tracefs_find(int tracefs_fd, const char *name, struct hw_event *ret)
{
	const char *colon = strchr(name, ':');
	char path[HW_EVENT_NAME_SIZE];
	uint64_t id;
	int r;

	/* No slash: the name must not lead out of events/SYSTEM/EVENT. */
	if (!colon || colon == name || !colon[1] || strpbrk(name, "/.") || strchr(colon + 1, ':'))
		return -ENOENT;
	if (snprintf(path, sizeof(path), "events/%.*s/%s/id", (int)(colon - name), name,
		     colon + 1) >= (int)sizeof(path))
		return -ENOENT;
	r = hw_dir_read_u64(tracefs_fd, path, &id);
	if (r < 0)
		return r == -ENOTDIR ? -ENOENT : r;
	ret->attr.type = PERF_TYPE_TRACEPOINT;
	ret->attr.config = id;
	ret->unit[0] = '\0';
	ret->scale = 1;
	return 0;
}

static int visit_system(int tracefs_fd, const char *system,
			int (*visit)(void *ctx, const struct hw_event_info *info), void *ctx)
{
	hw_auto(hw_dir_done) struct hw_dir events = { 0 };
	char path[HW_EVENT_NAME_SIZE], name[HW_EVENT_NAME_SIZE];
	int r;

	snprintf(path, sizeof(path), "events/%s", system);
	if (hw_dir_list(tracefs_fd, path, &events) < 0)
		return 0; /* "enable", "header_page": files beside the systems */
	for (int i = 0; i < events.count; i++) {
		const struct dirent *entry = events.entries[i];

		if (entry->d_type != DT_DIR)
			continue; /* "enable", "filter" */
		if (snprintf(name, sizeof(name), "%s:%s", system, entry->d_name) >=
		    (int)sizeof(name))
			continue; /* too long to be asked for */
		r = visit(ctx, &(struct hw_event_info){
				       .name = name, .group = "tracepoint", .description = "" });
		if (r)
			return r;
	}
	return 0;
}

int hw_tracefs_visit(int tracefs_fd, int (*visit)(void *ctx, const struct hw_event_info *info),
		     void *ctx)
{
	hw_auto(hw_dir_done) struct hw_dir systems = { 0 };
	int r = hw_dir_list(tracefs_fd, "events", &systems);

	if (r < 0)
		return r == -ENOMEM ? r : 0;
	/* Those of "ftrace" are record formats of its own buffer, not places in the kernel. */
	for (int i = 0; i < systems.count && !r; i++)
		if (strcmp(systems.entries[i]->d_name, "ftrace"))
			r = visit_system(tracefs_fd, systems.entries[i]->d_name, visit, ctx);
	return r;
}
