/* SPDX-License-Identifier: Apache-2.0 */
#include "base/dirs.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>

int hw_dir_read(int dir_fd, const char *path, char *ret, size_t size)
{
	hw_autoclose int fd = openat(dir_fd, path, O_RDONLY | O_CLOEXEC);
	ssize_t len;

	if (fd < 0)
		return -errno;
	len = read(fd, ret, size); /* sysfs and tracefs give a small file in one piece */
	if (len < 0)
		return -errno;
	if ((size_t)len >= size)
		return -EBADMSG;
	while (len > 0 && isspace((unsigned char)ret[len - 1]))
		len--;
	ret[len] = '\0';
	return (int)len;
}

int hw_dir_read_u64(int dir_fd, const char *path, uint64_t *ret)
{
	char text[32], *end;
	unsigned long long value;
	int r = hw_dir_read(dir_fd, path, text, sizeof(text));

	if (r < 0)
		return r;
	errno = 0;
	value = strtoull(text, &end, 10);
	if (errno || !isdigit((unsigned char)text[0]) || *end)
		return -EBADMSG;
	*ret = value;
	return 0;
}

static int is_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

int hw_dir_list(int dir_fd, const char *path, struct hw_dir *ret)
{
	struct dirent **entries;
	int count = scandirat(dir_fd, path, &entries, is_visible, alphasort);

	if (count < 0)
		return -errno;
	*ret = (struct hw_dir){ .entries = entries, .count = count };
	return 0;
}

void hw_dir_done(struct hw_dir *dir)
{
	for (int i = 0; i < dir->count; i++)
		free(dir->entries[i]);
	free(dir->entries);
	*dir = (struct hw_dir){ 0 };
}
