/* SPDX-License-Identifier: Apache-2.0 */
#include "event/formula.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH_MAX 64

struct formula_parser {
	const char *at;
	hw_formula_lookup lookup;
	void *ctx;
	int depth;
	bool bad;
};

static double parse_sum(struct formula_parser *p);

static double fail_formula(struct formula_parser *p)
{
	p->bad = true;
	return NAN;
}

/* Takes @c, when it comes next. */
static bool take_char(struct formula_parser *p, char c)
{
	while (*p->at == ' ')
		p->at++;
	if (*p->at != c)
		return false;
	p->at++;
	return true;
}

static double parse_number(struct formula_parser *p)
{
	char *end;
	double value = strtod(p->at, &end);

	if (end == p->at)
		return fail_formula(p);
	p->at = end;
	return value;
}

/* Behind "max(" or "min(". */
static double parse_call(struct formula_parser *p, double (*function)(double, double))
{
	double a = parse_sum(p), b;

	if (!take_char(p, ','))
		return fail_formula(p);
	b = parse_sum(p);
	if (!take_char(p, ')'))
		return fail_formula(p);
	/* fmax(3) and fmin(3) would hide that one of the two is not known */
	return isnan(a) || isnan(b) ? NAN : function(a, b);
}

static double parse_name(struct formula_parser *p)
{
	const char *name = p->at;
	size_t len = 0;

	while (isalnum((unsigned char)name[len]) || (name[len] && strchr("_.", name[len])) ||
	       (len && name[len] == '-' && isalpha((unsigned char)name[len + 1])))
		len++;
	p->at += len;
	if (len == 3 && !strncmp(name, "max", 3) && take_char(p, '('))
		return parse_call(p, fmax);
	if (len == 3 && !strncmp(name, "min", 3) && take_char(p, '('))
		return parse_call(p, fmin);
	return p->lookup(p->ctx, name, len);
}

static double parse_factor(struct formula_parser *p)
{
	double value;

	if (take_char(p, '-')) {
		/* As of parentheses: "----1" is a call for each. */
		if (++p->depth > DEPTH_MAX)
			return fail_formula(p);
		value = -parse_factor(p);
		p->depth--;
		return value;
	}
	if (take_char(p, '(')) {
		value = parse_sum(p);
		return take_char(p, ')') ? value : fail_formula(p);
	}
	if (isalpha((unsigned char)*p->at) || *p->at == '_')
		return parse_name(p);
	return isdigit((unsigned char)*p->at) ? parse_number(p) : fail_formula(p);
}

/* Nothing of a thing is nothing, also where the thing is not known. */
static double times(double a, double b)
{
	return a == 0 || b == 0 ? 0 : a * b;
}

static double parse_product(struct formula_parser *p)
{
	double value = parse_factor(p);

	while (!p->bad) {
		if (take_char(p, '*')) {
			value = times(value, parse_factor(p));
		} else if (take_char(p, '/')) {
			double by = parse_factor(p);

			value = by != 0 ? value / by : NAN;
		} else {
			break;
		}
	}
	return value;
}

static double parse_sum(struct formula_parser *p)
{
	double value;

	if (++p->depth > DEPTH_MAX)
		return fail_formula(p);
	value = parse_product(p);
	while (!p->bad) {
		if (take_char(p, '+'))
			value += parse_product(p);
		else if (take_char(p, '-'))
			value -= parse_product(p);
		else
			break;
	}
	p->depth--;
	return value;
}

int hw_formula_eval(const char *text, hw_formula_lookup lookup, void *ctx, double *ret)
{
	struct formula_parser p = { .at = text, .lookup = lookup, .ctx = ctx };
	double value = parse_sum(&p);

	if (p.bad || !take_char(&p, '\0'))
		return -EINVAL;
	*ret = value;
	return 0;
}
