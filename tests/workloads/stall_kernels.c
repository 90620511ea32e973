/* SPDX-License-Identifier: Apache-2.0
 * Loops whose memory stall is known by construction: each runs the same instructions, the same
 * number of times per unit of work, over tables of any size. What a unit takes above its time with
 * tables that fit in the L1 cache is the stall.
 *
 *   stall_kernels NAME BYTES SECONDS    runs NAME over tables of BYTES in all
 *   stall_kernels list
 *
 * Prints "ready PID" when the tables are filled, and waits for a line on standard input unless that
 * is a terminal or at its end; then works, and prints the nanoseconds of CPU time that a unit took:
 * the least of the rounds, and the mean. */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define ROUND_S 0.02
#define LINE	64

struct node {
	struct node *next;
	uint64_t value;
	uint8_t pad[LINE - 16];
};

static uint64_t *table;	 /* the memory under test */
static uint64_t *second; /* a second table of the same size, for kernels that use two */
static size_t n;	 /* words in each, a power of two */
static volatile uint64_t sink;

static uint64_t random_word(void)
{
	static uint64_t x = 88172645463325252u; /* xorshift64, G. Marsaglia 2003 */

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return x;
}

static uint64_t *words(size_t count)
{
	void *p = mmap(NULL, count * 8, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED) {
		perror("mmap");
		exit(1);
	}
	return p;
}

/* A permutation of 0 .. count-1 that is one cycle (S. Sattolo 1986). */
static uint32_t *cycle(size_t count)
{
	uint32_t *p = malloc(count * sizeof(*p));

	for (size_t i = 0; i < count; i++)
		p[i] = (uint32_t)i;
	for (size_t i = count - 1; i > 0; i--) {
		size_t j = random_word() % i;
		uint32_t t = p[i];

		p[i] = p[j];
		p[j] = t;
	}
	return p;
}

/* Nodes of one cache line each, linked in a random cycle, or in the order of addresses. */
static void fill_nodes(bool shuffled)
{
	struct node *nodes = (struct node *)table;
	size_t count = n / 8;
	uint32_t *to = cycle(count);

	for (size_t i = 0; i < count; i++) {
		nodes[i].next = &nodes[shuffled ? to[i] : (i + 1) % count];
		nodes[i].value = random_word();
	}
	free(to);
}

static void fill_shuffled(void)
{
	fill_nodes(true);
}

static void fill_in_order(void)
{
	fill_nodes(false);
}

static void fill_random(void)
{
	for (size_t i = 0; i < n; i++)
		table[i] = random_word();
	for (size_t i = 0; i < n; i++)
		second[i] = random_word();
}

/* Indices into the other table. */
static void fill_indices(void)
{
	for (size_t i = 0; i < n; i++) {
		second[i] = random_word() & (n - 1);
		table[i] = 1;
	}
}

static void fill_doubles(void)
{
	for (size_t i = 0; i < n; i++)
		((double *)table)[i] = ((double *)second)[i] = 1 + (double)(i % 7);
}

/* A hash table, half full: linear probing, 0 is no key. */
static uint64_t slot_of(uint64_t key)
{
	key = (key ^ key >> 30) * 0xbf58476d1ce4e5b9u;
	return (key ^ key >> 31) * 0x94d049bb133111ebu >> 32 & (n - 1);
}

static void fill_hash(void)
{
	for (size_t i = 0; i < n / 2; i++) {
		uint64_t s = slot_of(i + 1);

		while (table[s])
			s = (s + 1) & (n - 1);
		table[s] = i + 1;
	}
}

/* A search tree in the layout of a heap: the children of i are 2i and 2i + 1. */
static void fill_tree_at(uint64_t at, uint64_t low, uint64_t high)
{
	uint64_t middle = low + (high - low) / 2;

	if (at >= n)
		return;
	table[at] = middle;
	fill_tree_at(2 * at, low, middle);
	fill_tree_at(2 * at + 1, middle, high);
}

static void fill_tree(void)
{
	fill_tree_at(1, 0, UINT64_MAX);
}

static void fill_sorted(void)
{
	for (size_t i = 0; i < n; i++)
		table[i] = UINT64_MAX / n * i;
}

/* Every kernel does @units of work and goes on where the last call stopped. */
#define KERNEL(name) static __attribute__((noinline)) void name(size_t units)

KERNEL(chase)
{
	static struct node *at;
	struct node *p = at ? at : (struct node *)table;

	while (units--)
		p = p->next;
	at = p;
}

