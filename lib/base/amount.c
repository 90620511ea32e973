/* SPDX-License-Identifier: Apache-2.0 */
#include "base/amount.h"

#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

/* With at most @most places behind the point. */
static const char *three_digits(char buf[static HW_AMOUNT_SIZE], double value, int most,
				const char *unit)
{
	int places = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;

	if (places > most)
		places = most;
	snprintf(buf, HW_AMOUNT_SIZE, "%.*f %s", places, value, unit);
	return buf;
}

static const char *time_amount(char buf[static HW_AMOUNT_SIZE], double ns)
{
	if (ns >= 999.5e6)
		snprintf(buf, HW_AMOUNT_SIZE, "%.2f s", ns / 1e9);
	else if (ns >= 999.5e3)
		three_digits(buf, ns / 1e6, 2, "ms");
	else if (ns > 0)
		three_digits(buf, ns / 1e3, 2, "us");
	else
		snprintf(buf, HW_AMOUNT_SIZE, "0 s");
	return buf;
}

const char *hw_amount_bytes(char buf[static HW_AMOUNT_SIZE], double bytes, int places)
{
	static const char *const units[] = { "B", "kB", "MB", "GB", "TB", "PB", "EB" };
	size_t i = 0;

	for (; bytes >= 999.5 && i + 1 < sizeof(units) / sizeof(units[0]); i++)
		bytes /= 1000;
	return three_digits(buf, bytes, i ? places : 0, units[i]);
}

const char *hw_amount(char buf[static HW_AMOUNT_SIZE], double value, const char *unit)
{
	static const char *const prefixes[] = { "", "k", "M", "G", "T", "P", "E" };
	size_t i = 0;

	if (!strcmp(unit, "ns"))
		return time_amount(buf, value);
	if (!strcmp(unit, "B"))
		return hw_amount_bytes(buf, value, 2);
	if (value < 100000) {
		snprintf(buf, HW_AMOUNT_SIZE, "%.0f", value);
		return buf;
	}
	for (; value >= 999.5 && i + 1 < sizeof(prefixes) / sizeof(prefixes[0]); i++)
		value /= 1000;
	return three_digits(buf, value, 2, prefixes[i]);
}

const char *hw_amount_kib(char buf[static HW_AMOUNT_SIZE], double bytes)
{
	static const char *const units[] = { "KiB", "MiB", "GiB", "TiB" };
	size_t i = 0;

	bytes /= 1024;
	for (; bytes >= 1024 && i + 1 < sizeof(units) / sizeof(units[0]); i++)
		bytes /= 1024;
	snprintf(buf, HW_AMOUNT_SIZE, "%.1f %s", bytes, units[i]);
	return buf;
}

const char *hw_amount_seconds(char buf[static HW_AMOUNT_SIZE], double seconds)
{
	if (seconds >= 99.5)
		snprintf(buf, HW_AMOUNT_SIZE, "%.0f s", seconds);
	else if (seconds >= 9.95)
		snprintf(buf, HW_AMOUNT_SIZE, "%.1f s", seconds);
	else if (seconds >= 0.995)
		snprintf(buf, HW_AMOUNT_SIZE, "%.2f s", seconds);
	else if (seconds >= 0.995e-3)
		snprintf(buf, HW_AMOUNT_SIZE, "%.3g ms", seconds * 1e3);
	else
		snprintf(buf, HW_AMOUNT_SIZE, "%.3g us", seconds * 1e6);
	return buf;
}

const char *hw_grouped(char buf[static HW_GROUPED_SIZE], double value, int places)
{
	char plain[32];
	size_t whole, out = 0, sign;

	if (!(fabs(value) < 1e18)) {
		snprintf(buf, HW_GROUPED_SIZE, "%.3g", value);
		return buf;
	}
	/* 18 digits, the sign, the point and 9 places fit, and 5 commas more fit in buf */
	snprintf(plain, sizeof(plain), "%.*f", places > 9 ? 9 : places, value);
	sign = plain[0] == '-';
	whole = strcspn(plain, ".");
	for (size_t i = 0; plain[i]; i++) {
		if (i > sign && i < whole && (whole - i) % 3 == 0)
			buf[out++] = ',';
		buf[out++] = plain[i];
	}
	buf[out] = 0;
	return buf;
}
