# SPDX-License-Identifier: Apache-2.0
# Completion of hwprof(1) in fish. tests/e2e/completion.sh compares the options with --help.

# The program to be measured and its arguments, without the word at the cursor; fails when the
# options of hwprof have not ended.
function __hwprof_program
    set -l tokens (commandline -opc)[3..]
    while set -q tokens[1]
        switch $tokens[1]
            case --
                printf '%s\n' $tokens[2..]
                return 0
            case -c -e -F -i -I -M -n -o -p -r -w -x --annotate --by --cgroup --count --duration --event --field-separator \
                    --frequency --input --interval --limit --metrics --output --pid --repeat --sort --warmup
                set -e tokens[1]
            case '-*'
            case '*'
                printf '%s\n' $tokens
                return 0
        end
        set -e tokens[1]
    end
    return 1
end

function __hwprof_no_command
    test (count (commandline -opc)) -eq 1
end

# Whether the options of one of these commands are at the cursor.
function __hwprof_in
    set -l tokens (commandline -opc)
    contains -- "$tokens[2]" $argv
    and not __hwprof_program >/dev/null
end

# Whether a program, or an argument of it, is at the cursor.
function __hwprof_runs
    set -l tokens (commandline -opc)
    contains -- "$tokens[2]" stat record boundness
    and begin
        __hwprof_program >/dev/null
        or not string match -q -- '-*' (commandline -ct)
    end
end

function __hwprof_complete_program
    __fish_complete_subcommand --commandline (__hwprof_program) (commandline -ct)
end

