/* SPDX-License-Identifier: Apache-2.0
 * The samples of a view as a call tree: who called whom, from the root of the stacks on. */
#ifndef HW_VIEW_TREE_H
#define HW_VIEW_TREE_H

#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
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

#endif
