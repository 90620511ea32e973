/* SPDX-License-Identifier: Apache-2.0
 * What a page fault costs on this machine. */
#ifndef HW_PROC_FAULT_COST_H
#define HW_PROC_FAULT_COST_H

/* Measures a minor page fault, the release of the page included, by touching fresh anonymous pages
 * of our own for well under a millisecond. Seconds, or < 0 when it could not be done. */
double hw_fault_cost_s(void);

#endif
