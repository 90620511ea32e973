/* SPDX-License-Identifier: Apache-2.0
 * The call tree: functions from the root of the stacks to their leaves. */
#ifndef HW_REPORT_TREE_H
#define HW_REPORT_TREE_H

#include <stdint.h>
#include <stdio.h>

#include "report/style.h"
#include "view/table.h"

struct hw_tree_node {
	uint32_t row;			    /* in functions.rows; HW_NO_ROW for the root, node 0 */
	enum hw_wall_class wait;	    /* of a node that is a wait, without a row: its cause */
	uint32_t first_child, next_sibling; /* node numbers, by total, largest first; 0: none */
	struct hw_weight self, total;
};

struct hw_tree {
	struct hw_table functions;
	struct hw_tree_node *nodes;
	size_t n_nodes, cap_nodes;
};

/* Builds the tree of the samples of @v, whose profile must outlive it; a wait is a call of its own,
 * below who is blocked. Samples without a stack count in the root alone. Returns 0 and fills *ret
 * (release with hw_tree_done()), or -ENOMEM. */
int hw_tree_build(const struct hw_view *v, struct hw_tree *ret);
void hw_tree_done(struct hw_tree *t); /* may be all zeros */
HW_DEFINE_AUTO_DONE(struct hw_tree, hw_tree_done)

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
