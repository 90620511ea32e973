"""check_frames.py TRUTH PROFILE: every stack that ends in spin() is one that the program wrote down
itself (names, files and lines of all callers, the leaf's line within its loop); each of those was
seen, and spin() has the share of the samples that it had of the CPU time."""
import collections
import json
import sys

import stacks

POINTS = 0.10    # of the share of spin(): the profile sees the process start and end, its clock not
SEEN = 1 / 3     # of the samples that a stack should have


def python_part(stack):
    return [f for f in stack if f.kind == stacks.PYTHON]


def difference(got, known):
    """In words, how @got differs from the nearest of the known stacks."""
    def alike(k):
        return sum(a == b for a, b in zip(got, k)) + sum(a == b for a, b in zip(got[::-1], k[::-1]))
    best = max(known, key=alike)
    for i, (a, b) in enumerate(zip(got, best)):
        if a != b:
            return f"{len(got)} frames for {len(best)}; frame {i}: {a} for {b}"
    return f"{len(got)} frames for {len(best)}"


def main():
    truth = json.load(open(sys.argv[1]))
    _, samples = stacks.read(sys.argv[2])
    name, file, first, last = truth["leaf"]
    times = collections.Counter(tuple(map(tuple, k["stack"])) for k in truth["stacks"])
    seen, wrong, of_spin = collections.Counter(), collections.Counter(), 0
    for s in samples:
        python = python_part(s.stack)
        if not python or (python[0].name, python[0].file) != (name, file):
            continue
        of_spin += 1
        got = tuple((f.name, f.file, f.line) for f in reversed(python[1:]))
        if got not in times:
            wrong[difference(got, times)] += 1
        elif not first <= python[0].line <= last:
            wrong[f"line {python[0].line} of {name}, which has {first} to {last}"] += 1
        else:
            seen[got] += 1
    wanted = of_spin / sum(times.values()) * SEEN
    missed = [k for k, n in times.items() if seen[k] < wanted * n]
    share, true_share = of_spin / max(len(samples), 1), truth["spent"] / truth["total"]
    print(f"    {of_spin} stacks, {sum(wrong.values())} wrong; {len(times)} known ones, "
          f"{len(missed)} missed; {share:.1%} of the samples, {true_share:.1%} of the time")
    for text, n in wrong.most_common(5):
        print(f"    {n:5} {text}")
    for k in missed[:5]:
        print(f"    missed, {seen[k]} samples: {' > '.join(f'{n}:{line}' for n, _, line in k)[:200]}")
    sys.exit(bool(not of_spin or wrong or missed or abs(share - true_share) > POINTS))


main()
