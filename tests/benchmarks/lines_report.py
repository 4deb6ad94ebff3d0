"""What the mutation benchmark found, as tables."""

from __future__ import annotations

import re
import statistics
from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Any

Row = dict[str, Any]
#: what is said of the line of a mistake that counts
KINDS = ("exact", "mixed", "wrong", "none")
#: by what is in the name of the function, of the thing or of the file: the first that fits
LAYERS = (
    ("attention", r"attention"),
    ("recurrent", r"rnn|lstm|gru|recurrent|step_|cell\b"),
    ("norm", r"norm|standardi|center|maxscale"),
    ("pool", r"pool|upsample|downsample"),
    ("conv", r"conv"),
    ("loss", r"loss|entropy|squared|hinge|huber|quantile|mse|divergence|absoluteerror|cce|ridge"),
    ("embedding", r"embedding|tied"),
    ("dropout", r"dropout|mask"),
    ("dense", r"dense|linear|affine|fullyconnected|matmul|fc\b"),
    ("activation", r"relu|sigmoid|tanh|softmax|elu\b|silu|swish|softplus|\bexp\b|signste"),
)


def kind_of_layer(names: Iterable[str], source: str) -> str:
    """Return what kind of layer a backward pass is of, by the first name that tells.

    >>> kind_of_layer(["Layer.backward", "conv_im2col"], "dcol = W.T @ dout")
    'conv, columns'
    """
    for name in names:
        for kind, pattern in LAYERS:
            if re.search(pattern, name.lower()):
                return f"conv, {_style(source)}" if kind == "conv" else kind
    return "other"


def _style(source: str) -> str:
    """Return how a convolution is written: loops over all, columns, or loops over offsets."""
    if len(re.findall(r"^\s*for ", source, re.MULTILINE)) > 2:
        return "loops"
    return "columns" if "col" in source else "offsets"


def outcome(row: Row) -> str:
    """Return what became of a mutant: one of `KINDS` where it counts, else why it does not."""
    standing = str(row["standing"])
    if standing != "broken" or "verdict" not in row:
        return standing
    if row["verdict"] != "fail":
        return {"pass": "missed", "error": "crash"}.get(row["verdict"], str(row["verdict"]))
    row["cure"] = {"no": "untrue", None: "unfixed"}.get(row.get("cured"), row.get("cured"))
    good = set(range(row["first"], row["last"] + 1))
    if row["operator"] == "deletion":
        good |= set(row["neighbours"])
    said = set(row["said"])
    if not said:
        return "none"
    return "exact" if said <= good else "mixed" if said & good else "wrong"


def print_tables(rows: list[Row]) -> None:
    """Print what was found: by operator, by kind of layer, in all."""
    print("\n" + ", ".join(f"{count} {kind}" for kind, count in
                           Counter(row["outcome"] for row in rows).most_common()))  # fmt: skip
    kept = [row for row in rows if row["outcome"] in KINDS]
    if not kept:
        return
    whole = [row for row in kept if row["operator"] != "deletion"]
    deleted = [row for row in kept if row["operator"] == "deletion"]
    for title in ("operator", "layer"):
        groups: dict[str, list[Row]] = defaultdict(list)
        for row in whole:
            groups[row[title]].append(row)
        print(
            f"\n| {title} | broken | exact | mixed | wrong | no line | fix | untrue fix | named |"
        )
        print("|---" + "|---:" * 8 + "|")
        for name, group in sorted(groups.items(), key=lambda item: -len(item[1])):
            print(_line(name, group))
        if title == "operator" and deleted:
            print(_line("(deletion)", deleted))
    print(_line("**all but deletion**", whole))
    again = [row for row in kept if row.get("cure") in ("original", "another")]
    same = sum(row["cure"] == "original" for row in again)
    print(f"\n{len(again)} verified fixes, {same} of them the original to the letter")
    added = [row["seconds"][1] - row["seconds"][0] for row in kept]
    alone = [row["seconds"][0] for row in kept]
    longest = kept[added.index(max(added))]
    print(
        f"time that line and fix add to a failing check: median {statistics.median(added):.2f} s, "
        f"at most {max(added):.2f} s ({longest['file']}:{longest['name']}); "
        f"the check without: median {statistics.median(alone):.2f} s, at most {max(alone):.2f} s"
    )


def print_reports(rows: list[Row], kind: str) -> None:
    """Print the mistakes of one kind, of line or of fix, with what the check says of each."""
    for row in rows:
        if kind and kind in (row["outcome"], row.get("cure")):
            place = f"{row['file']}:{row['first']}"
            print(f"\n=== {place} {row['function']}, {row['operator']}; said {row.get('said')}")
            print(f"--- {row['old']}\n+++ {row['new']}\n{row.get('report', '')}")


def _line(name: str, rows: list[Row]) -> str:
    kinds = Counter(row["outcome"] for row in rows)
    cured = sum(row.get("cure") in ("original", "another") for row in rows)
    untrue = sum(row.get("cure") == "untrue" for row in rows)
    named = sum(row["codes"][:1] != ["unexplained"] for row in rows)
    counts = [*(kinds[kind] for kind in KINDS), cured, untrue, named]
    cells = (f"{n} ({n / max(1, len(rows)):.0%})" if n else "0" for n in counts)
    return f"| {name} | {len(rows)} | " + " | ".join(cells) + " |"
