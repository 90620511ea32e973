#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# summary.sh LOG...: what runs of the tests had to say that a green line does not tell: tests that
# needed another try and what had failed before, checks that could not be judged, tests left out. A
# log is what tests append to the file TEST_LOG: "TEST, KIND, TEXT", separated by tabs; KIND is
# failed, unjudged, skipped, or end (once for each run of a test).
set -euo pipefail

for log; do
	[ -s "$log" ] || continue
	awk -F'\t' -v log_name="$log" '
	# what a test said since its run before this one
	function take(test, kind,    text) { text = said[test, kind]; said[test, kind] = ""; return text }
	$2 == "end" {
		runs[$1]++
		before = take($1, "failed")
		if (!before && $3 !~ /^status (0|77),/)
			before = "    " $1 ": no check, " $3 "\n"
		failures[$1] = failures[$1] last[$1]
		last[$1] = before
		ended[$1] = take($1, "unjudged") take($1, "skipped")
		next
	}
	{ # a test in a loop says the same more than once
		if (!(($1, $2, $3, runs[$1] + 0) in seen))
			said[$1, $2] = said[$1, $2] "    " $1 ": " $3 "\n"
		seen[$1, $2, $3, runs[$1] + 0]
		tests[$1]
	}
	END {
		for (t in runs) if (runs[t]) {
			retried += runs[t] > 1
			again = again (runs[t] > 1 ? sprintf("  %s ran %d times; failed at first:\n%s", t, runs[t], failures[t]) : "")
			rest = rest ended[t]
		}
		for (t in tests) if (!runs[t]) rest = rest take(t, "unjudged") take(t, "skipped")
		n = gsub(/\n/, "\n", rest)
		printf "%s: %d tests needed another try, %d times something was not judged here\n", log_name, retried, n
		printf "%s", again
		if (n) printf "  not judged:\n%s", rest
	}' "$log"
done
