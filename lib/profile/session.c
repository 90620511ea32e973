/* SPDX-License-Identifier: Apache-2.0 */
#include "profile/session.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <string.h>

enum field_type {
	FIELD_BOOL,
	FIELD_INT,
	FIELD_U32,
	FIELD_I64,
	FIELD_U64,
	FIELD_DOUBLE,
	FIELD_STRING,
};

struct session_field {
	const char *key;
	enum field_type type;
	size_t offset;
};

/* clang-format off */
#define FIELD_TYPE(value)		\
	_Generic((value),		\
		bool: FIELD_BOOL,	\
		int: FIELD_INT,		\
		uint32_t: FIELD_U32,	\
		int64_t: FIELD_I64,	\
		uint64_t: FIELD_U64,	\
		double: FIELD_DOUBLE,	\
		char *: FIELD_STRING)

/* The JSON key of a member is its name; its type decides how it is stored. */
#define FIELD(type, member) { #member, FIELD_TYPE(((type *)0)->member), offsetof(type, member) }

static const struct session_field session_fields[] = {
	FIELD(struct hw_session, exit_status),
	FIELD(struct hw_session, host),
	FIELD(struct hw_session, kernel),
	FIELD(struct hw_session, machine),
	FIELD(struct hw_session, cpus),
	FIELD(struct hw_session, start_unix_s),
	FIELD(struct hw_session, start_ns),
	FIELD(struct hw_session, page_bytes),
	FIELD(struct hw_session, peak_rss_bytes),
	FIELD(struct hw_session, peak_rss_ns),
	FIELD(struct hw_session, peak_rss_pid),
	FIELD(struct hw_session, stacks),
	FIELD(struct hw_session, complete),
	FIELD(struct hw_session, lost),
	FIELD(struct hw_session, core),
	{ 0 },
};

static const struct session_field usage_fields[] = {
	FIELD(struct hw_usage, wall_s),
	FIELD(struct hw_usage, user_s),
	FIELD(struct hw_usage, sys_s),
	FIELD(struct hw_usage, max_rss_bytes),
	FIELD(struct hw_usage, minor_faults),
	FIELD(struct hw_usage, major_faults),
	FIELD(struct hw_usage, voluntary_switches),
	FIELD(struct hw_usage, involuntary_switches),
	FIELD(struct hw_usage, in_blocks),
	FIELD(struct hw_usage, out_blocks),
	FIELD(struct hw_usage, cpu_wait_s),
	FIELD(struct hw_usage, io_known),
	FIELD(struct hw_usage, read_bytes),
	FIELD(struct hw_usage, write_bytes),
	FIELD(struct hw_usage, read_chars),
	FIELD(struct hw_usage, written_chars),
	FIELD(struct hw_usage, io_calls),
	{ 0 },
};
_Static_assert(sizeof(struct hw_usage) == 17 * 8, "a new member needs its row above");

static const struct session_field wall_fields[] = {
	FIELD(struct hw_wall, wall_s),
	FIELD(struct hw_wall, switches),
	FIELD(struct hw_wall, threads),
	FIELD(struct hw_wall, threads_peak),
	FIELD(struct hw_wall, throttled_s),
	FIELD(struct hw_wall, steal_s),
	{ 0 },
};

static const struct session_field point_fields[] = {
	FIELD(struct hw_wall_point, end_s),
	FIELD(struct hw_wall_point, rss_bytes),
	{ 0 },
};

static const struct session_field event_fields[] = {
	FIELD(struct hw_session_event, name),
	FIELD(struct hw_session_event, unit),
	FIELD(struct hw_session_event, frequency_hz),
	FIELD(struct hw_session_event, period),
	FIELD(struct hw_session_event, samples),
	FIELD(struct hw_session_event, precise),
	FIELD(struct hw_session_event, addresses),
	FIELD(struct hw_session_event, group),
	FIELD(struct hw_session_event, counted),
	FIELD(struct hw_session_event, enabled_ns),
	FIELD(struct hw_session_event, running_ns),
	{ 0 },
};

static const struct session_field loss_fields[] = {
	FIELD(struct hw_session_loss, reason),
	FIELD(struct hw_session_loss, advice),
	FIELD(struct hw_session_loss, count),
	{ 0 },
};

static const struct session_field count_fields[] = {
	FIELD(struct hw_session_count, name),
	FIELD(struct hw_session_count, value),
	FIELD(struct hw_session_count, running_pct),
	{ 0 },
};
/* clang-format on */

/* An array of structs in the session: where it is and what is in it. */
struct session_list {
	const char *key;
	const struct session_field *fields;
	size_t items_offset, count_offset, item_size;
};

