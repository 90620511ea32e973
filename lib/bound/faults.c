/* SPDX-License-Identifier: Apache-2.0 */
#include "bound/faults.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/intern.h"
#include "view/charge.h"
#include "view/clock.h"

#define DEFAULT_PAGE_BYTES 4096
#define PEAK_WINDOW_NS	   50000000ULL

/* What makes two faults one page. No padding: compared byte by byte. */
struct page_key {
	uint64_t page;
	int32_t pid;
	uint32_t row; /* NO_ROW: of the process as a whole */
};

#define NO_ROW UINT32_MAX

struct fault_search {
	const struct hw_profile *p;
	const struct hw_faults_opts *opts;
	struct hw_charge charge;
	struct hw_faults faults;
	size_t cap_rows;
	uint64_t events; /* a bit for each event that is counted */
	struct hw_intern *row_keys, *pages;
	uint32_t *row_of_stack; /* NO_ROW: not looked at yet */
};

/* The events of @s that are one of the words in @names, a bit each. */
static uint64_t events_named(const struct hw_session *s, const char *const *names)
{
	uint64_t events = 0;

	for (; *names; names++)
		for (size_t i = 0; i < s->n_events && i < 64; i++)
			if (hw_clock_is_event(s->events[i].name, *names))
				events |= 1ULL << i;
	return events;
}

static uint64_t find_events(const struct hw_session *s)
{
	static const char *const both[] = { "page-faults", "faults", NULL };
	static const char *const parts[] = { "minor-faults", "major-faults", NULL };
	uint64_t events = events_named(s, both);

	return events ? events & -events : events_named(s, parts); /* of several the first */
}

static struct hw_fault_row fault_row_of(const struct hw_profile *p, const struct hw_frame *f,
				  bool functions)
{
	if (!f)
		return (struct hw_fault_row){
			.kind = HW_FRAME_MARKER, .function = "[no stack]", .file = "", .module = ""
		};
	return (struct hw_fault_row){
		.kind = f->kind,
		.function = f->name ? hw_profile_str(p, f->name) : "[unknown]",
		.file = hw_profile_str(p, f->file),
		.module = hw_profile_str(p, hw_profile_get_module(p, f->module)->path),
		.line = functions ? f->func_line : f->line,
	};
}

/* The row that samples with @stack are charged to, in *ret. 0, -ENOMEM. */
static int find_fault_row(struct fault_search *s, uint32_t stack, uint32_t *ret)
{
	const struct hw_frame *f;
	struct hw_charge_key key;
	int r;

	*ret = s->row_of_stack[stack];
	if (*ret != NO_ROW)
		return 0;
	f = hw_charge_frame(&s->charge, stack, s->opts->native_all);
	key = s->opts->functions ? hw_charge_function(f) : hw_charge_line(f);
	if (hw_reserve(s->faults.rows, s->cap_rows, s->faults.n_rows + 1) < 0)
		return -ENOMEM;
	r = hw_intern_add(s->row_keys, &key, sizeof(key), ret);
	if (r < 0)
		return -ENOMEM;
	if (r > 0)
		s->faults.rows[s->faults.n_rows++] = fault_row_of(s->p, f, s->opts->functions);
	s->row_of_stack[stack] = *ret;
	return 0;
}

static enum hw_fault_kind kind_of(const struct hw_sample *sample)
{
	return (enum hw_fault_kind)(sample->flags >> HW_SAMPLE_FAULT_SHIFT & 3);
}

static void add_fault(struct hw_fault_sum *sum, const struct hw_sample *sample, bool again)
{
	sum->samples++;
	sum->faults += sample->period;
	sum->kinds[kind_of(sample)] += sample->period;
	if (again)
		sum->again += sample->period;
}

/* Counts the page of @sample in @sum unless @key says that it is there already: 1 then, 0, -ENOMEM.
 */
static int count_page(struct fault_search *s, const struct page_key *key,
		      const struct hw_sample *sample, struct hw_fault_sum *sum)
{
	uint32_t id;
	int r = hw_intern_add(s->pages, key, sizeof(*key), &id);

	if (r < 0)
		return -ENOMEM;
	if (r > 0)
		sum->pages += sample->period;
	return r == 0;
}

