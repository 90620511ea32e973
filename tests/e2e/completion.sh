#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The completions of bash, zsh and fish know what --help knows, and nothing else.
. "$(dirname "$0")/lib.sh"
. "$SOURCE/cmd/completion/hwprof.bash"

is() { [ "$1" = "$2" ] || { diff <(tr ' ' '\n' <<<"$2") <(tr ' ' '\n' <<<"$1"); return 1; }; }

# offered WORD...: what bash offers for the last of the words, sorted
offered() {
	# shellcheck disable=SC2034 # read by _hwprof
	COMP_WORDS=("$HWPROF" "$@") COMP_CWORD=$#
	_hwprof
	printf '%s\n' "${COMPREPLY[@]}" | sort | paste -sd ' '
}

has() { [[ " $1 " == *" $2 "* ]]; }

# in_help COMMAND: the options of its help, sorted
in_help() {
	"$HWPROF" "$1" --help | sed -n 's/^ \{2,6\}\(-[^ ,]*\(, -[^ ]*\)\?\).*/\1/p' |
		sed 's/, /\n/; s/=[^ ]*//' | sort | paste -sd ' '
}

# in_zsh COMMAND, in_fish COMMAND: the options that the two files have for it
in_zsh() {
	{
		sed -n "/^	$1)\$/,/;;/p" "$SOURCE/cmd/completion/_hwprof"
		sed -n '/^	help=(/,/^	)/p' "$SOURCE/cmd/completion/_hwprof"
	} | grep -oE -- '\{-[^ ]+\}|--?[a-zA-Z-]+=?\[' | tr -d '{}\\=[' | tr ',' '\n' |
		sort | paste -sd ' '
}
in_fish() {
	grep -E "__hwprof_in ($1|\\\$all)['\"]" "$SOURCE/cmd/completion/hwprof.fish" |
		grep -oE -- " -s '?[^ ']| -l [a-z-]+" | sed "s/ -s '\?/-/; s/ -l /--/" |
		sort | paste -sd ' '
}

commands=$("$HWPROF" --help | sed -n 's/^  \([a-z]*\)  .*/\1/p')
check "the help has commands" [ "$(wc -w <<<"$commands")" -ge 6 ]
# shellcheck disable=SC2086
check "bash offers the commands" is "$(offered '')" \
	"$(printf '%s\n' $commands help --help --version | sort | paste -sd ' ')"

for c in $commands; do
	options=$(in_help "$c")
	check "$c has options" has "$options" --help
	check "bash offers the options of $c" is "$(offered "$c" -)" "$options"
	check "zsh has the options of $c" is "$(in_zsh "$c")" "$options"
	check "fish has the options of $c" is "$(in_fish "$c")" "$options"
	check "zsh knows $c" grep -q "^		'$c:" "$SOURCE/cmd/completion/_hwprof"
	check "fish knows $c" grep -q -- "no_command -a $c " "$SOURCE/cmd/completion/hwprof.fish"
	check "bash completes help $c" has "$(offered help "${c:0:3}")" "$c"
done

# values: what is offered is taken (125 is a wrong option, 1 a profile that is not there)
for option in --by --sort --clock; do
	words=$(offered report "$option" '')
	check "$option has words" [ "$(wc -w <<<"$words")" -ge 3 ]
	check "= may stand behind $option" is "$(offered report "$option" =)" "$words"
	for word in $words; do
		check_status "$option $word" 1 "$HWPROF" report "$option" "$word" -i "$tmp/none"
	done
done
check "a word is completed" is "$(offered report --sort = na)" name
: >"$tmp/some.data"
check "files" is "$(offered report -i "$tmp/so")" "$tmp/some.data"
check "processes" has "$(offered stat -p "$$")" "$$"
check "events" has "$(offered stat -e page-f)" page-faults
check "a second event" has "$(offered record -e cpu-clock,page-f)" cpu-clock,page-faults
check "an event behind =" has "$(offered stat --event = page-f)" page-faults
check "an event as pattern" has "$(offered list page-f)" page-faults
for event in $(offered record -e cpu-); do
	check_status "$event is an event" 0 "$HWPROF" list "$event"
done
cat >"$tmp/hwprof" <<'FAKE'
#!/bin/sh
[ "$1" = list ] && exit 1
echo "  -e, --event=EVENTS  events"
FAKE
chmod +x "$tmp/hwprof"
events=$(HWPROF=$tmp/hwprof offered record -e page-f)
check "the common events where they cannot be listed" is "$events" page-faults

# the program: its own words, no longer options of hwprof
check "the program is a command" has "$(offered stat -j env)" env
check "behind --, too" has "$(offered record -e cycles : u -- env)" env
check "its arguments are files" is "$(offered stat -j ls "$tmp/so")" "$tmp/some.data"
check "and not our options" is "$(offered record ls --out)" ""
check "report takes no program" is "$(offered report '')" ""

# the other shells, where they are
if command -v zsh >/dev/null; then
	check "zsh reads its file" zsh -n "$SOURCE/cmd/completion/_hwprof"
else
	unjudged "the syntax of zsh's file" "no zsh"
fi
if command -v fish >/dev/null; then
	fish_offers() {
		PATH=$(dirname "$HWPROF"):$PATH fish -c \
			"source '$SOURCE/cmd/completion/hwprof.fish'; complete -C '$1'" | cut -f1
	}
	check "fish offers commands" has "$(fish_offers 'hwprof ' | paste -sd ' ')" boundness
	check "fish offers events" has "$(fish_offers 'hwprof stat -e page-f' | paste -sd ' ')" page-faults
	check "fish offers words" is "$(fish_offers 'hwprof report --sort n')" name
else
	unjudged "what fish offers" "no fish"
fi
finish