/* As above, with work that depends on what was loaded and must be done before the next step. */
KERNEL(chase_work)
{
	static struct node *at;
	struct node *p = at ? at : (struct node *)table;
	uint64_t none = second ? 1 : 0;

	while (units--) {
		uint64_t x = p->value;

		for (int i = 0; i < 4; i++)
			x = (x ^ x >> 29) * 0xbf58476d1ce4e5b9u;
		p = p->next + (x & none);
	}
	at = p;
}

/* A list whose values decide a branch that cannot be foreseen. */
KERNEL(list_branch)
{
	static struct node *at;
	struct node *p = at ? at : (struct node *)table;
	uint64_t sum = 0, x = random_word();

	while (units--) {
		x = x * 6364136223846793005u + 1442695040888963407u;
		if ((p->value ^ x >> 60) & 1)
			sum += p->value * 3 / 7;
		else
			sum ^= units;
		__asm__ volatile("" : "+r"(sum)); /* keeps the branch */
		p = p->next;
	}
	at = p;
	sink = sum;
}

KERNEL(list_sum)
{
	static struct node *at;
	struct node *p = at ? at : (struct node *)table;
	uint64_t sum = 0;

	while (units--) {
		sum += p->value;
		p = p->next;
	}
	at = p;
	sink = sum;
}

/* Loads that do not wait for each other. */
KERNEL(gather)
{
	static size_t at;
	uint64_t sum = 0;
	size_t i = at;

	while (units--) {
		sum += table[second[i]];
		i = (i + 1) & (n - 1);
	}
	at = i;
	sink = sum;
}

KERNEL(gather_computed)
{
	static uint64_t x = 1;
	uint64_t sum = 0, y = x;

	while (units--) {
		y = y * 6364136223846793005u + 1442695040888963407u;
		sum += table[y >> 30 & (n - 1)];
	}
	x = y;
	sink = sum;
}

KERNEL(histogram)
{
	static size_t at;
	size_t i = at;

	while (units--) {
		table[second[i]]++;
		i = (i + 1) & (n - 1);
	}
	at = i;
}

KERNEL(scatter)
{
	static uint64_t x = 1;
	uint64_t y = x;

	while (units--) {
		y = y * 6364136223846793005u + 1442695040888963407u;
		table[y >> 30 & (n - 1)] = y;
	}
	x = y;
}

KERNEL(stream_read)
{
	static size_t at;
	uint64_t sum = 0;
	size_t i = at;

	while (units--) {
		for (size_t k = 0; k < 64; k++)
			sum += table[i + k];
		i = (i + 64) & (n - 1);
	}
	at = i;
	sink = sum;
}

/* One word of each line: nothing but memory. */
KERNEL(stream_lines)
{
	static size_t at;
	uint64_t sum = 0;
	size_t i = at;

	while (units--) {
		sum += table[i];
		i = (i + 8) & (n - 1);
	}
	at = i;
	sink = sum;
}

KERNEL(stream_write)
{
	static size_t at;
	size_t i = at;

	while (units--) {
		for (size_t k = 0; k < 64; k++)
			((volatile uint64_t *)table)[i + k] = k;
		i = (i + 64) & (n - 1);
	}
	at = i;
}

KERNEL(stream_triad)
{
	static size_t at;
	double *a = (double *)table, *b = (double *)second;
	size_t i = at;

	while (units--) {
		for (size_t k = 0; k < 64; k++)
			a[i + k] = a[i + k] * 0.5 + b[i + k];
		i = (i + 64) & (n - 1);
	}
	at = i;
}

/* A column of a matrix of 512 words a row: each load another page. */
KERNEL(stride)
{
	static size_t at;
	uint64_t sum = 0;
	size_t i = at;

	while (units--) {
		sum = sum * 5 + table[i];
		i = (i + 520) & (n - 1);
	}
	at = i;
	sink = sum;
}

KERNEL(hash_lookup)
{
	static uint64_t x = 1;
	uint64_t y = x, sum = 0;

	while (units--) {
		uint64_t key, s;

		y = y * 6364136223846793005u + 1442695040888963407u;
		key = (y >> 33 & (n / 2 - 1)) + 1;
		s = slot_of(key);
		while (table[s] != key)
			s = (s + 1) & (n - 1);
		sum += s;
	}
	x = y;
	sink = sum;
}

/* A unit is one step down; the first levels are always in the cache. */
KERNEL(tree_search)
{
	static uint64_t at = 1, key = 1;
	uint64_t i = at, k = key;

	while (units--) {
		i = 2 * i + (table[i] < k);
		if (i >= n) {
			i = 1;
			k = k * 6364136223846793005u + 1442695040888963407u;
		}
	}
	at = i;
	key = k;
}