static const struct session_list lists[] = {
	{ "events", event_fields, offsetof(struct hw_session, events),
	  offsetof(struct hw_session, n_events), sizeof(struct hw_session_event) },
	{ "losses", loss_fields, offsetof(struct hw_session, losses),
	  offsetof(struct hw_session, n_losses), sizeof(struct hw_session_loss) },
	{ "counts", count_fields, offsetof(struct hw_session, counts),
	  offsetof(struct hw_session, n_counts), sizeof(struct hw_session_count) },
	{ 0 },
};

static void *list_items(const struct session_list *list, const struct hw_session *s)
{
	return *(void **)((char *)s + list->items_offset);
}

static size_t list_count(const struct session_list *list, const struct hw_session *s)
{
	return *(size_t *)((char *)s + list->count_offset);
}

static void free_fields(const struct session_field *fields, void *base)
{
	for (const struct session_field *f = fields; f->key; f++)
		if (f->type == FIELD_STRING)
			free(*(char **)((char *)base + f->offset));
}

static void free_strings(char **strings)
{
	for (size_t i = 0; strings && strings[i]; i++)
		free(strings[i]);
	free(strings);
}

void hw_session_done(struct hw_session *s)
{
	free_fields(session_fields, s);
	free_strings(s->argv);
	free_strings(s->doubts);
	for (const struct session_list *list = lists; list->key; list++) {
		char *items = list_items(list, s);

		for (size_t i = 0; i < list_count(list, s); i++)
			free_fields(list->fields, items + i * list->item_size);
		free(items);
	}
	hw_wall_done(&s->wall);
	*s = (struct hw_session){ 0 };
}

static json_t *text_to_json(const char *s)
{
	json_t *j = json_string(s ? s : "");
	hw_autofree char *ascii = NULL;

	if (j)
		return j;
	ascii = strdup(s); /* a command line is any bytes; JSON is not */
	if (!ascii)
		return NULL;
	for (char *c = ascii; *c; c++)
		if (*c & 0x80)
			*c = '?';
	return json_string(ascii);
}

static json_t *count_to_json(uint64_t count)
{
	return json_integer(count < INT64_MAX ? (json_int_t)count : INT64_MAX);
}

static json_t *field_to_json(const struct session_field *f, const void *base)
{
	const void *at = (const char *)base + f->offset;

	switch (f->type) {
	case FIELD_BOOL:
		return json_boolean(*(const bool *)at);
	case FIELD_INT:
		return json_integer(*(const int *)at);
	case FIELD_U32:
		return json_integer(*(const uint32_t *)at);
	case FIELD_I64:
		return json_integer(*(const int64_t *)at);
	case FIELD_U64:
		return count_to_json(*(const uint64_t *)at);
	case FIELD_DOUBLE:
		return json_real(*(const double *)at);
	case FIELD_STRING:
		return text_to_json(*(char *const *)at);
	}
	return NULL;
}

static json_t *fields_to_json(const struct session_field *fields, const void *base)
{
	json_auto_t *object = json_object();

	for (const struct session_field *f = fields; f->key; f++)
		if (json_object_set_new(object, f->key, field_to_json(f, base)) < 0)
			return NULL;
	return hw_take_ptr(object);
}

static json_t *list_to_json(const struct session_list *list, const struct hw_session *s)
{
	json_auto_t *array = json_array();
	const char *items = list_items(list, s);

	for (size_t i = 0; i < list_count(list, s); i++)
		if (json_array_append_new(
			    array, fields_to_json(list->fields, items + i * list->item_size)) < 0)
			return NULL;
	return hw_take_ptr(array);
}

static json_t *strings_to_json(char *const *strings)
{
	json_auto_t *array = json_array();

	for (; strings && *strings; strings++)
		if (json_array_append_new(array, text_to_json(*strings)) < 0)
			return NULL;
	return hw_take_ptr(array);
}

static json_t *reals_to_json(const double *values, size_t n)
{
	json_auto_t *array = json_array();

	while (n && !values[n - 1]) /* what is missing is 0 */
		n--;
	for (size_t i = 0; i < n; i++)
		if (json_array_append_new(array, json_real(values[i])) < 0)
			return NULL;
	return hw_take_ptr(array);
}

