/* SPDX-License-Identifier: Apache-2.0 */
#include "event/event.h"

#include <ctype.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/text.h"
#include "event/names.h"
#include "event/pfm.h"
#include "event/pmu.h"
#include "event/tracefs.h"

#define N_ITEMS(array) (sizeof(array) / sizeof((array)[0]))

/* perf's modifiers, man perf-list; those from 'G' on are not ours yet. */
#define MODIFIERS	  "ukhpGHPSDIWebR"
#define MODIFIERS_REFUSED "GHPSDIWebR"

struct event_parser {
	struct hw_events *events;
	int tracefs_fd;	 /* opened for the first tracepoint, -1 until then */
	const char *bad; /* where in the list the trouble is, and how much of it */
	size_t bad_len;
};

void hw_events_done(struct hw_events *events)
{
	for (size_t i = 0; i < events->count; i++)
		free(events->items[i].name);
	free(events->items);
	*events = (struct hw_events){ 0 };
}

bool hw_event_is_fault(const struct hw_event *event)
{
	return event->attr.type == PERF_TYPE_SOFTWARE &&
	       (event->attr.config == PERF_COUNT_SW_PAGE_FAULTS ||
		event->attr.config == PERF_COUNT_SW_PAGE_FAULTS_MIN ||
		event->attr.config == PERF_COUNT_SW_PAGE_FAULTS_MAJ);
}

/* The first of u, k, h turns "everything" into "only this", each further one adds to it. */
static int apply_modifiers(struct hw_event *event, const char *modifiers)
{
	struct perf_event_attr *attr = &event->attr;

	if (!*modifiers)
		return -EINVAL;
	for (; *modifiers; modifiers++) {
		if (strchr("ukh", *modifiers) &&
		    !(attr->exclude_user | attr->exclude_kernel | attr->exclude_hv)) {
			attr->exclude_user = attr->exclude_kernel = attr->exclude_hv = 1;
		}
		if (*modifiers == 'u')
			attr->exclude_user = 0;
		else if (*modifiers == 'k')
			attr->exclude_kernel = 0;
		else if (*modifiers == 'h')
			attr->exclude_hv = 0;
		else if (*modifiers == 'p' && attr->precise_ip < 3)
			attr->precise_ip++;
		else
			return strchr(MODIFIERS_REFUSED, *modifiers) ? -EOPNOTSUPP : -EINVAL;
	}
	return 0;
}

static int find_generic_event(struct event_parser *p, const char *name, struct hw_event *event)
{
	(void)p;
	return hw_names_find(name, event);
}

static int find_pfm(struct event_parser *p, const char *name, struct hw_event *event)
{
	(void)p;
	return hw_pfm_find(name, event);
}

/* The colon before what may be modifiers: the name may end in a word of the same letters. */
static char *find_modifiers(const char *name)
{
	char *colon = strrchr(name, ':');

	return colon && colon[1] && !colon[1 + strspn(colon + 1, MODIFIERS)] ? colon : NULL;
}

static int find_tracepoint(struct event_parser *p, const char *name, struct hw_event *event)
{
	/* "cycle:u": no tracepoint has a name made of modifiers, and to ask for root, which
	 * tracefs needs, would mislead. Nor is any system in upper case, as INST_RETIRED:NAY. */
	if (!strchr(name, ':') || find_modifiers(name) == strchr(name, ':') ||
	    isupper((unsigned char)name[0]))
		return -ENOENT;
	if (p->tracefs_fd < 0)
		p->tracefs_fd = hw_tracefs_open();
	return p->tracefs_fd < 0 ? p->tracefs_fd : hw_tracefs_find(p->tracefs_fd, name, event);
}

static int find_by_name(struct event_parser *p, char *name, struct hw_event *event)
{
	/* In the order of what the user most likely means and what costs least. */
	static int (*const sources[])(struct event_parser *, const char *, struct hw_event *) = {
		find_generic_event, find_pfm, find_tracepoint
	};
	char *modifiers = find_modifiers(name);

	for (size_t i = 0; i < N_ITEMS(sources); i++) {
		int r = sources[i](p, name, event);

		if (r == -ENOENT && modifiers) {
			*modifiers = '\0';
			r = sources[i](p, name, event);
			*modifiers = ':';
			if (!r)
				r = apply_modifiers(event, modifiers + 1);
		}
		if (r != -ENOENT)
			return r;
	}
	return -ENOENT;
}

