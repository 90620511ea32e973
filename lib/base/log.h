/* SPDX-License-Identifier: Apache-2.0
 * Talk for people, on stderr. cmd/ speaks at any level; lib/ only log_debug().
 * The level is the one global of the program; HWPROF_DEBUG=1 sets it to debug. */
#ifndef HW_BASE_LOG_H
#define HW_BASE_LOG_H

enum hw_log_level {
	HW_LOG_ERROR,
	HW_LOG_WARN,
	HW_LOG_INFO,
	HW_LOG_DEBUG,
};

/* Messages above @level are dropped. The default is HW_LOG_INFO. */
void hw_log_set_level(enum hw_log_level level);

/* Prints one line "hwprof: TEXT" on stderr; errno is preserved. */
void hw_log(enum hw_log_level level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* The same, followed by ": " and the text of @error (a negative errno). Returns @error,
 * so that a command can say `return log_error_errno(r, ...)`. */
int hw_log_errno(enum hw_log_level level, int error, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#define log_error(...)		hw_log(HW_LOG_ERROR, __VA_ARGS__)
#define log_warn(...)		hw_log(HW_LOG_WARN, __VA_ARGS__)
#define log_info(...)		hw_log(HW_LOG_INFO, __VA_ARGS__)
#define log_debug(...)		hw_log(HW_LOG_DEBUG, __VA_ARGS__)
#define log_error_errno(r, ...) hw_log_errno(HW_LOG_ERROR, r, __VA_ARGS__)

#endif