/* A unit is one halving, by a branch that is foreseen in half of the cases. */
KERNEL(binary_search)
{
	static uint64_t key = 1;
	uint64_t k = key, found = 0;

	while (units) {
		size_t low = 0, length = n;

		for (; length > 1 && units; units--) {
			length /= 2;
			if (table[low + length] <= k)
				low += length;
			__asm__ volatile("" : "+r"(low)); /* keeps the branch */
		}
		found += low;
		k = k * 6364136223846793005u + 1442695040888963407u;
	}
	key = k;
	sink = found;
}

/* A unit is one comparison of a partition (T. Hoare) of the whole table or of parts of it. One that
 * is larger than the rest of the call is done all the same, and the next calls do less. */
KERNEL(quick_sort)
{
	static size_t lows[128], highs[128];
	static size_t ahead;
	static int depth;

	while (ahead < units) {
		size_t low, high, i, j;
		uint64_t pivot;

		if (!depth) {
			/* put it out of order again */
			for (size_t k = 0; k < n; k++)
				table[k] *= 6364136223846793005u;
			lows[0] = 0;
			highs[0] = n - 1;
			depth = 1;
		}
		depth--;
		low = lows[depth];
		high = highs[depth];
		pivot = table[low + (high - low) / 2];
		i = low - 1;
		j = high + 1;
		for (;;) {
			do
				i++;
			while (table[i] < pivot);
			do
				j--;
			while (table[j] > pivot);
			if (i >= j)
				break;
			uint64_t t = table[i];

			table[i] = table[j];
			table[j] = t;
		}
		if (low < j && depth < 127) {
			lows[depth] = low;
			highs[depth++] = j;
		}
		if (j + 1 < high && depth < 127) {
			lows[depth] = j + 1;
			highs[depth++] = high;
		}
		ahead += high - low;
	}
	ahead -= units;
}

/* Matrices of 512 rows; all rows are the same one when the table holds no more. */
#define ORDER 512u

static double *row_of(uint64_t *matrix, size_t r)
{
	return (double *)matrix + (r * ORDER & (n - 1));
}

/* A unit is one multiplication and addition. */
KERNEL(matmul_naive)
{
	static size_t row, column;
	double *a = row_of(table, row);

	while (units) {
		double sum = 0;
		const double *b = (double *)second + column;
		size_t step = n < ORDER * ORDER ? 0 : ORDER;

		for (size_t k = 0; k < ORDER; k++)
			sum += a[k] * b[k * step];
		sink = (uint64_t)sum;
		units -= units < ORDER ? units : ORDER;
		column = (column + 1) % ORDER;
		if (!column) {
			row = (row + 1) % ORDER;
			a = row_of(table, row);
		}
	}
}

#define BLOCK 32u

KERNEL(matmul_blocked)
{
	static size_t block;
	static double c[BLOCK][BLOCK];
	const size_t blocks = ORDER / BLOCK;

	for (; units; block++) {
		size_t i0 = block / blocks / blocks % blocks * BLOCK;
		size_t k0 = block / blocks % blocks * BLOCK, j0 = block % blocks * BLOCK;

		for (size_t i = 0; i < BLOCK; i++)
			for (size_t k = 0; k < BLOCK; k++) {
				double x = row_of(table, i0 + i)[k0 + k];
				const double *b = row_of(second, k0 + k) + j0;

				for (size_t j = 0; j < BLOCK; j++)
					c[i][j] += x * b[j];
			}
		units -= units < BLOCK * BLOCK * BLOCK ? units : BLOCK * BLOCK * BLOCK;
	}
}

/* Much work on each word, read one after the other. */
KERNEL(hash_bytes)
{
	static size_t at;
	uint64_t h = 14695981039346656037u;
	const uint8_t *bytes = (const uint8_t *)table;
	size_t i = at;

	while (units--) {
		h = (h ^ bytes[i]) * 1099511628211u;
		i = (i + 1) & (n * 8 - 1);
	}
	at = i;
	sink = h;
}

KERNEL(copy)
{
	static size_t at;
	size_t part = n < 512 ? n : 512, i = at;

	while (units--) {
		memcpy(second + i, table + i, part * 8);
		i = (i + part) & (n - 1);
	}
	at = i;
}

/* These read no table. */
KERNEL(alu)
{
	uint64_t x = sink;

	while (units--)
		x = (x ^ x >> 31) * 0x94d049bb133111ebu + units;
	sink = x;
}

KERNEL(divide)
{
	uint64_t x = sink | 1;

	while (units--)
		x = (0xfedcba9876543210u + units) / (x | 1) + x % 1000;
	sink = x;
}