/* Whether a fault of that kind finds its page missing. Where kinds are not known it may. */
static bool may_miss(const struct fault_search *s, enum hw_fault_kind kind)
{
	return kind == HW_FAULT_ABSENT || kind == HW_FAULT_MAJOR ||
	       (kind == HW_FAULT_UNKNOWN && !s->faults.kinds_known);
}

static int add_fault_sample(struct fault_search *s, const struct hw_sample *sample)
{
	struct page_key key = { .page = sample->addr / s->faults.page_bytes,
				.pid = hw_profile_get_task(s->p, sample->task)->pid,
				.row = NO_ROW };
	uint32_t row;
	int seen = 0, r = find_fault_row(s, sample->stack, &row);

	if (r >= 0 && s->faults.pages_known)
		r = seen = count_page(s, &key, sample, &s->faults.all);
	key.row = row;
	if (r >= 0 && s->faults.pages_known)
		r = count_page(s, &key, sample, &s->faults.rows[row].sum);
	if (r < 0)
		return r;
	seen = seen && may_miss(s, kind_of(sample));
	add_fault(&s->faults.all, sample, seen);
	add_fault(&s->faults.rows[row].sum, sample, seen);
	return 0;
}

static bool is_counted(const struct fault_search *s, const struct hw_sample *sample)
{
	return sample->event < 64 && s->events >> sample->event & 1;
}

/* What holds for all samples: whether kinds and pages can be known, and whether each fault has one.
 */
static void look_ahead(struct fault_search *s)
{
	const struct hw_session *session = &s->p->session;
	struct hw_faults *f = &s->faults;

	f->recorded = s->events != 0;
	f->pages_known = f->each = f->recorded;
	for (size_t i = 0; i < session->n_events && i < 64; i++)
		if (s->events >> i & 1 &&
		    (session->events[i].frequency_hz || session->events[i].period != 1))
			f->pages_known = f->each = false;
	for (size_t i = 0; i < s->p->n_samples; i++) {
		const struct hw_sample *sample = &s->p->samples[i];

		if (!is_counted(s, sample))
			continue;
		f->each &= sample->period == 1;
		f->kinds_known |= kind_of(sample) == HW_FAULT_ABSENT;
	}
	f->each &= !session->lost;
}

static int compare_fault_rows(const void *pa, const void *pb)
{
	const struct hw_fault_row *a = pa, *b = pb;
	int c;

	if (a->sum.faults != b->sum.faults)
		return a->sum.faults < b->sum.faults ? 1 : -1;
	if (a->sum.pages != b->sum.pages)
		return a->sum.pages < b->sum.pages ? 1 : -1;
	c = strcmp(a->file, b->file);
	if (!c)
		c = (a->line > b->line) - (a->line < b->line);
	return c ? c : strcmp(a->function, b->function);
}

/* Whether @sample may tell of the memory peak: before it, in the process that had grown most. */
static bool is_before_peak(const struct fault_search *s, const struct hw_sample *sample)
{
	const struct hw_session *session = &s->p->session;

	if (sample->time_ns > session->peak_rss_ns)
		return false;
	return !session->peak_rss_pid ||
	       hw_profile_get_task(s->p, sample->task)->pid == session->peak_rss_pid;
}

/* The last sample before the peak, among page faults or among the others; NULL: none. */
static const struct hw_sample *last_before_peak(const struct fault_search *s, bool fault)
{
	const struct hw_session *session = &s->p->session;
	const struct hw_sample *last = NULL;

	for (size_t i = 0; i < s->p->n_samples; i++) {
		const struct hw_sample *sample = &s->p->samples[i];

		if (is_counted(s, sample) == fault && is_before_peak(s, sample) &&
		    strcmp(session->events[sample->event].name, HW_EVENT_OFF_CPU) &&
		    (!last || sample->time_ns >= last->time_ns))
			last = sample;
	}
	return last;
}

