/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "report/json.h"
#include "report/memory_print.h"
#include "view/location.h"

static json_t *count(uint64_t n)
{
	return hw_json_count((double)n);
}

/* Adds the figures of @sum to @o. */
static int add_fault_sum(json_t *o, const struct hw_faults *f, const struct hw_fault_sum *sum)
{
	return hw_json_add(o, "{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "samples",
			   count(sum->samples), "faults", count(sum->faults), "absent",
			   count(sum->kinds[HW_FAULT_ABSENT]), "copies",
			   count(sum->kinds[HW_FAULT_COPY]), "major",
			   count(sum->kinds[HW_FAULT_MAJOR]), "unknown",
			   count(sum->kinds[HW_FAULT_UNKNOWN]), "pages",
			   f->pages_known ? count(sum->pages) : json_null(), "again",
			   f->pages_known ? count(sum->again) : json_null());
}

static int add_fault_place(json_t *o, const struct hw_fault_row *row)
{
	const char *kind = row->kind == HW_FRAME_MARKER ? "marker" : hw_kind_name(row->kind);

	return hw_json_add(o, "{s:o, s:o, s:I, s:o, s:o}", "function",
			   hw_json_string(row->function), "file", hw_json_string(row->file), "line",
			   (json_int_t)row->line, "module", hw_json_string(row->module), "kind",
			   hw_json_string(kind));
}

static json_t *fault_rows_to_json(const struct hw_faults *f)
{
	hw_auto(json_decref) json_t *array = json_array();

	for (size_t i = 0; i < f->n_rows; i++) {
		json_t *o = json_object();

		if (json_array_append_new(array, o) < 0 || add_fault_place(o, &f->rows[i]) < 0 ||
		    add_fault_sum(o, f, &f->rows[i].sum) < 0)
			return NULL;
	}
	return hw_take_ptr(array);
}

static json_t *peak_to_json(const struct hw_faults *f)
{
	hw_auto(json_decref) json_t *o = NULL;

	if (!f->peak_bytes)
		return json_null();
	o = json_pack("{s:o, s:o}", "bytes", count(f->peak_bytes), "time_s", hw_json_real(f->peak_s));
	if (f->at_peak.function &&
	    (add_fault_place(o, &f->at_peak) < 0 ||
	     hw_json_add(o, "{s:o}", "before_ms", hw_json_real(f->at_peak_ms)) < 0))
		return NULL;
	return hw_take_ptr(o);
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

static int add_memory(json_t *root, const struct hw_profile *p, const struct hw_faults *f,
		      uint64_t cut_bytes)
{
	const struct hw_session *s = &p->session;
	uint64_t largest = s->usage.max_rss_bytes;
	int r = hw_json_add(root, "{s:i, s:o, s:b, s:o, s:o, s:b, s:b, s:b, s:o}", "version", 1,
			    "command", hw_json_strings(s->argv), "complete", s->complete, "cut_bytes",
			    count(cut_bytes), "lost", count(s->lost), "recorded", f->recorded, "each",
			    f->each, "kinds_known", f->kinds_known, "page_bytes",
			    json_integer(f->page_bytes));

	if (r == 0)
		r = add_fault_sum(root, f, &f->all);
	if (r < 0)
		return r;
	return hw_json_add(root, "{s:o, s:o, s:o, s:o}", "peak", peak_to_json(f),
			   "largest_process_bytes", largest ? count(largest) : json_null(), "rss",
			   curve_to_json(&s->wall), "doubts", hw_json_strings(s->doubts));
}

int hw_memory_json_print(FILE *f, const struct hw_profile *p, bool native_all, uint64_t cut_bytes)
{
	hw_auto(json_decref) json_t *root = json_object();

	for (int functions = 0; functions <= 1; functions++) {
		hw_auto(hw_faults_done) struct hw_faults faults = { 0 };
		struct hw_faults_opts opts = { .functions = functions, .native_all = native_all };
		int r = hw_faults_find(p, &opts, &faults);

		if (r >= 0 && !functions)
			r = add_memory(root, p, &faults, cut_bytes);
		if (r >= 0 && json_object_set_new(root, functions ? "functions" : "lines",
						  fault_rows_to_json(&faults)) < 0)
			r = -ENOMEM;
		if (r < 0)
			return r;
	}
	return hw_json_print(f, root);
}
