/* SPDX-License-Identifier: Apache-2.0 */
#include "proc/arch.h"

#if defined(__x86_64__)
uint64_t hw_proc_code_bits(void)
{
	return UINT64_MAX;
}
#endif