/* The last sample of the row with most faults from PEAK_WINDOW_NS before @last on; @last when there
 * is no memory to find it. */
static const struct hw_sample *growing_before(const struct fault_search *s,
					      const struct hw_sample *last)
{
	uint64_t begin = last->time_ns > PEAK_WINDOW_NS ? last->time_ns - PEAK_WINDOW_NS : 0;
	hw_autofree uint64_t *grown = calloc(s->faults.n_rows, sizeof(*grown));
	const struct hw_sample *best = last;

	for (size_t i = 0; grown && i < s->p->n_samples; i++) {
		const struct hw_sample *sample = &s->p->samples[i];
		uint32_t row = s->row_of_stack[sample->stack];

		if (!is_counted(s, sample) || !is_before_peak(s, sample) || sample->time_ns < begin)
			continue;
		grown[row] += sample->period;
		if (grown[row] >= grown[s->row_of_stack[best->stack]])
			best = sample;
	}
	return best;
}

/* Before the rows are sorted: row_of_stack holds until then. */
static void find_peak(struct fault_search *s)
{
	const struct hw_session *session = &s->p->session;
	const struct hw_sample *sample = last_before_peak(s, true);
	struct hw_faults *f = &s->faults;

	if (!session->peak_rss_bytes)
		return;
	f->peak_bytes = session->peak_rss_bytes;
	if (session->start_ns && session->peak_rss_ns > session->start_ns)
		f->peak_s = (double)(session->peak_rss_ns - session->start_ns) / 1e9;
	sample = sample ? growing_before(s, sample) : last_before_peak(s, false);
	if (!sample)
		return;
	f->at_peak = fault_row_of(s->p,
			    hw_charge_frame(&s->charge, sample->stack, s->opts->native_all),
			    s->opts->functions);
	f->at_peak_ms = (double)(session->peak_rss_ns - sample->time_ns) / 1e6;
}

static int search_faults(struct fault_search *s)
{
	size_t n_stacks = hw_intern_count(s->p->stacks);
	uint32_t page_bytes = s->p->session.page_bytes;
	int r;

	s->faults.page_bytes = page_bytes ? page_bytes : DEFAULT_PAGE_BYTES;
	s->row_keys = hw_intern_new();
	s->pages = hw_intern_new();
	s->row_of_stack = malloc((n_stacks + 1) * sizeof(*s->row_of_stack));
	if (!s->row_keys || !s->pages || !s->row_of_stack)
		return -ENOMEM;
	r = hw_charge_init(s->p, &s->charge);
	if (r < 0)
		return r;
	memset(s->row_of_stack, 0xff, (n_stacks + 1) * sizeof(*s->row_of_stack));
	s->events = find_events(&s->p->session);
	look_ahead(s);
	for (size_t i = 0; i < s->p->n_samples; i++) {
		r = is_counted(s, &s->p->samples[i]) ? add_fault_sample(s, &s->p->samples[i]) : 0;
		if (r < 0)
			return r;
	}
	find_peak(s);
	if (s->faults.n_rows) /* qsort(3) wants no NULL */
		qsort(s->faults.rows, s->faults.n_rows, sizeof(s->faults.rows[0]),
		      compare_fault_rows);
	return 0;
}

int hw_faults_find(const struct hw_profile *p, const struct hw_faults_opts *opts,
		   struct hw_faults *ret)
{
	struct fault_search s = { .p = p, .opts = opts };
	int r = search_faults(&s);

	hw_charge_done(&s.charge);
	hw_intern_free(s.row_keys);
	hw_intern_free(s.pages);
	free(s.row_of_stack);
	if (r < 0)
		hw_faults_done(&s.faults);
	else
		*ret = s.faults;
	return r;
}

void hw_faults_done(struct hw_faults *f)
{
	free(f->rows);
	*f = (struct hw_faults){ 0 };
}

double hw_faults_share(const struct hw_faults *f, uint64_t n)
{
	return f->all.faults ? (double)n / (double)f->all.faults : 0;
}
