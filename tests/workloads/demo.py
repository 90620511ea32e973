"""A small program with a bit of everything: reads text, counts words, writes a report.

It is slow on purpose in one place: see which one hwprof names.
"""
import os
import random
import tempfile


def make_text(words, seed=1):
    rng = random.Random(seed)
    vocabulary = ["".join(rng.choices("abcdefghij", k=5)) for _ in range(20000)]
    return " ".join(rng.choices(vocabulary, k=words))


def count_words(text):
    counts = {}
    for word in text.split():
        counts[word] = counts.get(word, 0) + 1
    return counts


def most_common(counts, n):
    """The slow place: looks through the whole dictionary n times."""
    best = []
    for _ in range(n):
        top, top_count = None, -1
        for word, count in counts.items():
            if count > top_count and word not in best:
                top, top_count = word, count
        best.append(top)
    return best


def save(path, lines):
    with open(path, "w") as f:
        for line in lines:
            f.write(line + "\n")
            f.flush()
        os.fsync(f.fileno())


def main():
    text = make_text(600_000)
    counts = count_words(text)
    best = most_common(counts, 500)
    with tempfile.TemporaryDirectory() as folder:
        save(os.path.join(folder, "report.txt"), best)


main()