/* "pmu/terms/", "pmu/terms/u" or "pmu/terms/:u". */
static int find_by_terms(char *name, struct hw_event *event)
{
	char *terms = strchr(name, '/'), *modifiers = strrchr(name, '/');
	hw_autoclose int devices_fd = hw_pmu_devices_open();
	int r;

	if (devices_fd < 0)
		return -ENOENT;
	if (terms == modifiers)
		return -EINVAL;
	*terms = *modifiers = '\0';
	r = hw_pmu_find(devices_fd, name, terms + 1, event);
	*terms = *modifiers = '/';
	modifiers++;
	if (r < 0 || !*modifiers)
		return r;
	return apply_modifiers(event, *modifiers == ':' ? modifiers + 1 : modifiers);
}

/* "cycles" of {cycles}:u is called "cycles:u", "cycles:k" of {cycles:k}:u "cycles:ku". */
static char *join_name(char *name, const char *group_modifiers)
{
	const char *colon = find_modifiers(name) || strchr(name, '/') ? "" : ":";

	return hw_text("%s%s%s", name, *group_modifiers ? colon : "", group_modifiers);
}

/* Adds the event named by the @len bytes at @text. */
static int append_event(struct event_parser *p, const char *text, size_t len,
			const char *group_modifiers, int leader)
{
	struct hw_event event = { .attr.size = sizeof(event.attr), .leader = leader };
	hw_autofree char *name = strndup(text, len);
	int r;

	p->bad = text;
	p->bad_len = len;
	if (!len)
		return -EINVAL;
	if (p->events->count == HW_EVENTS_MAX)
		return -E2BIG;
	if (!name)
		return -ENOMEM;
	r = strchr(name, '/') ? find_by_terms(name, &event) : find_by_name(p, name, &event);
	if (r < 0)
		return r;
	r = *group_modifiers ? apply_modifiers(&event, group_modifiers) : 0;
	if (r < 0)
		return r;
	r = hw_reserve(p->events->items, p->events->cap, p->events->count + 1);
	if (r < 0)
		return r;
	event.name = join_name(name, group_modifiers);
	if (!event.name)
		return -ENOMEM;
	p->events->items[p->events->count++] = event;
	return 0;
}

/* Bytes up to the next of @stops outside PMU terms, whose commas are their own. */
static size_t item_length(const char *text, const char *stops)
{
	bool in_terms = false;
	size_t len = 0;

	for (; text[len]; len++) {
		if (text[len] == '/')
			in_terms = !in_terms;
		else if (!in_terms && strchr(stops, text[len]))
			break;
	}
	return len;
}

/* "{a,b}" or "{a,b}:modifiers" at *@text, which is moved behind it. */
static int parse_group(struct event_parser *p, const char **text)
{
	const char *item = *text + 1, *end = item + item_length(item, "{}"), *suffix;
	hw_autofree char *modifiers = NULL;
	int leader = (int)p->events->count;
	size_t n_modifiers = 0;

	p->bad = *text;
	p->bad_len = strlen(*text);
	if (*end != '}')
		return -EINVAL;
	suffix = end + 1;
	if (*suffix == ':') {
		n_modifiers = strcspn(++suffix, ",{}");
		if (!n_modifiers)
			return -EINVAL;
	}
	modifiers = strndup(suffix, n_modifiers);
	if (!modifiers)
		return -ENOMEM;
	*text = suffix + n_modifiers;
	for (;;) {
		size_t len = item_length(item, ",}");
		int r = append_event(p, item, len, modifiers, leader);

		if (r < 0)
			return r;
		item += len;
		if (item == end)
			return 0;
		item++; /* the comma */
	}
}

static int parse_list(struct event_parser *p, const char *text)
{
	for (;;) {
		size_t len;
		int r;

		if (*text == '{') {
			r = parse_group(p, &text);
		} else {
			len = item_length(text, ",{}");
			r = append_event(p, text, len, "", -1);
			text += len;
		}
		if (r < 0 || !*text)
			return r;
		if (*text != ',') {
			p->bad = text;
			p->bad_len = strlen(text);
			return -EINVAL;
		}
		text++;
	}
}

