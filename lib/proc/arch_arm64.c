/* SPDX-License-Identifier: Apache-2.0 */
#include "proc/arch.h"

#if defined(__aarch64__)
/* Which bits a signature takes depends on the size of the address space that the kernel was built for
 * and the CPU can have (Arm ARM, "Pointer authentication"). The CPU knows: XPACLRI takes the signature
 * from the address in x30, and is no instruction on CPUs that do not sign. Bit 55 is clear in all
 * addresses of user space, so that all bits of the signature become 0. */
uint64_t hw_proc_code_bits(void)
{
	register uint64_t link __asm__("x30") = ~(1ULL << 55);

	__asm__("hint #7" : "+r"(link)); /* xpaclri */
	return link;
}
#endif
