/* SPDX-License-Identifier: Apache-2.0 */
#include "py/arch.h"

#include <string.h>

#if defined(__aarch64__)
/* struct pthread lies between (glibc: TLS_PRE_TCB_SIZE of sysdeps/aarch64/nptl/tls.h; musl:
 * arch/aarch64/pthread_arch.h). */
const uint16_t hw_py_thread_reach = 4096;

bool hw_py_loaded_variable(const uint8_t *code, size_t size, uint64_t vaddr, uint64_t *ret)
{
	uint32_t adrp, ldr; /* adrp xN, page; ldr x0, [xN, #offset] */

	for (size_t i = 0; i + 8 <= size; i += 4) {
		int64_t page;

		memcpy(&adrp, code + i, sizeof(adrp));
		memcpy(&ldr, code + i + 4, sizeof(ldr));
		if ((adrp & 0x9f000000) != 0x90000000 || (ldr & 0xffc0001f) != 0xf9400000 ||
		    (ldr >> 5 & 31) != (adrp & 31))
			continue;
		page = (int64_t)((uint64_t)(adrp >> 5 & 0x7ffff) << 45) >> 43 | (adrp >> 29 & 3);
		*ret = ((vaddr + i) & ~0xfffULL) + ((uint64_t)page << 12) + (ldr >> 10 & 0xfff) * 8;
		return true;
	}
	return false;
}
#endif
