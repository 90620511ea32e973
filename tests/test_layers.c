/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include "profile_builder.h"
#include "view/layers.h"

static const struct {
	struct build_frame frame;
	enum hw_layer layer;
} cases[] = {
	{ KERNEL("vfs_read"), HW_LAYER_SYSTEM },
	{ NATIVE(HW_FRAME_MARKER, "[stack too deep]", "", 0), HW_LAYER_SYSTEM },
	/* glibc of today and before 2.34, musl */
	{ C("read", "/usr/lib/x86_64-linux-gnu/libc.so.6"), HW_LAYER_C_LIBRARY },
	{ C("read", "libc.so.6"), HW_LAYER_C_LIBRARY },
	{ C("read", "/lib/x86_64-linux-gnu/libc-2.31.so"), HW_LAYER_C_LIBRARY },
	{ C("lock", "/lib/x86_64-linux-gnu/libpthread-2.31.so"), HW_LAYER_C_LIBRARY },
	{ C("_dl_map", "/lib/x86_64-linux-gnu/ld-2.31.so"), HW_LAYER_C_LIBRARY },
	{ C("_dl_map", "/lib64/ld-linux-x86-64.so.2"), HW_LAYER_C_LIBRARY },
	{ C("read", "/lib/libc.musl-x86_64.so.1"), HW_LAYER_C_LIBRARY },
	{ C("read", "/lib/ld-musl-x86_64.so.1"), HW_LAYER_C_LIBRARY },
	{ C("clock_gettime", "[vdso]"), HW_LAYER_C_LIBRARY },
	{ C("operator new", "/usr/lib/libstdc++.so.6"), HW_LAYER_C_LIBRARY },
	{ C("operator new", "/usr/lib/libc++.so.1"), HW_LAYER_C_LIBRARY },
	{ C("malloc", "/usr/lib/libjemalloc.so.2"), HW_LAYER_C_LIBRARY },
	{ C("malloc", "/usr/lib/libtcmalloc_minimal.so.4"), HW_LAYER_C_LIBRARY },
	{ C("malloc", "/usr/lib/libmimalloc.so.2"), HW_LAYER_C_LIBRARY },
	/* what only begins like one */
	{ C("parse", "/usr/lib/libclang.so"), HW_LAYER_NATIVE },
	{ C("wait", "/usr/lib/libc.so.6/plugin.so"), HW_LAYER_NATIVE },
	{ C("main", "/usr/bin/ld"), HW_LAYER_NATIVE },
	{ EVAL("_PyEval_EvalFrameDefault"), HW_LAYER_INTERPRETER },
	{ C("get", "/usr/lib/python3.11/lib-dynload/_queue.so"), HW_LAYER_INTERPRETER },
	{ C("_start", "/usr/bin/python3.12"), HW_LAYER_INTERPRETER },
	{ C("_start", "python"), HW_LAYER_INTERPRETER },
	{ C("main", "/usr/bin/python3-config"), HW_LAYER_NATIVE },
	{ C("dot", "/usr/lib/python3/dist-packages/numpy/core.so"), HW_LAYER_NATIVE },
	{ PY("get", "/usr/lib/python3.11/queue.py", 1, 2), HW_LAYER_PYTHON_LIBRARY },
	{ PY("get", "/usr/lib64/python3.9/queue.py", 1, 2), HW_LAYER_PYTHON_LIBRARY },
	{ PY("_load", "<frozen importlib._bootstrap>", 1, 2), HW_LAYER_PYTHON_LIBRARY },
	{ PY("get", "/usr/lib/python3.11/site-packages/requests/api.py", 1, 2), HW_LAYER_PYTHON },
	{ PY("get", "/usr/lib/python3/dist-packages/apt/x.py", 1, 2), HW_LAYER_PYTHON },
	{ PY("f", "/home/me/app.py", 1, 2), HW_LAYER_PYTHON },
	{ PY("f", "lib/python3.py", 1, 2), HW_LAYER_PYTHON },
	{ PY("f", "<string>", 1, 2), HW_LAYER_PYTHON },
};

START_TEST(code_is_known_by_where_it_lies)
{
	hw_auto(hw_profile_free) struct hw_profile *p = build_profile("cpu-clock", "ns");
	uint32_t frame = build_frame(p, &cases[_i].frame);

	ck_assert_msg(hw_layer_of(p, hw_profile_get_frame(p, frame)) == cases[_i].layer,
		      "%s of %s", cases[_i].frame.name, cases[_i].frame.file);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("layers");
	TCase *t = tcase_create("layers");

	tcase_add_loop_test(t, code_is_known_by_where_it_lies, 0,
			    (int)(sizeof(cases) / sizeof(cases[0])));
	suite_add_tcase(s, t);
	return run_suite(s);
}
