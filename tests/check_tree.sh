#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2046 # no path here has a space
# What the tree promises, checked: the order of the modules, one owner per foreign library, a page
# and an end-to-end case per command, licence lines, no stale path in a comment, nothing generated; and
# by tests/check_code.py who needs whom, whose name means what, what a command may do.
# tests/check_tree_breaches.sh proves that each breach is found.
#
#   tests/check_tree.sh [BUILD]    BUILD: a build of this tree, whose object files are looked at
set -u
[ $# = 0 ] || build=$(realpath "$1") || exit 1
cd "$(dirname "$0")/.." || exit 1
failed=0
bad() { failed=$((failed + 1)); printf 'check_tree: %s\n' "$*"; }
sources() { find cmd lib bpf tests -name '*.[ch]' | sort; }

# A module includes and needs only itself and modules before it.
order="base proc event sym unwind py profile kernel target sched capture resolve session doctor view bound stat report"
# Rules of check_code.py that do not hold yet: RULE, or RULE:PATH for the files at or below PATH.
pending=""
python3 tests/check_code.py "$order" "$pending" ${build:+"$build"} || failed=$((failed + 1))
[ -n "${build:-}" ] || echo "check_tree: no build was named: the symbols of object files are not checked"

# One owner for each foreign library.
owner() { # HEADER-REGEX FOLDER...
	local regex=$1
	shift
	while read -r f; do
		for dir in "$@"; do case $f in "$dir"/*) continue 2 ;; esac; done
		bad "$f includes <$regex>, which belongs to $*"
	done < <(grep -lE "^#include <($regex)" $(sources))
}
owner 'perfmon/' lib/event tests
owner 'elfutils/|libelf|gelf|dwarf\.h|libdw' lib/sym tests
owner 'capstone' lib/sym tests
owner 'bpf/bpf\.h|bpf/libbpf' lib/kernel lib/sched lib/capture tests
owner 'zstd' lib/profile tests
owner 'jansson' lib/profile lib/report cmd tests
owner 'uthash' lib/base

# Every command of the table has its file, page and end-to-end case, and every file its command.
table=$(sed -n 's/^	{ "\([a-z]*\)", cmd_\1,.*/\1/p' cmd/hwprof.c)
[ -n "$table" ] || bad "cmd/hwprof.c has no command table"
for c in $table; do
	for f in cmd/cmd_$c.c man/hwprof-$c.1 tests/e2e/$c.sh; do
		[ -f "$f" ] || bad "command $c has no $f"
	done
	grep -q "hwprof-$c" man/hwprof.1 2>/dev/null || bad "man/hwprof.1 does not name hwprof-$c(1)"
done
for f in cmd/cmd_*.c; do
	c=${f#cmd/cmd_} c=${c%.c}
	echo "$table" | grep -qx "$c" || bad "$f is not in the table of cmd/hwprof.c"
done

# lib/ returns, cmd/ speaks.
grep -nE '\b(printf|puts|perror|exit|abort) ?\(|fprintf\(stderr' lib/*/*.c | grep -v 'lib/base/log\.c' |
	grep -vE '\b(fn|sn|v|vsn|as|vas)printf' &&
	bad "lib/ prints or exits"
grep -nE '\blog_(error|warn|info)' lib/*/*.c && bad "lib/ logs above debug"

# What lib/base does once is not done by hand again.
grep -nE '\basprintf ?\(' lib/*/*.c | grep -v '^lib/base/' && bad "text is made by asprintf(), not hw_text()"
grep -nE '\bHASH_NONFATAL_OOM|SYS_perf_event_open|[^_]lo(w)? \+ \(hi(gh)? - lo(w)?\) / 2' lib/*/*.c cmd/*.c |
	grep -vE '^lib/(event/perf|sym/fde)\.c:' && bad "base/hashmap.h, event/perf.h or base/sorted.h is done by hand"

# Licences: two for what the kernel runs.
lacks() { # WHAT LICENCE... ; files on stdin
	while read -r f; do bad "$f lacks its $1"; done < <(xargs awk -v licence="SPDX-License-Identifier: $2" '
		FNR == 1 { if (f != "" && !ok) print f; f = FILENAME; ok = 0 }
		FNR <= 3 && index($0, licence) { ok = 1 } END { if (!ok) print f }')
}
find bpf tests/bench -path 'bpf/*.[ch]' -o -name '*.bpf.c' | lacks "dual licence line" "BSD-2-Clause OR GPL-2.0"
find . -path './build*' -prune -o -path './bpf/*.[ch]' -o -name '*.bpf.c' -o \( -name '*.[ch]' -o -name '*.sh' \
	-o -name CMakeLists.txt -o -name '*.cmake' \) -print | sed 's|^\./||' | lacks "licence line" "Apache-2.0"

# Paths named in comments and pages exist; those in Linux, kernel/..., cannot be looked at.
while IFS=: read -r f path; do
	[ -e "$path" ] || bad "$f names $path, which is not there"
done < <(grep -HvE '^#include' $(sources) man/*.[157] README.md |
	grep -oE '^[^:]*:|\b(kernel/)?(cmd|lib/[a-z]+|bpf|tests|man)/[a-z0-9_/-]+(\.[a-z0-9_]+)*\.(c|h|sh|py|[157]|cmake)\b' |
	awk '/:$/ { f = $0; next } !/^kernel/ { print f $0 }' | sort -u)

# Nothing generated, nothing built.
git ls-files 2>/dev/null | grep -E '(^|/)vmlinux\.h$|\.skel\.h$|\.(o|a|so)$|^build' && bad "generated files are committed"

# Tests are named for what they test.
for f in tests/test_*.c; do
	name=${f#tests/test_} name=${name%.c}
	case $name in account | native | native_arm64 | walk) continue ;; esac # bpf/wait.bpf.h, native.bpf.h, python.bpf.h
	compgen -G "lib/*/$name.[ch]" >/dev/null || bad "$f tests neither lib/*/$name.c nor lib/*/$name.h"
done

# A header compiles alone, all but bpf/*.bpf.h and bpf/arch_*.h, which are parts of another file.
alone() { # WHERE COMPILER... ; headers on stdin
	local where=$1
	shift
	while read -r f; do bad "$f does not compile alone $where"; done < <(
		xargs -P "$(nproc)" -I{} sh -c 'f=$1; shift; "$@" "$f" 2>/dev/null || echo "$f"' sh {} "$@")
}
find lib bpf/arch.h bpf/classes.h bpf/wire -name '*.h' | alone "on the host" \
	gcc -std=gnu17 -D_GNU_SOURCE -fsyntax-only -Wno-unused -Ilib -Ibpf -x c
find bpf/kernel.h bpf/classes.h -name '*.h' | alone "for BPF" \
	clang -target bpf -std=gnu17 -fsyntax-only -isystem "/usr/include/$(gcc -print-multiarch)" -Ibpf -x c

# No build but that of tests/fuzz/run.sh has the fuzz targets, some of which include a file of lib/.
while read -r f; do bad "$f does not compile"; done < <(printf '%s\n' tests/fuzz/fuzz_*.c | xargs -P "$(nproc)" -I{} sh -c \
	'gcc -std=gnu17 -D_GNU_SOURCE -fsyntax-only -Wall -Werror -Ilib -Ibpf -Itests "$1" 2>/dev/null || echo "$1"' sh {})

[ $failed = 0 ] && echo "check_tree: ok"
exit $((failed != 0))