int hw_events_parse(struct hw_events *events, const char *spec, char **ret_bad)
{
	struct event_parser p = { .events = events, .tracefs_fd = -1 };
	size_t before = events->count;
	int r = parse_list(&p, spec);

	hw_close_auto(&p.tracefs_fd);
	if (r >= 0)
		return 0;
	while (events->count > before)
		free(events->items[--events->count].name);
	/* An empty name is best shown by the whole list. */
	*ret_bad = p.bad_len ? strndup(p.bad, p.bad_len) : strdup(spec);
	return r;
}

struct filter {
	const char *pattern;
	int (*visit)(void *ctx, const struct hw_event_info *info);
	void *ctx;
};

static int visit_matching(void *ctx, const struct hw_event_info *info)
{
	const struct filter *f = ctx;
	bool matches;

	if (!f->pattern)
		matches = true;
	else if (strpbrk(f->pattern, "*?"))
		matches = !fnmatch(f->pattern, info->name, FNM_CASEFOLD);
	else
		matches = strcasestr(info->name, f->pattern) ||
			  strcasestr(info->group, f->pattern) ||
			  strcasestr(info->description, f->pattern);
	return matches ? f->visit(f->ctx, info) : 0;
}

int hw_event_visit(const char *pattern, int (*visit)(void *ctx, const struct hw_event_info *info),
		   void *ctx)
{
	struct filter f = { .pattern = pattern, .visit = visit, .ctx = ctx };
	hw_autoclose int devices_fd = hw_pmu_devices_open();
	hw_autoclose int tracefs_fd = hw_tracefs_open();
	int r = hw_names_visit(visit_matching, &f);

	if (r)
		return r; /* positive: @visit has seen enough */
	r = devices_fd >= 0 ? hw_pmu_visit(devices_fd, visit_matching, &f) : 0;
	if (r)
		return r;
	r = hw_pfm_visit(visit_matching, &f);
	if (r)
		return r;
	return tracefs_fd >= 0 ? hw_tracefs_visit(tracefs_fd, visit_matching, &f) : 0;
}

struct suggestions {
	const char *name;
	size_t max, count;
	struct suggestion {
		size_t distance;
		char name[HW_EVENT_NAME_SIZE];
	} items[HW_EVENT_SUGGESTIONS];
};

/* How far @candidate is from @name; SIZE_MAX when it is no suggestion. A part of a name counts
 * as near as the whole is short: "misses" means cache-misses before L1-icache-load-misses. */
static size_t suggestion_distance(const char *name, const char *candidate)
{
	size_t len = strlen(name), candidate_len = strlen(candidate);
	size_t allowed = len / 3 > 2 ? len / 3 : 2, distance;

	if (candidate_len >= HW_EVENT_NAME_SIZE)
		return SIZE_MAX;
	if (len >= 3 && strcasestr(candidate, name))
		return 1 + (candidate_len - len) / 8;
	if (candidate_len > len + allowed || len > candidate_len + allowed)
		return SIZE_MAX;
	distance = hw_edit_distance(name, candidate);
	return distance <= allowed && distance < len ? distance : SIZE_MAX;
}

static int visit_suggestion(void *ctx, const struct hw_event_info *info)
{
	struct suggestions *s = ctx;
	size_t distance = suggestion_distance(s->name, info->name), at = s->count;

	while (at > 0 && s->items[at - 1].distance > distance)
		at--;
	if (distance == SIZE_MAX || at == s->max)
		return 0;
	if (s->count < s->max)
		s->count++;
	memmove(&s->items[at + 1], &s->items[at], (s->count - 1 - at) * sizeof(s->items[0]));
	s->items[at].distance = distance;
	snprintf(s->items[at].name, sizeof(s->items[at].name), "%s", info->name);
	return 0;
}

size_t hw_event_suggest(const char *name, char (*ret_names)[HW_EVENT_NAME_SIZE], size_t max)
{
	struct suggestions s;
	char plain[HW_EVENT_NAME_SIZE], *modifiers;

	if (snprintf(plain, sizeof(plain), "%s", name) >= (int)sizeof(plain) || !plain[0])
		return 0;
	modifiers = find_modifiers(plain);
	if (modifiers)
		*modifiers = '\0';
	s.name = plain;
	s.count = 0;
	s.max = max < HW_EVENT_SUGGESTIONS ? max : HW_EVENT_SUGGESTIONS;
	hw_event_visit(NULL, visit_suggestion, &s);
	for (size_t i = 0; i < s.count; i++)
		memcpy(ret_names[i], s.items[i].name, sizeof(s.items[i].name));
	return s.count;
}
