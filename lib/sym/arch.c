/* SPDX-License-Identifier: Apache-2.0 */
#include "sym/arch.h"

const struct hw_arch *hw_arch_of(uint16_t machine)
{
	static const struct hw_arch *const known[] = { &hw_arch_x86_64, &hw_arch_arm64 };

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (known[i]->machine == machine)
			return known[i];
	return NULL;
}
