/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "report/json.h"
#include "report/memory.h"
#include "report/location.h"

static json_t *count(uint64_t n)
{
	return hw_json_count((double)n);
}

/* Adds the figures of @sum to @o. */
static int set_sum(json_t *o, const struct hw_faults *f, const struct hw_fault_sum *sum)
{
	bool failed = false;

	failed |= json_object_set_new(o, "samples", count(sum->samples)) < 0;
	failed |= json_object_set_new(o, "faults", count(sum->faults)) < 0;
	failed |= json_object_set_new(o, "absent", count(sum->kinds[HW_FAULT_ABSENT])) < 0;
	failed |= json_object_set_new(o, "copies", count(sum->kinds[HW_FAULT_COPY])) < 0;
	failed |= json_object_set_new(o, "major", count(sum->kinds[HW_FAULT_MAJOR])) < 0;
	failed |= json_object_set_new(o, "unknown", count(sum->kinds[HW_FAULT_UNKNOWN])) < 0;
	failed |= json_object_set_new(o, "pages",
				      f->pages_known ? count(sum->pages) : json_null()) < 0;
	failed |= json_object_set_new(o, "again",
				      f->pages_known ? count(sum->again) : json_null()) < 0;
	return failed ? -ENOMEM : 0;
}

static int set_place(json_t *o, const struct hw_fault_row *row)
{
	const char *kind = row->kind == HW_FRAME_MARKER ? "marker" : hw_kind_name(row->kind);
	bool failed = false;

	failed |= json_object_set_new(o, "function", hw_json_string(row->function)) < 0;
	failed |= json_object_set_new(o, "file", hw_json_string(row->file)) < 0;
	failed |= json_object_set_new(o, "line", json_integer(row->line)) < 0;
	failed |= json_object_set_new(o, "module", hw_json_string(row->module)) < 0;
	failed |= json_object_set_new(o, "kind", hw_json_string(kind)) < 0;
	return failed ? -ENOMEM : 0;
}

static json_t *rows_to_json(const struct hw_faults *f)
{
	hw_auto(json_decref) json_t *array = json_array();

	for (size_t i = 0; i < f->n_rows; i++) {
		json_t *o = json_object();

		if (json_array_append_new(array, o) < 0 || set_place(o, &f->rows[i]) < 0 ||
		    set_sum(o, f, &f->rows[i].sum) < 0)
			return NULL;
	}
	return hw_take_ptr(array);
}

static json_t *peak_to_json(const struct hw_faults *f)
{
	hw_auto(json_decref) json_t *o = json_object();
	bool failed = !o;

	if (!f->peak_bytes)
		return json_null();
	failed |= json_object_set_new(o, "bytes", count(f->peak_bytes)) < 0;
	failed |= json_object_set_new(o, "time_s", hw_json_real(f->peak_s)) < 0;
	if (f->at_peak.function) {
		failed |= set_place(o, &f->at_peak) < 0;
		failed |= json_object_set_new(o, "before_ms", hw_json_real(f->at_peak_ms)) < 0;
	}
	return failed ? NULL : hw_take_ptr(o);
}

static json_t *curve_to_json(const struct hw_wall *w)
{
	hw_auto(json_decref) json_t *array = json_array();

	for (size_t i = 0; i < w->n_points; i++) {
		json_t *o = w->points[i].rss_bytes ?
				    json_pack("{s:o, s:o}", "time_s",
					      hw_json_real(w->points[i].end_s), "bytes",
					      count(w->points[i].rss_bytes)) :
				    NULL;

		if (w->points[i].rss_bytes && json_array_append_new(array, o) < 0)
			return NULL;
	}
	return hw_take_ptr(array);
}

static int set_all(json_t *root, const struct hw_profile *p, const struct hw_faults *f,
		   uint64_t cut_bytes)
{
	const struct hw_session *s = &p->session;
	uint64_t largest = s->usage.max_rss_bytes;
	bool failed = false;

	failed |= json_object_set_new(root, "version", json_integer(1)) < 0;
	failed |= json_object_set_new(root, "command", hw_json_strings(s->argv)) < 0;
	failed |= json_object_set_new(root, "complete", json_boolean(s->complete)) < 0;
	failed |= json_object_set_new(root, "cut_bytes", count(cut_bytes)) < 0;
	failed |= json_object_set_new(root, "lost", count(s->lost)) < 0;
	failed |= json_object_set_new(root, "recorded", json_boolean(f->recorded)) < 0;
	failed |= json_object_set_new(root, "each", json_boolean(f->each)) < 0;
	failed |= json_object_set_new(root, "kinds_known", json_boolean(f->kinds_known)) < 0;
	failed |= json_object_set_new(root, "page_bytes", json_integer(f->page_bytes)) < 0;
	failed |= set_sum(root, f, &f->all) < 0;
	failed |= json_object_set_new(root, "peak", peak_to_json(f)) < 0;
	failed |= json_object_set_new(root, "largest_process_bytes",
				      largest ? count(largest) : json_null()) < 0;
	failed |= json_object_set_new(root, "rss", curve_to_json(&s->wall)) < 0;
	failed |= json_object_set_new(root, "doubts", hw_json_strings(s->doubts)) < 0;
	return failed ? -ENOMEM : 0;
}

int hw_memory_json_print(FILE *f, const struct hw_profile *p, bool native_all, uint64_t cut_bytes)
{
	hw_auto(json_decref) json_t *root = json_object();

	for (int functions = 0; functions <= 1; functions++) {
		hw_auto(hw_faults_done) struct hw_faults faults = { 0 };
		struct hw_faults_opts opts = { .functions = functions, .native_all = native_all };
		int r = hw_faults_find(p, &opts, &faults);

		if (r >= 0 && !functions)
			r = set_all(root, p, &faults, cut_bytes);
		if (r >= 0 && json_object_set_new(root, functions ? "functions" : "lines",
						  rows_to_json(&faults)) < 0)
			r = -ENOMEM;
		if (r < 0)
			return r;
	}
	return hw_json_print(f, root);
}