static json_t *wall_points_to_json(const struct hw_wall *w)
{
	json_auto_t *array = json_array();

	for (size_t i = 0; i < w->n_points; i++) {
		const struct hw_wall_point *point = &w->points[i];
		json_t *object = fields_to_json(point_fields, point);

		if (json_array_append_new(array, object) < 0 ||
		    json_object_set_new(object, "seconds",
					reals_to_json(point->seconds, HW_WALL_CLASSES)) < 0)
			return NULL;
	}
	return hw_take_ptr(array);
}

static json_t *wall_to_json(const struct hw_wall *w)
{
	json_auto_t *root = fields_to_json(wall_fields, w);

	if (json_object_set_new(root, "seconds", reals_to_json(w->seconds, HW_WALL_CLASSES)) < 0 ||
	    json_object_set_new(root, "thread_s", reals_to_json(w->thread_s, HW_WALL_CLASSES)) < 0 ||
	    json_object_set_new(root, "width_s", reals_to_json(w->width_s, HW_WALL_WIDTHS)) < 0 ||
	    json_object_set_new(root, "points", wall_points_to_json(w)) < 0)
		return NULL;
	return hw_take_ptr(root);
}

int hw_session_to_json(const struct hw_session *s, char **ret)
{
	json_auto_t *root = fields_to_json(session_fields, s);
	bool failed = !root;
	char *text;

	failed |= s->argv && json_object_set_new(root, "argv", strings_to_json(s->argv)) < 0;
	failed |= json_object_set_new(root, "usage", fields_to_json(usage_fields, &s->usage)) < 0;
	for (const struct session_list *list = lists; list->key; list++)
		failed |= json_object_set_new(root, list->key, list_to_json(list, s)) < 0;
	failed |= json_object_set_new(root, "doubts", strings_to_json(s->doubts)) < 0;
	failed |= s->wall.known && json_object_set_new(root, "wall", wall_to_json(&s->wall)) < 0;
	if (failed)
		return -ENOMEM;
	text = json_dumps(root, JSON_COMPACT | JSON_REAL_PRECISION(15));
	if (!text)
		return -ENOMEM;
	*ret = text;
	return 0;
}

static int text_from_json(const json_t *j, char **ret)
{
	char *copy;

	if (!json_is_string(j))
		return -EBADMSG;
	copy = strdup(json_string_value(j));
	if (!copy)
		return -ENOMEM;
	free(*ret); /* a key may come twice */
	*ret = copy;
	return 0;
}

static int integer_from_json(const json_t *j, enum field_type type, void *at)
{
	json_int_t value = json_integer_value(j);

	if (!json_is_integer(j))
		return -EBADMSG;
	switch (type) {
	case FIELD_INT:
		if (value < INT32_MIN || value > INT32_MAX)
			return -EBADMSG;
		*(int *)at = (int)value;
		return 0;
	case FIELD_U32:
		if (value < 0 || value > UINT32_MAX)
			return -EBADMSG;
		*(uint32_t *)at = (uint32_t)value;
		return 0;
	case FIELD_U64:
		if (value < 0)
			return -EBADMSG;
		*(uint64_t *)at = (uint64_t)value;
		return 0;
	default:
		*(int64_t *)at = value;
		return 0;
	}
}

static int field_from_json(const json_t *j, const struct session_field *f, void *base)
{
	void *at = (char *)base + f->offset;

	switch (f->type) {
	case FIELD_BOOL:
		if (!json_is_boolean(j))
			return -EBADMSG;
		*(bool *)at = json_is_true(j);
		return 0;
	case FIELD_DOUBLE: /* all of them are seconds that have passed */
		if (!json_is_number(j) || !isfinite(json_number_value(j)) ||
		    json_number_value(j) < 0)
			return -EBADMSG;
		*(double *)at = json_number_value(j);
		return 0;
	case FIELD_STRING:
		return text_from_json(j, at);
	default:
		return integer_from_json(j, f->type, at);
	}
}

/* Every string that is missing becomes "", so that nobody has to ask for NULL. */
static int fields_from_json(const json_t *object, const struct session_field *fields, void *base)
{
	json_auto_t *empty = json_string("");

	if (!json_is_object(object))
		return -EBADMSG;
	for (const struct session_field *f = fields; f->key; f++) {
		const json_t *value = json_object_get(object, f->key);
		int r = 0;

		if (value)
			r = field_from_json(value, f, base);
		else if (f->type == FIELD_STRING)
			r = empty ? field_from_json(empty, f, base) : -ENOMEM;
		if (r < 0)
			return r;
	}
	return 0;
}

static int list_from_json(const json_t *array, const struct session_list *list,
			  struct hw_session *s)
{
	size_t n = json_array_size(array);
	char *items;

