/* SPDX-License-Identifier: Apache-2.0 */
#include "py/gil.h"

#include <errno.h>

/* sizeof(_PyRuntimeState) of 3.7 to 3.9 is 1,488 to 1,712 on 64 bits; a stripped file does not
 * say. */
#define RUNTIME_SIZE_37 1488

static int find_static(struct hw_module *m, uint64_t *ret_vaddr, uint64_t *ret_size)
{
	uint64_t mutex, cond, mutex_size, cond_size, start, end;

	if (hw_module_lookup(m, "gil_mutex", &mutex, &mutex_size) < 0 ||
	    hw_module_lookup(m, "gil_cond", &cond, &cond_size) < 0)
		return -ENOENT;
	start = mutex < cond ? mutex : cond;
	end = mutex < cond ? cond + cond_size : mutex + mutex_size;
	if (end - start > 4096) /* the compiler scattered them: the condition is what is waited at */
		start = cond, end = cond + cond_size;
	*ret_vaddr = start;
	*ret_size = end - start;
	return 0;
}

int hw_py_gil_find(struct hw_module *m, const struct hw_py_runtime *rt, uint64_t *ret_vaddr,
		   uint64_t *ret_size)
{
	if (rt->free_threaded)
		return -ENOENT;
	if (rt->version < 0x03070000)
		return find_static(m, ret_vaddr, ret_size);
	*ret_vaddr = rt->runtime_vaddr;
	if (hw_module_section(m, ".PyRuntime", ret_vaddr, ret_size) == 0 ||
	    hw_module_lookup(m, "_PyRuntime", ret_vaddr, ret_size) == 0)
		return *ret_size ? 0 : -ENOENT;
	*ret_vaddr = rt->runtime_vaddr;
	*ret_size = RUNTIME_SIZE_37;
	return 0;
}