# Events that count here, or the common ones where they cannot be listed; tracepoints cannot be
# recorded.
function __hwprof_events
    set -l names (hwprof list 2>/dev/null | awk -v record=(commandline -opc)[2] '
        NR > 1 && !NF { exit }
        record == "record" && /  tracepoint( |$)/ { next }
        NR > 1 && $2 != "no" { print $1 }')
    set -q names[1]
    or set names cpu-clock task-clock page-faults minor-faults major-faults context-switches \
        cpu-migrations cycles instructions branches branch-misses cache-references cache-misses
    printf '%s\n' $names
end

complete -c hwprof -f
complete -c hwprof -n __hwprof_no_command -s h -l help -d 'Print the commands'
complete -c hwprof -n __hwprof_no_command -s V -l version -d 'Print the version'
complete -c hwprof -n __hwprof_no_command -a stat -d 'Count events and say what bounds it'
complete -c hwprof -n __hwprof_no_command -a record -d 'Sample whole stacks into a profile'
complete -c hwprof -n __hwprof_no_command -a report -d 'Show where the time of a profile went'
complete -c hwprof -n __hwprof_no_command -a boundness -d 'What bounds it, where, what to gain'
complete -c hwprof -n __hwprof_no_command -a compare -d 'Say which of two commands is faster'
complete -c hwprof -n __hwprof_no_command -a list -d 'List the events'
complete -c hwprof -n __hwprof_no_command -a doctor -d 'Say what works on this machine'
complete -c hwprof -n __hwprof_no_command -a help -d 'Print the options of a command'
complete -c hwprof -n '__hwprof_in help' -a 'stat record report boundness compare list doctor'
complete -c hwprof -n __hwprof_runs -a '(__hwprof_complete_program)'

set -l all stat record report boundness compare list doctor
complete -c hwprof -n "__hwprof_in $all" -s '?' -l help -d 'Print the options'
complete -c hwprof -n "__hwprof_in $all" -l usage -d 'Print a short usage message'

complete -c hwprof -n '__hwprof_in stat' -s a -l all-cpus -d 'Measure the whole machine'
complete -c hwprof -n '__hwprof_in stat' -s e -l event -x -a '(__fish_append , (__hwprof_events))' -d 'Events to count'
complete -c hwprof -n '__hwprof_in stat' -s I -l interval -x -d 'Print intervals of so many milliseconds, too'
complete -c hwprof -n '__hwprof_in stat' -s j -l json -d 'Print one JSON object'
complete -c hwprof -n '__hwprof_in stat' -s M -l metrics -x -a 'topdown memory cache branch all' -d 'Count and print metrics'
complete -c hwprof -n '__hwprof_in stat' -s o -l output -r -F -d 'Write the report to a file'
complete -c hwprof -n '__hwprof_in stat' -s p -l pid -x -a '(__fish_complete_pids)' -d 'Attach to a process'
complete -c hwprof -n '__hwprof_in stat' -s r -l repeat -x -d 'Run the command so often'
complete -c hwprof -n '__hwprof_in stat' -s x -l field-separator -x -d 'Print a line per counter'

complete -c hwprof -n '__hwprof_in record' -s a -l all-cpus -d 'Record the whole machine'
complete -c hwprof -n '__hwprof_in record' -s c -l count -x -d 'One sample per so many counts'
complete -c hwprof -n '__hwprof_in record' -s e -l event -x -a '(__fish_append , (__hwprof_events))' -d 'Events to sample'
complete -c hwprof -n '__hwprof_in record' -s F -l frequency -x -d 'Samples per second'
complete -c hwprof -n '__hwprof_in record' -s g -d 'Record whole stacks'
complete -c hwprof -n '__hwprof_in record' -s o -l output -r -F -d 'The profile to write'
complete -c hwprof -n '__hwprof_in record' -s p -l pid -x -a '(__fish_complete_pids)' -d 'Attach to a process'
complete -c hwprof -n '__hwprof_in record' -s q -l quiet -d 'Say nothing but errors'
complete -c hwprof -n '__hwprof_in record' -l off-cpu -d 'Record blocked time'
complete -c hwprof -n '__hwprof_in record' -l no-off-cpu -d 'Leave blocked time out'
complete -c hwprof -n '__hwprof_in record' -l unwind-memory -x -d 'Memory for unwind rows, in MB'

complete -c hwprof -n '__hwprof_in report' -l annotate -r -F -d 'The source of a file with its samples'
complete -c hwprof -n '__hwprof_in report' -l by -x -a 'function line module thread process' -d 'Add up by'
complete -c hwprof -n '__hwprof_in report' -l clock -x -a 'wall cpu blocked' -d 'The time to show'
complete -c hwprof -n '__hwprof_in report' -l idle -d 'Idle threads among the others'
complete -c hwprof -n '__hwprof_in report' -l event -x -a '(__hwprof_events)' -d 'The event to show'
complete -c hwprof -n '__hwprof_in report' -s i -l input -r -F -d 'The profile'
complete -c hwprof -n '__hwprof_in report' -l json -d 'Print one JSON object'
complete -c hwprof -n '__hwprof_in report' -l memory -d 'Page faults, and memory over time'
complete -c hwprof -n '__hwprof_in report' -l native-all -d "Show the interpreter's own functions"
complete -c hwprof -n '__hwprof_in report' -l no-pager -d 'Print to the terminal directly'
complete -c hwprof -n '__hwprof_in report' -s n -l limit -x -d 'Print at most so many rows'
complete -c hwprof -n '__hwprof_in report' -l sort -x -a 'self total name' -d 'Order'
complete -c hwprof -n '__hwprof_in report' -l tree -d 'Print the call tree'

complete -c hwprof -n '__hwprof_in boundness' -s a -l all-cpus -d 'The whole machine'
complete -c hwprof -n '__hwprof_in boundness' -l by -x -a process -d 'Make a table'
complete -c hwprof -n '__hwprof_in boundness' -l cgroup -x -a '(__fish_complete_directories /sys/fs/cgroup/)' -d 'The processes of a cgroup'
complete -c hwprof -n '__hwprof_in boundness' -l duration -x -d 'Watch for so many seconds'
complete -c hwprof -n '__hwprof_in boundness' -s p -l pid -x -a '(__fish_complete_pids)' -d 'Watch a process'
complete -c hwprof -n '__hwprof_in boundness' -s i -l input -r -F -d 'The profile'
complete -c hwprof -n '__hwprof_in boundness' -l json -d 'Print one JSON object'
complete -c hwprof -n '__hwprof_in boundness' -s o -l output -r -F -d 'Print to a file'

complete -c hwprof -n '__hwprof_in list' -l json -d 'Print one JSON array'
complete -c hwprof -n '__hwprof_in list' -a '(__hwprof_events)' -d Event
complete -c hwprof -n '__hwprof_in doctor' -l json -d 'Print one JSON object'

complete -c hwprof -n '__hwprof_in compare' -s i -l ignore-failure -d 'Go on when a command fails'
complete -c hwprof -n '__hwprof_in compare' -l json -d 'Print one JSON object'
complete -c hwprof -n '__hwprof_in compare' -s o -l output -r -F -d 'Write the report to a file'
complete -c hwprof -n '__hwprof_in compare' -s r -l repeat -x -d 'So many pairs of runs'
complete -c hwprof -n '__hwprof_in compare' -l show-output -d 'Let the commands print'
complete -c hwprof -n '__hwprof_in compare' -s w -l warmup -x -d 'So many pairs before that do not count'