KERNEL(mispredict)
{
	uint64_t x = sink | 1, sum = 0;

	while (units--) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		if (x & 1)
			sum += x;
		else
			sum ^= units;
		__asm__ volatile("" : "+r"(sum)); /* keeps the branch */
	}
	sink = sum | x;
}

/* Reads and writes of the stack, always in the cache: a recursion. */
static __attribute__((noinline)) uint64_t fibonacci(uint64_t i)
{
	return i < 2 ? i : fibonacci(i - 1) + fibonacci(i - 2);
}

KERNEL(recursion)
{
	while (units--)
		sink = fibonacci(12);
}

static const struct kernel {
	const char *name;
	void (*work)(size_t units);
	void (*fill)(void);
	int tables;
} kernels[] = {
	{ "chase", chase, fill_shuffled, 1 },
	{ "chase_work", chase_work, fill_shuffled, 1 },
	{ "list_branch", list_branch, fill_shuffled, 1 },
	{ "list_sum", list_sum, fill_shuffled, 1 },
	{ "list_in_order", list_sum, fill_in_order, 1 },
	{ "gather", gather, fill_indices, 2 },
	{ "gather_computed", gather_computed, fill_random, 1 },
	{ "histogram", histogram, fill_indices, 2 },
	{ "scatter", scatter, fill_random, 1 },
	{ "stream_read", stream_read, fill_random, 1 },
	{ "stream_lines", stream_lines, fill_random, 1 },
	{ "stream_write", stream_write, fill_random, 1 },
	{ "stream_triad", stream_triad, fill_doubles, 2 },
	{ "stride", stride, fill_random, 1 },
	{ "hash_lookup", hash_lookup, fill_hash, 1 },
	{ "tree_search", tree_search, fill_tree, 1 },
	{ "binary_search", binary_search, fill_sorted, 1 },
	{ "quick_sort", quick_sort, fill_random, 1 },
	{ "matmul_naive", matmul_naive, fill_doubles, 2 },
	{ "matmul_blocked", matmul_blocked, fill_doubles, 2 },
	{ "hash_bytes", hash_bytes, fill_random, 1 },
	{ "copy", copy, fill_random, 2 },
	{ "alu", alu, NULL, 0 },
	{ "divide", divide, NULL, 0 },
	{ "mispredict", mispredict, NULL, 0 },
	{ "recursion", recursion, NULL, 0 },
};

static const struct kernel *find_kernel(const char *name)
{
	for (size_t i = 0; i < sizeof(kernels) / sizeof(*kernels); i++)
		if (!strcmp(kernels[i].name, name))
			return &kernels[i];
	return NULL;
}

static double cpu_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double round_s(const struct kernel *k, size_t units)
{
	double start = cpu_s();

	k->work(units);
	return cpu_s() - start;
}

/* Units that take about ROUND_S. */
static size_t units_of_round(const struct kernel *k)
{
	size_t units = 1024;
	double s;

	while ((s = round_s(k, units)) < ROUND_S / 4)
		units *= 2;
	return (size_t)((double)units * ROUND_S / s) + 1;
}

static void run(const struct kernel *k, double seconds)
{
	size_t units = units_of_round(k), rounds = 0;
	double least = 1e9, total = 0;

	while (total < seconds) {
		double s = round_s(k, units);

		total += s;
		rounds++;
		if (s < least)
			least = s;
	}
	printf("%.4f %.4f\n", least / (double)units * 1e9,
	       total / (double)units / (double)rounds * 1e9);
}

static void set_up(const struct kernel *k, size_t bytes)
{
	if (!k->tables)
		return;
	for (n = 64; n * 8 * 2 * (size_t)k->tables <= bytes; n *= 2)
		;
	table = words(n);
	second = k->tables > 1 || k->fill == fill_random ? words(n) : NULL;
	k->fill();
}

static int list(void)
{
	for (size_t i = 0; i < sizeof(kernels) / sizeof(*kernels); i++)
		puts(kernels[i].name);
	return 0;
}

int main(int argc, char **argv)
{
	const struct kernel *k = argc == 4 ? find_kernel(argv[1]) : NULL;

	if (argc == 2 && !strcmp(argv[1], "list"))
		return list();
	if (!k) {
		fputs("usage: stall_kernels NAME BYTES SECONDS | list\n", stderr);
		return 2;
	}
	set_up(k, strtoull(argv[2], NULL, 0));
	printf("ready %d\n", getpid());
	fflush(stdout);
	if (!isatty(STDIN_FILENO))
		while (getchar() != '\n' && !feof(stdin))
			;
	run(k, atof(argv[3]));
	return 0;
}
