# SPDX-License-Identifier: Apache-2.0
# Toolchain file for aarch64 on another machine: Debian's cross compiler with arm64-root as sysroot.
#   cmake --toolchain tests/vm/aarch64.cmake -S . -B BUILD
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)

if(NOT DEFINED ENV{HWPROF_ARM64_ROOT}) # CMake reads this file many times
	execute_process(COMMAND ${CMAKE_CURRENT_LIST_DIR}/arm64-root OUTPUT_VARIABLE root
		OUTPUT_STRIP_TRAILING_WHITESPACE RESULT_VARIABLE failed)
	if(failed)
		message(FATAL_ERROR "no arm64 root: see the lines of arm64-root above")
	endif()
	set(ENV{HWPROF_ARM64_ROOT} ${root})
endif()
set(CMAKE_SYSROOT $ENV{HWPROF_ARM64_ROOT})
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
set(ENV{PKG_CONFIG_SYSROOT_DIR} ${CMAKE_SYSROOT})
set(ENV{PKG_CONFIG_LIBDIR}
	${CMAKE_SYSROOT}/usr/lib/aarch64-linux-gnu/pkgconfig:${CMAKE_SYSROOT}/usr/share/pkgconfig)
