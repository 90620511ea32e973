/* SPDX-License-Identifier: Apache-2.0 */
#include "view/tree.h"

#include <errno.h>
#include <stdlib.h>

#include "base/array.h"

/* A node is its parent and its function, or the cause of a wait; interned, its number is that of
 * the node. */
struct node_key {
	uint32_t parent, row, wait;
};

static void add_to_node(struct hw_weight *sum, const struct hw_weight *w)
{
	sum->samples += w->samples;
	sum->period += w->period;
}

static int find_node(struct hw_tree *t, struct hw_intern *keys, const struct node_key *key,
		     uint32_t *ret_node)
{
	int r;

	if (hw_reserve(t->nodes, t->cap_nodes, t->n_nodes + 1) < 0)
		return -ENOMEM;
	r = hw_intern_add(keys, key, sizeof(*key), ret_node);
	if (r < 0)
		return -ENOMEM;
	if (r > 0)
		t->nodes[t->n_nodes++] =
			(struct hw_tree_node){ .row = key->row, .wait = key->wait };
	return 0;
}

static int add_calls(struct hw_tree *t, struct hw_intern *keys, const struct hw_view *v,
		   const struct hw_view_sum *sum)
{
	uint32_t frames[HW_PROFILE_STACK_MAX], node = 0;
	size_t self, n = hw_view_frames(v, sum->stack, sum->class, frames, &self);
	int r = 0;

	add_to_node(&t->nodes[0].total, &sum->weight);
	while (r >= 0 && n--) {
		struct node_key key = { node, t->functions.row_of_frame[frames[n]], HW_WALL_BUSY };

		r = find_node(t, keys, &key, &node);
		if (r >= 0)
			add_to_node(&t->nodes[node].total, &sum->weight);
	}
	if (r >= 0 && sum->class != HW_WALL_BUSY) {
		r = find_node(t, keys, &(struct node_key){ node, HW_NO_ROW, sum->class }, &node);
		if (r >= 0)
			add_to_node(&t->nodes[node].total, &sum->weight);
	}
	if (r >= 0)
		add_to_node(&t->nodes[node].self, &sum->weight);
	return r;
}

static int add_all_calls(struct hw_tree *t, struct hw_intern *keys, const struct hw_view *v)
{
	struct node_key root = { 0, HW_NO_ROW, HW_WALL_BUSY };
	uint32_t node;
	int r = find_node(t, keys, &root, &node);

	for (size_t i = 0; r >= 0 && i < v->n_sums; i++)
		r = add_calls(t, keys, v, &v->sums[i]);
	return r;
}

struct link {
	uint32_t parent, node;
};

/* By parent, and there the smallest total first: linking reverses the order. */
static int compare_links(const void *pa, const void *pb, void *ctx)
{
	const struct hw_tree *t = ctx;
	const struct link *a = pa, *b = pb;
	double share_a = hw_table_share(&t->functions, &t->nodes[a->node].total);
	double share_b = hw_table_share(&t->functions, &t->nodes[b->node].total);

	if (a->parent != b->parent)
		return a->parent < b->parent ? -1 : 1;
	if (share_a != share_b)
		return share_a < share_b ? -1 : 1;
	return (a->node < b->node) - (a->node > b->node);
}

static int link_children(struct hw_tree *t, const struct hw_intern *keys)
{
	hw_autofree struct link *links = calloc(t->n_nodes, sizeof(*links));

	if (!links)
		return -ENOMEM;
	for (uint32_t i = 1; i < t->n_nodes; i++) {
		const struct node_key *key = hw_intern_get(keys, i, NULL);

		links[i] = (struct link){ key->parent, i };
	}
	qsort_r(links + 1, t->n_nodes - 1, sizeof(*links), compare_links, t);
	for (size_t i = 1; i < t->n_nodes; i++) {
		struct hw_tree_node *parent = &t->nodes[links[i].parent];

		t->nodes[links[i].node].next_sibling = parent->first_child;
		parent->first_child = links[i].node;
	}
	return 0;
}

int hw_tree_build(const struct hw_view *v, struct hw_tree *ret)
{
	struct hw_table_opts opts = { .by = HW_BY_FUNCTION };
	hw_auto(hw_intern_free) struct hw_intern *keys = hw_intern_new();
	hw_auto(hw_tree_done) struct hw_tree t = { 0 };
	int r = keys ? hw_table_build(v, &opts, &t.functions) : -ENOMEM;

	if (r >= 0)
		r = add_all_calls(&t, keys, v);
	if (r >= 0)
		r = link_children(&t, keys);
	if (r < 0)
		return r;
	*ret = t;
	t = (struct hw_tree){ 0 };
	return 0;
}

void hw_tree_done(struct hw_tree *t)
{
	hw_table_done(&t->functions);
	free(t->nodes);
	*t = (struct hw_tree){ 0 };
}
