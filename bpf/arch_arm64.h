/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
 * aarch64. Registers have their DWARF numbers ("DWARF for the Arm 64-bit Architecture"): x0 to x30, sp
 * 31. Encodings: Arm Architecture Reference Manual, C6.2. */
#ifndef HW_BPF_ARCH_ARM64_H
#define HW_BPF_ARCH_ARM64_H

#define USER_END (1ULL << 52) /* the largest there is; mostly 48 bits */

/* The interrupted code's registers that a sample brings: the first words of struct user_pt_regs (arch/
 * arm64/include/uapi/asm/ptrace.h), x0 to x30 and sp. */
#define HW_SAMPLE_REGS 32

/* Those that a walk begins with: with pc and pstate. In a signal frame's struct sigcontext (.../asm/
 * sigcontext.h) they lie in the same order, which is that of their numbers. */
#define HW_REGS	   34
#define NAMED_REGS 32
#define PC_AT	   32
#define REGS_IN_ORDER                                                                              \
	{ 0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15,                          \
	  16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31 }
#define REGS_ORDER { REGS_IN_ORDER, REGS_IN_ORDER }

#define REG_FP	 29
#define REG_BX	 19 /* the base pointer of some code, which calls keep; no rule asks for it */
#define REG_LINK 30
#define REG_SP	 31

/* The kernel's signal frame: from sp to the registers (siginfo 128, ucontext up to uc_mcontext.regs
 * 184), and the code that returns from it: mov x8,#139; svc #0. Since Linux 5.8 the vDSO has no rows
 * for that (arch/arm64/kernel/vdso/sigreturn.S says why). */
#define SIGNAL_REGS	312
#define SIGRETURN_CODE	0xd4000001d2801168ULL
#define SIGRETURN_BYTES 8

#define SYSCALL_CODE  0xd4000001 /* svc #0 */
#define SYSCALL_BYTES 4

#define RECORD_ENDS_FRAME 0 /* a frame record may lie anywhere in its frame (AAPCS64, 6.4.6) */

static inline enum return_place return_place(__u32 code)
{
	if (code == 0xd503233f || code == 0xd503237f || /* paciasp, pacibsp */
	    (code & 0xffffff3f) == 0xd503241f ||	/* bti */
	    (code & 0xffc07fff) == 0xa9807bfd ||	/* stp x29,x30,[sp,#-n]! */
	    code == 0xd65f03c0 || (code & 0xfffffbff) == 0xd65f0bff) /* ret, retaa, retab */
		return RETURN_IN_LINK;
	if (code == 0x910003fd)
		return RETURN_ABOVE_FP; /* mov x29,sp */
	return RETURN_IN_RECORD;
}

/* --- of the kernel --- */

#ifdef HW_KERNEL_TYPES
/* Of struct thread_struct. The kernel's copy is of when the thread last left its CPU, and the C
 * library sets the register once, before main(). */
#define THREAD_FIELDS                                                                              \
	struct {                                                                                   \
		unsigned long tp_value;                                                            \
	} uw;
#define THREAD_POINTER thread.uw.tp_value

/* What user code had in its registers when it entered the kernel. The kernel's struct pt_regs begins
 * with struct user_pt_regs; orig_x0 and syscallno follow (arch/arm64/include/asm/ptrace.h). x0 may hold
 * the result already. */
struct kernel_regs {
	struct user_pt_regs user;
	__u64 orig_x0;
	__s32 syscallno;
};
#define NR_FIELD	syscallno
#define ARG_0_FIELD	orig_x0
#define ARG_3_FIELD	user.regs[3]
#define IN_USER(regs)	(!((regs)->user.pstate & 0xf)) /* exception level 0 */
#define IS_COMPAT(task) 0

#define CALL_BPF 280 /* bpf(2), include/uapi/asm-generic/unistd.h */
#endif

#endif
