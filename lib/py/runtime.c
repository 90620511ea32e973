/* SPDX-License-Identifier: Apache-2.0 */
#include "py/runtime.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "base/log.h"
#include "py/arch.h"
#include "py/version.h"
#include "sym/module.h"

#define MINOR(version) ((version) >> 16)

#define ACCESSOR_MAX 64 /* bytes of a function that returns a variable */

bool hw_py_runtime_is_eval(const struct hw_py_runtime *rt, uint64_t vaddr)
{
	for (size_t i = 0; i < HW_PY_EVAL_PARTS; i++)
		if (vaddr >= rt->eval[i].vaddr && vaddr - rt->eval[i].vaddr < rt->eval[i].size)
			return true;
	return false;
}

/* 3.6 has no _PyRuntime. The list of its interpreters begins in a static variable of
 * Python/pystate.c, interp_head, which is all that PyInterpreterState_Head() returns. */
static int find_interp_head(struct hw_module *m, uint64_t *ret)
{
	uint64_t vaddr, size, value;
	uint8_t code[ACCESSOR_MAX];

	if (hw_module_export(m, "PyInterpreterState_Head", &vaddr, &size) == 0 &&
	    size <= sizeof(code) && hw_module_read(m, vaddr, code, size) == 0 &&
	    hw_py_loaded_variable(code, size, vaddr, ret) &&
	    hw_module_read(m, *ret, &value, sizeof(value)) == 0)
		return 0;
	return hw_module_lookup(m, "interp_head", ret, &size) < 0 ? -EBADMSG : 0;
}

static void find_eval(struct hw_module *m, struct hw_py_runtime *rt)
{
	static const char *const parts[HW_PY_EVAL_PARTS] = { "_PyEval_EvalFrameDefault",
							     "_PyEval_EvalFrameDefault.cold" };

	for (size_t i = 0; i < HW_PY_EVAL_PARTS; i++)
		if (hw_module_lookup(m, parts[i], &rt->eval[i].vaddr, &rt->eval[i].size) < 0)
			rt->eval[i] = (struct hw_py_range){ 0 };
}

/* A version that publishes nothing: by our tables. */
static int find_known(struct hw_module *m, struct hw_py_runtime *rt)
{
	uint64_t vaddr, size;
	bool trace_refs = hw_module_export(m, "PyModule_Create2TraceRefs", &vaddr, &size) == 0;
	int r;

	rt->version = hw_py_version_find(m);
	r = hw_py_layout_known(rt->version, trace_refs, &rt->offsets);
	if (r >= 0 && !rt->runtime_vaddr)
		r = MINOR(rt->version) == 0x0306 ? find_interp_head(m, &rt->runtime_vaddr) :
						   -EBADMSG;
	if (r >= 0 && rt->offsets.walk.entry == HW_PY_ENTRY_NONE)
		find_eval(m, rt);
	return r;
}

/* Whether @m is CPython; *ret_runtime becomes the vaddr of _PyRuntime, 0 when it has none. */
static bool is_cpython(const struct hw_module *m, uint64_t *ret_runtime)
{
	uint64_t vaddr, size;

	if (hw_module_section(m, ".PyRuntime", ret_runtime, &size) == 0)
		return true;
	*ret_runtime = 0;
	if (hw_module_export(m, "Py_GetVersion", &vaddr, &size) < 0)
		return false;
	if (hw_module_export(m, "_PyRuntime", &vaddr, &size) == 0)
		*ret_runtime = vaddr;
	return true;
}

int hw_py_runtime_find(struct hw_module *m, struct hw_py_runtime *ret)
{
	uint64_t words[HW_PY_PUBLISHED_WORDS];
	struct hw_py_runtime rt = { 0 };
	int r = -ENOENT;

	if (!is_cpython(m, &rt.runtime_vaddr))
		return 0;
	if (rt.runtime_vaddr && hw_module_read(m, rt.runtime_vaddr, words, sizeof(words)) == 0)
		r = hw_py_layout_published(words, HW_PY_PUBLISHED_WORDS, &rt.version,
					   &rt.free_threaded, &rt.offsets);
	if (r == -ENOENT)
		r = find_known(m, &rt);
	log_debug("%s is CPython, version %#x: %s", hw_module_name(m), rt.version,
		  r < 0 ? strerror(-r) : "known");
	if (r == -ENOTSUP)
		*ret = (struct hw_py_runtime){ .version = rt.version,
					       .free_threaded = rt.free_threaded };
	else if (r >= 0)
		*ret = rt;
	return r < 0 ? r : 1;
}
