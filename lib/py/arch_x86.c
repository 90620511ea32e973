/* SPDX-License-Identifier: Apache-2.0 */
#include "py/arch.h"

#include <string.h>

#if defined(__x86_64__)
/* pthread_self() is the thread pointer. */
const uint16_t hw_py_thread_reach = 0;

bool hw_py_loaded_variable(const uint8_t *code, size_t size, uint64_t vaddr, uint64_t *ret)
{
	static const uint8_t load[] = { 0x48, 0x8b, 0x05 }; /* mov disp32(%rip),%rax */
	int32_t disp;

	for (size_t i = 0; i + sizeof(load) + sizeof(disp) <= size; i++)
		if (!memcmp(code + i, load, sizeof(load))) {
			memcpy(&disp, code + i + sizeof(load), sizeof(disp));
			*ret = vaddr + i + sizeof(load) + sizeof(disp) + (uint64_t)(int64_t)disp;
			return true;
		}
	return false;
}
#endif