	if (!array)
		return 0;
	if (!json_is_array(array) || n > UINT16_MAX) /* samples number events in 16 bits */
		return -EBADMSG;
	items = calloc(n + 1, list->item_size);
	if (!items)
		return -ENOMEM;
	*(void **)((char *)s + list->items_offset) = items;
	*(size_t *)((char *)s + list->count_offset) = n;
	for (size_t i = 0; i < n; i++) {
		int r = fields_from_json(json_array_get(array, i), list->fields,
					 items + i * list->item_size);

		if (r < 0)
			return r;
	}
	return 0;
}

static int strings_from_json(const json_t *array, char ***ret)
{
	size_t n = json_array_size(array);

	if (!array)
		return 0;
	if (!json_is_array(array))
		return -EBADMSG;
	*ret = calloc(n + 1, sizeof(**ret));
	if (!*ret)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		int r = text_from_json(json_array_get(array, i), &(*ret)[i]);

		if (r < 0)
			return r;
	}
	return 0;
}

static int reals_from_json(const json_t *array, double *values, size_t max)
{
	size_t n = json_array_size(array);

	if (!json_is_array(array) || n > max)
		return -EBADMSG;
	for (size_t i = 0; i < n; i++) {
		values[i] = json_number_value(json_array_get(array, i));
		if (!(values[i] >= 0) || !isfinite(values[i]))
			return -EBADMSG;
	}
	return 0;
}

static int points_from_json(const json_t *array, struct hw_wall *w)
{
	size_t n = json_array_size(array);

	if (!json_is_array(array) || n > HW_WALL_POINTS_MAX)
		return -EBADMSG;
	w->points = calloc(n + 1, sizeof(*w->points));
	if (!w->points)
		return -ENOMEM;
	w->n_points = n;
	for (size_t i = 0; i < n; i++) {
		struct hw_wall_point *point = &w->points[i];
		const json_t *object = json_array_get(array, i);
		int r = fields_from_json(object, point_fields, point);

		if (r >= 0)
			r = reals_from_json(json_object_get(object, "seconds"), point->seconds,
					    HW_WALL_CLASSES);
		if (r < 0)
			return r;
		if (!(point->end_s >= (i ? point[-1].end_s : 0))) /* stretches follow each other */
			return -EBADMSG;
	}
	return 0;
}

static int wall_from_json(const json_t *root, struct hw_wall *w)
{
	const struct {
		const char *key;
		double *reals;
		size_t n;
	} arrays[] = {
		{ "seconds", w->seconds, HW_WALL_CLASSES },
		{ "thread_s", w->thread_s, HW_WALL_CLASSES },
		{ "width_s", w->width_s, HW_WALL_WIDTHS },
	};
	int r = fields_from_json(root, wall_fields, w);

	if (r < 0)
		return r;
	for (size_t i = 0; i < sizeof(arrays) / sizeof(arrays[0]); i++) {
		r = reals_from_json(json_object_get(root, arrays[i].key), arrays[i].reals,
				    arrays[i].n);
		if (r < 0)
			return r;
	}
	r = points_from_json(json_object_get(root, "points"), w);
	if (r < 0)
		return r;
	if (!(w->wall_s > 0))
		return -EBADMSG;
	w->known = true;
	return 0;
}

static int session_from_root(const json_t *root, struct hw_session *s)
{
	const json_t *usage = json_object_get(root, "usage"), *wall = json_object_get(root, "wall");
	int r = fields_from_json(root, session_fields, s);

	if (r < 0)
		return r;
	r = usage ? fields_from_json(usage, usage_fields, &s->usage) : 0;
	if (r < 0)
		return r;
	for (const struct session_list *list = lists; list->key; list++) {
		r = list_from_json(json_object_get(root, list->key), list, s);
		if (r < 0)
			return r;
	}
	r = strings_from_json(json_object_get(root, "argv"), &s->argv);
	if (r < 0)
		return r;
	r = strings_from_json(json_object_get(root, "doubts"), &s->doubts);
	if (r < 0)
		return r;
	return wall ? wall_from_json(wall, &s->wall) : 0;
}

int hw_session_from_json(const char *text, size_t size, struct hw_session *ret)
{
	hw_auto(hw_session_done) struct hw_session s = { .exit_status = -1 };
	json_error_t error;
	json_auto_t *root = json_loadb(text, size, 0, &error);
	int r;

	if (!root)
		return json_error_code(&error) == json_error_out_of_memory ? -ENOMEM : -EBADMSG;
	r = session_from_root(root, &s);
	if (r < 0)
		return r;
	*ret = s;
	s = (struct hw_session){ 0 };
	return 0;
}
