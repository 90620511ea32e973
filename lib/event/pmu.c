/* SPDX-License-Identifier: Apache-2.0 */
#include "event/pmu.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "event/cpus.h"
#include "base/dirs.h"

#define TEXT_SIZE 512 /* of terms and of the small files of sysfs */

int hw_pmu_devices_open(void)
{
	int fd = open("/sys/bus/event_source/devices", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/* Opens the directory of @pmu and reads its type. */
static int open_pmu(int devices_fd, const char *pmu, uint32_t *ret_type)
{
	hw_autoclose int fd = -1;
	uint64_t type;
	int r;

	if (!pmu[0] || strpbrk(pmu, "/.")) /* must not lead elsewhere */
		return -ENOENT;
	fd = openat(devices_fd, pmu, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOTDIR ? -ENOENT : -errno;
	r = hw_dir_read_u64(fd, "type", &type);
	if (r < 0)
		return r;
	if (type > UINT32_MAX)
		return -EBADMSG;
	*ret_type = (uint32_t)type;
	return hw_take_fd(&fd);
}

/* "config", "config1" or "config2" at *@text, which is moved behind it; NULL for another word. */
static __u64 *config_field(struct perf_event_attr *attr, const char **text)
{
	size_t len = strspn(*text, "abcdefghijklmnopqrstuvwxyz0123456789");
	const char *word = *text;

	*text += len;
	if (len == 6 && !memcmp(word, "config", 6))
		return &attr->config;
	if (len == 7 && !memcmp(word, "config1", 7))
		return &attr->config1;
	if (len == 7 && !memcmp(word, "config2", 7))
		return &attr->config2;
	return NULL;
}

/* One range of a format, "8-15" or "21", at *@text, which is moved behind it. */
static int take_bits(const char **text, unsigned int *ret_low, unsigned int *ret_high)
{
	char *end;
	unsigned long low, high;

	if (!isdigit((unsigned char)**text))
		return -EBADMSG;
	low = high = strtoul(*text, &end, 10);
	if (*end == '-') {
		if (!isdigit((unsigned char)end[1]))
			return -EBADMSG;
		high = strtoul(end + 1, &end, 10);
	}
	if (low > high || high > 63)
		return -EBADMSG;
	*text = end;
	*ret_low = (unsigned int)low;
	*ret_high = (unsigned int)high;
	return 0;
}

/* Puts @value where @format says, "config:0-7,32-35": its low bits into the first range. */
static int apply_format(const char *format, uint64_t value, struct perf_event_attr *attr)
{
	__u64 *field = config_field(attr, &format);

	if (!field || *format != ':')
		return -EBADMSG;
	do {
		unsigned int low, high, width;
		uint64_t mask;
		int r;

		format++;
		r = take_bits(&format, &low, &high);
		if (r < 0)
			return r;
		width = high - low + 1;
		mask = width == 64 ? UINT64_MAX : (UINT64_C(1) << width) - 1;
		*field = (*field & ~(mask << low)) | (value & mask) << low;
		value = width == 64 ? 0 : value >> width;
	} while (*format == ',');
	if (*format)
		return -EBADMSG;
	return value ? -EINVAL : 0; /* bits are left that the term has no room for */
}

static int parse_value(const char *text, uint64_t *ret)
{
	char *end;

	errno = 0;
	*ret = strtoull(text, &end, 0);
	return errno || !isdigit((unsigned char)text[0]) || *end ? -EINVAL : 0;
}

/* "umask=1", "edge" (for edge=1), "config1=3". -ENOENT: the PMU has no such term. */
static int apply_term(int pmu_fd, const char *name, const char *value_text,
		      struct perf_event_attr *attr)
{
	char path[TEXT_SIZE], format[TEXT_SIZE];
	const char *rest = name;
	uint64_t value = 1;
	__u64 *field = config_field(attr, &rest);
	int r;

	if (!name[0] || strpbrk(name, "/."))
		return -ENOENT;
	r = value_text ? parse_value(value_text, &value) : 0;
	if (field && !*rest) {
		if (!r && value_text)
			*field = value;
		return value_text ? r : -EINVAL;
	}
	snprintf(path, sizeof(path), "format/%s", name);
	if (faccessat(pmu_fd, path, F_OK, 0) < 0)
		return -ENOENT;
	if (r < 0)
		return r;
	r = hw_dir_read(pmu_fd, path, format, sizeof(format));
	return r < 0 ? r : apply_format(format, value, attr);
}

/* Splits @terms, which is cut to pieces, and applies each; one that the PMU does not have is
 * handed to @other unless that is NULL. */
static int apply_terms(int pmu_fd, char *terms, struct hw_event *event,
		       int (*other)(int pmu_fd, const char *name, struct hw_event *event))
{
	char *save = NULL;

	for (char *term = strtok_r(terms, ",", &save); term; term = strtok_r(NULL, ",", &save)) {
		char *value = strchr(term, '=');
		int r;

		if (value)
			*value++ = '\0';
		r = apply_term(pmu_fd, term, value, &event->attr);
		if (r == -ENOENT && !value && other)
			r = other(pmu_fd, term, event);
		if (r < 0)
			return r;
	}
	return 0;
}

/* A name in events/: its terms, and its unit and scale if it has them. */
static int apply_event(int pmu_fd, const char *name, struct hw_event *event)
{
	char path[TEXT_SIZE], text[TEXT_SIZE], *end;
	int r;

	if (strpbrk(name, "/."))
		return -ENOENT;
	snprintf(path, sizeof(path), "events/%s", name);
	r = hw_dir_read(pmu_fd, path, text, sizeof(text));
	if (r < 0)
		return r;
	r = apply_terms(pmu_fd, text, event, NULL);
	if (r < 0) /* "umask=?": the value is for the user to give as terms */
		return r == -ENOENT ? -EBADMSG : r;
	snprintf(path, sizeof(path), "events/%s.scale", name);
	if (hw_dir_read(pmu_fd, path, text, sizeof(text)) > 0) {
		event->scale = strtod(text, &end);
		if (*end || !(event->scale > 0 && event->scale < 1e30))
			return -EBADMSG;
	}
	snprintf(path, sizeof(path), "events/%s.unit", name);
	if (hw_dir_read(pmu_fd, path, text, sizeof(text)) > 0)
		snprintf(event->unit, sizeof(event->unit), "%.15s", text);
	return 0;
}

int hw_pmu_find(int devices_fd, const char *pmu, const char *terms, struct hw_event *ret)
{
	struct hw_event event = *ret;
	char text[TEXT_SIZE];
	hw_autoclose int pmu_fd = open_pmu(devices_fd, pmu, &event.attr.type);
	int r;

	if (pmu_fd < 0)
		return pmu_fd;
	if (!terms[0] || snprintf(text, sizeof(text), "%s", terms) >= (int)sizeof(text))
		return -EINVAL;
	event.unit[0] = '\0';
	event.scale = 1;
	r = apply_terms(pmu_fd, text, &event, apply_event);
	if (r < 0)
		return r;
	*ret = event;
	return 0;
}

static int visit_pmu(int devices_fd, const char *pmu,
		     int (*visit)(void *ctx, const struct hw_event_info *info), void *ctx)
{
	hw_auto(hw_dir_done) struct hw_dir events = { 0 };
	char path[TEXT_SIZE], name[HW_EVENT_NAME_SIZE], text[TEXT_SIZE];
	int r;

	snprintf(path, sizeof(path), "%s/events", pmu);
	if (hw_dir_list(devices_fd, path, &events) < 0)
		return 0; /* most of the software PMUs name none */
	for (int i = 0; i < events.count; i++) {
		const char *event = events.entries[i]->d_name;

		if (strchr(event, '.')) /* .unit, .scale, .snapshot, .per-pkg */
			continue;
		if (snprintf(path, sizeof(path), "%s/events/%s", pmu, event) >=
			    (int)sizeof(path) ||
		    snprintf(name, sizeof(name), "%s/%s/", pmu, event) >= (int)sizeof(name))
			continue;
		if (hw_dir_read(devices_fd, path, text, sizeof(text)) < 0)
			text[0] = '\0';
		r = visit(ctx, &(struct hw_event_info){
				       .name = name, .group = pmu, .description = text });
		if (r)
			return r;
	}
	return 0;
}

int hw_pmu_visit(int devices_fd, int (*visit)(void *ctx, const struct hw_event_info *info),
		 void *ctx)
{
	hw_auto(hw_dir_done) struct hw_dir pmus = { 0 };
	int r = hw_dir_list(devices_fd, ".", &pmus);

	if (r < 0)
		return r == -ENOMEM ? r : 0;
	for (int i = 0; i < pmus.count && !r; i++)
		r = visit_pmu(devices_fd, pmus.entries[i]->d_name, visit, ctx);
	return r;
}

int hw_pmu_cpus(int devices_fd, unsigned int type, int **ret_cpus)
{
	/* "cpumask" is of uncore PMUs, "cpus" of the core PMUs of mixed processors. */
	static const char *const files[] = { "cpumask", "cpus" };
	hw_auto(hw_dir_done) struct hw_dir pmus = { 0 };
	int r = hw_dir_list(devices_fd, ".", &pmus);

	if (r < 0)
		return r == -ENOMEM ? r : 0;
	for (int i = 0; i < pmus.count; i++) {
		uint32_t found;
		hw_autoclose int fd = open_pmu(devices_fd, pmus.entries[i]->d_name, &found);

		if (fd < 0 || found != type)
			continue;
		for (size_t f = 0; f < sizeof(files) / sizeof(files[0]); f++) {
			r = hw_cpus_read(fd, files[f], ret_cpus);
			if (r > 0 || r == -ENOMEM)
				return r;
		}
		return 0;
	}
	return 0;
}

bool hw_pmu_has_core(int devices_fd)
{
	hw_auto(hw_dir_done) struct hw_dir pmus = { 0 };

	if (hw_dir_list(devices_fd, ".", &pmus) < 0)
		return false;
	for (int i = 0; i < pmus.count; i++) {
		uint32_t type;
		hw_autoclose int fd = open_pmu(devices_fd, pmus.entries[i]->d_name, &type);

		/* On x86 the core PMU has the fixed type; elsewhere it has a list of "cpus". */
		if (fd >= 0 && (type == PERF_TYPE_RAW || !faccessat(fd, "cpus", F_OK, 0)))
			return true;
	}
	return false;
}
