"""check_shares.py TRUTH REPORT POINTS: the report's shares of work_a..work_d against the program's
own. Sampling is not exact: POINTS percentage points are allowed (some 3,000 samples, taken at a
steady rate, err by less than one)."""
import json
import sys

truth = json.load(open(sys.argv[1]))["share"]
report = json.load(open(sys.argv[2]))
points = float(sys.argv[3])
names = ["work_a", "work_b", "work_c", "work_d"]
totals = [sum(f["total"] for f in report["functions"]
              if f["name"] == n and f["kind"] == "python") for n in names]
if not sum(totals):
    sys.exit("none of the functions is in the report")
shares = [t / sum(totals) for t in totals]
worst = max(abs(s - t) * 100 for s, t in zip(shares, truth))
text = "/".join(f"{s * 100:.1f}" for s in shares)
print(f"    {text} of {sum(totals)} samples, worst error {worst:.2f} points")
sys.exit(worst > points)
