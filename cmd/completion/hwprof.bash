# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Completion of hwprof(1) in bash. Commands, options and what they take are read from --help, so
# there is no list of them here. The functions share the variables of _hwprof(), which the comment
# above each names.

# words: those up to the cursor, joined again where readline splits at : and =
_hwprof_split()
{
	local i glue=

	words=()
	for ((i = 0; i <= COMP_CWORD; i++)); do
		if ((i > 1)) && [[ $glue || ${COMP_WORDS[i]} == [:=]* ]]; then
			words[-1]+=${COMP_WORDS[i]}
		else
			words+=("${COMP_WORDS[i]}")
		fi
		[[ ${COMP_WORDS[i]} == [:=]* ]] && glue=1 || glue=
	done
	words[0]=${words[0]/#\~/$HOME}
}

# takes: by option the name of its value, "" without one; from "  -e, --event=EVENTS  text"
_hwprof_options()
{
	local line option

	while IFS= read -r line; do
		[[ $line =~ ^\ {2,6}(-[^- ])?,?\ ?(--[a-z-]+)?(=([A-Z]+))? ]] || continue
		for option in "${BASH_REMATCH[@]:1:2}"; do
			[[ $option ]] && takes[$option]=${BASH_REMATCH[4]}
		done
	done <<<"$1"
}

# first: where the arguments begin that are no options; value: the name of what the last word is
# the value of, "" when it is none; ended: 1 behind --
_hwprof_walk()
{
	for ((first = 2; first < last; first++)); do
		case ${words[first]} in
		--)
			ended=1
			((++first))
			return ;;
		-*)
			value=${takes[${words[first]}]-}
			[[ $value ]] && ((++first == last)) && return
			value= ;;
		*) return ;;
		esac
	done
}

_hwprof_commands()
{
	"${words[0]}" --help 2>/dev/null | sed -n 's/^  \([a-z]*\)  .*/\1/p'
}

# Events that count here, or the common ones where they cannot be listed; tracepoints cannot be
# recorded.
_hwprof_events()
{
	local names

	names=$("${words[0]}" list 2>/dev/null | awk -v record="${words[1]}" '
		NR > 1 && !NF { exit }
		record == "record" && /  tracepoint( |$)/ { next }
		NR > 1 && $2 != "no" { print $1 }')
	echo "${names:-cpu-clock task-clock page-faults minor-faults major-faults context-switches \
cpu-migrations cycles instructions branches branch-misses cache-references cache-misses}"
}

# COMPREPLY: words of the list $1 that begin with $2, behind the text $3
_hwprof_offer()
{
	mapfile -t COMPREPLY < <(compgen -P "${3-}" -W "$1" -- "$2")
}

# COMPREPLY: values called $1 by --help that begin with $2
_hwprof_values()
{
	local head=

	case $1 in
	FILE)
		compopt -o filenames 2>/dev/null
		mapfile -t COMPREPLY < <(compgen -f -- "$2") ;;
	PID) _hwprof_offer "$(cd /proc && echo [0-9]*)" "$2" ;;
	EVENT | PATTERN) _hwprof_offer "$(_hwprof_events)" "$2" ;;
	EVENTS)
		[[ $2 == *,* ]] && head=${2%,*},
		compopt -o nospace 2>/dev/null # there may be one more
		_hwprof_offer "$(_hwprof_events)" "${2##*,}" "$head" ;;
	NAMES)
		[[ $2 == *,* ]] && head=${2%,*},
		_hwprof_offer "topdown memory cache branch all" "${2##*,}" "$head" ;;
	WHAT) _hwprof_offer "function line module thread process" "$2" ;;
	CLOCK) _hwprof_offer "wall cpu blocked" "$2" ;;
	GROUPING) _hwprof_offer process "$2" ;;
	PATH)
		compopt -o filenames 2>/dev/null
		mapfile -t COMPREPLY < <(cd /sys/fs/cgroup 2>/dev/null && compgen -d -- "$2") ;;
	KEY) _hwprof_offer "self total name" "$2" ;;
	esac
}

# The program that is to be measured, and its own arguments.
_hwprof_program()
{
	if declare -F _command_offset >/dev/null; then # of the package bash-completion
		_command_offset "$((first + COMP_CWORD - last))"
	elif ((first == last)); then
		mapfile -t COMPREPLY < <(compgen -c -- "$cur")
	else
		_hwprof_values FILE "$cur"
	fi
}

# Readline replaces only what stands behind the last : or = of a word.
_hwprof_cut()
{
	local breaks=${COMP_WORDBREAKS//[^:=]/} tail

	[[ $breaks ]] || return
	tail=${cur##*["$breaks"]}
	COMPREPLY=("${COMPREPLY[@]#"${cur%"$tail"}"}")
}

_hwprof()
{
	local -A takes=()
	local words first last cur help value='' ended='' option

	COMPREPLY=()
	_hwprof_split
	last=$((${#words[@]} - 1)) cur=${words[-1]}
	if ((last == 1)) || [[ $last == 2 && ${words[1]} == help ]]; then
		_hwprof_offer "$(_hwprof_commands) help --help --version" "$cur"
		return
	fi
	help=$("${words[0]}" "${words[1]}" --help 2>/dev/null)
	_hwprof_options "$help"
	_hwprof_walk
	option=${cur%%=*}
	if [[ $value ]]; then
		_hwprof_values "$value" "$cur"
	elif [[ ! $ended && $first == "$last" && $cur == --*=* ]]; then
		_hwprof_values "${takes[$option]-}" "${cur#*=}"
		COMPREPLY=("${COMPREPLY[@]/#/$option=}")
	elif [[ ! $ended && $first == "$last" && $cur == -* ]]; then
		_hwprof_offer "${!takes[*]}" "$cur"
	elif [[ $help == *'COMMAND [ARG'* ]]; then
		_hwprof_program
		return
	elif [[ $help == *'[PATTERN]'* && $first == "$last" ]]; then
		_hwprof_values PATTERN "$cur"
	fi
	_hwprof_cut
}

complete -F _hwprof hwprof
