/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
 * x86-64. Registers have their DWARF numbers (System V ABI, AMD64 supplement, "DWARF Register Number
 * Mapping"): rax rdx rcx rbx rsi rdi rbp rsp r8 to r15. */
#ifndef HW_BPF_ARCH_X86_H
#define HW_BPF_ARCH_X86_H

#define USER_END (1ULL << 47) /* with 4-level paging, and as long as nobody asks for more */

/* The interrupted code's registers that a sample brings: the first words of struct pt_regs (arch/x86/
 * include/uapi/asm/ptrace.h), r15 r14 r13 r12 rbp rbx r11 r10 r9 r8 rax rcx rdx rsi rdi orig_rax rip
 * cs eflags rsp. */
#define HW_SAMPLE_REGS 20

/* Those that a walk begins with: of struct pt_regs, and of a signal frame's struct sigcontext (arch/
 * x86/include/uapi/asm/sigcontext.h). Where each register lies in the two. */
#define HW_REGS	   21
#define NAMED_REGS 16
#define PC_AT	   16
#define REGS_ORDER                                                                                 \
	{ { 10, 12, 11, 5, 13, 14, 4, 19, 9, 8, 7, 6, 3, 2, 1, 0 },                                \
	  { 13, 12, 14, 11, 9, 8, 10, 15, 0, 1, 2, 3, 4, 5, 6, 7 } }

#define REG_FP 6
#define REG_BX 3 /* the base pointer of some code, which calls keep */
#define REG_SP 7

/* The kernel's signal frame: from sp to the registers (ucontext, uc_mcontext.gregs), and the code that
 * returns from it: movl $15,%eax; syscall. glibc's has rows, musl's has none. */
#define SIGNAL_REGS	40
#define SIGRETURN_CODE	0x050f0000000fb8ULL
#define SIGRETURN_BYTES 7

#define SYSCALL_CODE  0x050f /* syscall */
#define SYSCALL_BYTES 2

#define RECORD_ENDS_FRAME 1 /* the return address of a frame record is the last word of the frame */

static inline enum return_place return_place(__u32 code)
{
	if ((code & 0xff) == 0x55 || (code & 0xff) == 0xc3 || code == 0xfa1e0ff3)
		return RETURN_ON_TOP; /* push %rbp; ret; endbr64 */
	if ((code & 0xffffff) == 0xe58948 || (code & 0xffffff) == 0xec8b48)
		return RETURN_ABOVE_FP; /* mov %rsp,%rbp, in its two encodings */
	return RETURN_IN_RECORD;
}

/* --- of the kernel --- */

#ifdef HW_KERNEL_TYPES
#define THREAD_FIELDS  unsigned long fsbase; /* of struct thread_struct */
#define THREAD_POINTER thread.fsbase

/* What user code had in its registers when it entered the kernel: the call, if it was one, and
 * whether that was one of 32 bits. */
struct kernel_regs {
	struct pt_regs user;
};
#define NR_FIELD	user.orig_rax
#define ARG_0_FIELD	user.rdi
#define ARG_3_FIELD	user.r10
#define IN_USER(regs)	((regs)->user.cs & 3)
#define IS_COMPAT(task) ((task)->thread_info.status & TS_COMPAT)
#define TS_COMPAT	0x0002 /* arch/x86/include/asm/thread_info.h */

#define CALL_BPF 321 /* bpf(2), arch/x86/entry/syscalls/syscall_64.tbl */
#endif

#endif
