/* SPDX-License-Identifier: Apache-2.0
 * Amounts for people. Each function prints into the caller's buffer, which it returns. */
#ifndef HW_BASE_AMOUNT_H
#define HW_BASE_AMOUNT_H

#define HW_AMOUNT_SIZE 32

/* @value of @unit with three digits, so that columns of figures line up: "1.15 s", "12.3 ms" for "ns",
 * "1.23 MB" (of 1000 kB) for "B", else a count: "12345", "1.23 M". */
const char *hw_amount(char buf[static HW_AMOUNT_SIZE], double value, const char *unit);

/* As hw_amount() of "B", with at most @places behind the point. */
const char *hw_amount_bytes(char buf[static HW_AMOUNT_SIZE], double bytes, int places);

/* @bytes in units of 1024 from KiB on: "3.0 MiB". */
const char *hw_amount_kib(char buf[static HW_AMOUNT_SIZE], double bytes);

/* A time for a sentence: three digits, and below a second no zeros at their end: "12.3 s", "20 ms". */
const char *hw_amount_seconds(char buf[static HW_AMOUNT_SIZE], double seconds);

#define HW_GROUPED_SIZE 48

/* @value, rounded to @places behind the point (at most 9), with its digits in threes:
 * "1,234,567.89". Values from 1e18 on come as "1.23e+18". */
const char *hw_grouped(char buf[static HW_GROUPED_SIZE], double value, int places);

#endif
