# SPDX-License-Identifier: Apache-2.0
"""note() and unjudged() of lib.sh, for the checks that are written in Python: see there."""
import os


def note(kind, text):
    if "NOTES" in os.environ:
        with open(os.environ["NOTES"], "a") as f:
            f.write(f"{kind}\t{' '.join(text.split())}\n")


def unjudged(what, why):
    note("unjudged", f"{what}: {why}")
    print(f"not judged here: {what}: {why}", flush=True)
