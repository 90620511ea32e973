/* SPDX-License-Identifier: Apache-2.0
 * The call tree (view/tree.h) for people. */
#ifndef HW_REPORT_TREE_TEXT_H
#define HW_REPORT_TREE_TEXT_H

#include <stddef.h>
#include <stdio.h>

#include "report/style.h"
#include "view/tree.h"

struct hw_tree_opts {
	struct hw_style style;
	const char *unit; /* of the view */
	double min_share; /* calls below this part of the whole, 0 to 1, are left out */
	size_t max_lines; /* 0: no limit */
};

/* Prints the tree. A chain of single calls stays at one indentation, only a fork moves it:
 *
 *	TOTAL %      TOTAL  SELF %  CALL TREE
 *	  100.0     2.31 s     0.0  <module>  foo.py:1
 *	  100.0     2.31 s     0.1  main  foo.py:20
 *	   60.0     1.39 s    60.0  |- work_a  foo.py:3
 *	   39.9     0.92 s     0.0  `- work_b  foo.py:9
 *	   39.9     0.92 s    39.9     inner  foo.py:14
 *
 * Returns 0, or -ENOMEM; the errors of @f are for the caller to look at. */
int hw_tree_print(FILE *f, const struct hw_tree *t, const struct hw_tree_opts *opts);

#endif
