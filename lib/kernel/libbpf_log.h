/* SPDX-License-Identifier: Apache-2.0
 * What libbpf has to say goes to the debug log. */
#ifndef HW_KERNEL_LIBBPF_LOG_H
#define HW_KERNEL_LIBBPF_LOG_H

/* Sends the messages of libbpf there from now on. */
void hw_libbpf_log(void);

#endif
