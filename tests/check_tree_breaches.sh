#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Proves that tests/check_tree.sh finds what it says it finds: a copy of the tree passes; with one breach
# of each rule planted in it, every one is named. Rules that are still pending are on here.
#
#   tests/check_tree_breaches.sh BUILD    BUILD: a build of this tree
set -eu
cd "$(dirname "$0")/.."
build=$(realpath "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
wrong=0

# The files that git knows of or would; without git all but builds.
{ git ls-files -co --exclude-standard 2>/dev/null || find . -path './build*' -prune -o -path ./.git -prune -o -type f -print; } |
	while read -r f; do [ ! -f "$f" ] || echo "$f"; done | tar -cf - -T - | tar -xf - -C "$work"
mkdir -p "$work/build/lib/CMakeFiles"
for dir in "$build"/lib/CMakeFiles/hw_*.dir; do
	to=$work/build/lib/CMakeFiles/$(basename "$dir")
	mkdir -p "$to"
	ln -s "$dir"/* "$to"
done
cd "$work"

if ! bash tests/check_tree.sh build >clean 2>&1; then
	echo "a copy of the tree does not pass:"
	cat clean
	exit 1
fi
sed -i 's/^pending=.*/pending=""/' tests/check_tree.sh

# expect TEXT: a line of check_tree.sh that must come, but for its beginning.
expect() {
	local IFS=
	printf '%s\n' "$*" >>expected
}

licence='/* SPDX-License-Identifier: Apache-2.0 */'
dual='/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */'
write() { # PATH TEXT
	mkdir -p "$(dirname "$1")"
	printf '%s\n%b\n' "$licence" "$2" >"$1"
}
# A source file of lib/ with its object file.
source_of() { # MODULE NAME TEXT
	write "lib/$1/$2.c" "$3"
	local to=build/lib/CMakeFiles/hw_breach.dir/$1
	mkdir -p "$to"
	gcc -Ilib -Ibpf -w -c "lib/$1/$2.c" -o "$to/$2.c.o"
}

write lib/base/breach_order.h '#include "proc/maps.h"'
expect "lib/base/breach_order.h includes lib/proc, which comes after lib/base"
write lib/breach/breach_module.h ''
expect "lib/breach is not in the order of modules"
write lib/view/breach_reads.h '#include "target/binary.h"'
expect "lib/view/breach_reads.h includes lib/target, which records; lib/view only reads"
write lib/stat/breach_wire.h '#include "wire/wait.h"'
expect "lib/stat/breach_wire.h sees bpf/wire/wait.h"
write lib/base/breach_here.h '#ifndef BREACH_HERE\n#define BREACH_HERE\n#include "base/breach_there.h"\n#endif'
write lib/base/breach_there.h '#ifndef BREACH_THERE\n#define BREACH_THERE\n#include "base/breach_here.h"\n#endif'
expect "headers include each other in a circle: lib/base/breach_here.h lib/base/breach_there.h"

source_of base breach_up 'int hw_maps_free(void);\nint breach_up(void) { return hw_maps_free(); }'
expect "lib/base/breach_up.c needs hw_maps_free() of lib/proc, which comes after lib/base"
source_of view breach_needs 'int hw_bpf_probe(void);\nint breach_needs(void) { return hw_bpf_probe(); }'
expect "lib/view/breach_needs.c needs hw_bpf_probe() of lib/kernel, which records; lib/view only reads"
source_of proc breach_one 'int breach_two(void);\nint breach_one(void) { return breach_two(); }'
source_of proc breach_two 'int breach_three(void);\nint breach_two(void) { return breach_three(); }'
source_of proc breach_three 'int breach_one(void);\nint breach_three(void) { return breach_one(); }'
expect "files need each other in a circle: lib/proc/breach_one.c needs breach_two() of lib/proc/breach_two.c; " \
	"lib/proc/breach_three.c needs breach_one() of lib/proc/breach_one.c; " \
	"lib/proc/breach_two.c needs breach_three() of lib/proc/breach_three.c"

write lib/proc/breach_owner.h '#include <perfmon/pfmlib.h>\n#include <libelf.h>\n#include <capstone/capstone.h>
#include <bpf/bpf.h>\n#include <zstd.h>\n#include <jansson.h>\n#include <uthash.h>'
for library in perfmon/ 'elfutils/|libelf|gelf|dwarf\.h|libdw' capstone 'bpf/bpf\.h|bpf/libbpf' zstd jansson uthash; do
	expect "lib/proc/breach_owner.h includes <$library>, which belongs to"
done

sed -i 's/^	{ "stat", cmd_stat,/	{ "breach", cmd_breach,\n&/' cmd/hwprof.c
for f in cmd/cmd_breach.c man/hwprof-breach.1 tests/e2e/breach.sh; do expect "command breach has no $f"; done
expect "man/hwprof.1 does not name hwprof-breach(1)"
write cmd/cmd_orphan.c ''
expect "cmd/cmd_orphan.c is not in the table of cmd/hwprof.c"
write lib/base/breach_speaks.c 'void breach_prints(void) { printf("x"); }\nvoid breach_logs(void) { log_error("x"); }'
expect "lib/ prints or exits"
write lib/proc/breach_again.c 'int mid = low + (high - low) / 2, r = asprintf(&text, "x");'
expect "text is made by asprintf(), not hw_text()"
expect "base/hashmap.h, event/perf.h or base/sorted.h is done by hand"
expect "lib/ logs above debug"

echo >lib/base/breach_licence.c
expect "lib/base/breach_licence.c lacks its licence line"
echo "$licence" >bpf/breach_licence.bpf.h
expect "bpf/breach_licence.bpf.h lacks its dual licence line"
write lib/base/breach_path.h '/* as tests/no_such_file''.c does */'
expect "lib/base/breach_path.h names tests/no_such_file.c, which is not there"
write tests/test_breach.c ''
expect "tests/test_breach.c tests neither lib/*/breach.c nor lib/*/breach.h"
if git init -q . 2>/dev/null; then
	: >breach.o
	git add -f breach.o
	expect "generated files are committed"
fi
write lib/base/breach_alone.h 'void breach_alone(struct nobody x, uint32_t y);'
expect "lib/base/breach_alone.h does not compile alone on the host"
echo 'nobody breach_alone;' >>bpf/classes.h
expect "bpf/classes.h does not compile alone on the host"
expect "bpf/classes.h does not compile alone for BPF"

write cmd/breach.c 'void breach(struct hw_waits *w, struct hw_session *s)
{
	struct hw_sample *sample;
	hw_waits_tick(w);
	hw_counters_read(0, 0, 0);
	poll(0, 0, 0);
	fork();
	for (size_t i = 0; i < s->n_samples; i++)
		use(s->samples[i]);
	hw_profile_sample(0);
	return strcmp(breach_name(s), "starved");
}'
for what in "4 looks into samples or counts: struct hw_sample" "5 measures by itself: hw_waits_tick" \
	"6 measures by itself: hw_counters_read" "7 waits or starts processes by itself: poll" \
	"8 waits or starts processes by itself: fork" "9 loops over samples or counts: " \
	"10 looks into samples or counts: ->samples" "11 looks into samples or counts: hw_profile_sample"; do
	expect "cmd/breach.c:${what%% *} ${what#* }"
done
{ echo "$licence" && yes ''; } 2>/dev/null | head -2600 >cmd/breach_long.c
expect "lines together, the limit is 2600: logic belongs in lib/"
[ -f lib/profile/time_kinds.c ] || write lib/profile/time_kinds.c '{ .name = "starved" },'
expect 'cmd/breach.c:12 tells a kind of time by its name, "starved"'

write lib/base/breach_tag.h 'struct hw_map {\n\tint x;\n};'
expect "struct hw_map is defined in several files: lib/base/breach_tag.h lib/proc/maps.h"
write lib/base/breach_static.c '/* static int in_comment(void) { } */\nstatic int breach_same(int x)\n{\n\treturn x;\n}'
write lib/proc/breach_static.c 'static inline struct hw_map *breach_same(int x,\n\t\t\t\t\t   int y)\n{\n}'
expect "static breach_same() is in several files: lib/base/breach_static.c lib/proc/breach_static.c"
printf '%s\n' "$dual" 'struct hw_breach {' '	int x;' '};' >bpf/wire/breach.h
expect "bpf/wire/breach.h does not assert the size of struct hw_breach"

echo "$licence" >tests/fuzz/fuzz_breach.c
echo 'int LLVMFuzzerTestOneInput(void) { return gone(); }' >>tests/fuzz/fuzz_breach.c
expect "tests/fuzz/fuzz_breach.c does not compile"

if bash tests/check_tree.sh build >found 2>&1; then
	echo "check_tree.sh passes a tree full of breaches"
	wrong=1
fi
mkdir empty
python3 tests/check_code.py "base" "" empty >>found && wrong=1
expect "empty has no objects of lib/"
while read -r line; do
	grep -qF -- "$line" found || { echo "not found: $line"; wrong=1; }
done <expected
[ $wrong = 0 ] && echo "check_tree_breaches: ok, $(wc -l <expected) breaches named"
exit $wrong
