"""Which lines to leave out so that time does not run backwards. Nothing of their meaning.

One line with a wrong stamp must not cost the lines around it: a stamp far ahead would
make every later line go back. So the fewest lines are left out that put the rest in
order (a longest non-decreasing subsequence); of equals, the later line is to blame, and
of equal lines the later one is the repeat, whichever of the two places was in order.
"""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Sequence

from ccroute import Fault
from ccroute_asterisk.queue_log import Line


def in_order(lines: Sequence[Line]) -> tuple[list[Line], list[Fault]]:
    """The lines in order of time (equal seconds in order of the file), and the others."""
    kept = _longest_in_order([line.at for line in lines])
    if len(kept) == len(lines):
        return list(lines), []
    chosen = set(kept)
    equal: dict[str, list[Line]] = {}
    for line in lines:
        equal.setdefault(line.text, []).append(line)
    used: Counter[str] = Counter()
    ordered = []
    for index in kept:
        text = lines[index].text
        ordered.append(equal[text][used[text]])
        used[text] += 1
    faults = [
        line.fault(f"repeats line {equal[text][0].number}")
        for text, count in used.items()
        for line in equal[text][count:]
    ]
    before: Line | None = None
    for index, line in enumerate(lines):
        if index in chosen:
            before = line
        elif line.text in used:
            continue
        elif before is not None and line.at < before.at:
            faults.append(
                line.fault(
                    f"goes back in time: {before.at - line.at} s before line {before.number}"
                )
            )
        else:
            faults.append(line.fault("lies ahead in time of the lines that follow"))
    return ordered, faults


def _longest_in_order(stamps: Sequence[int]) -> list[int]:
    """Indices of a longest non-decreasing run, the earliest ones where several do."""
    # ends[k]: least stamp that a run of k + 1 can end with; by_length[k]: the indices
    # whose longest run up to them has k + 1 members. Their stamps only fall.
    ends: list[int] = []
    by_length: list[list[int]] = []
    for index, stamp in enumerate(stamps):
        length = bisect_right(ends, stamp)
        if length == len(ends):
            ends.append(stamp)
            by_length.append([])
        else:
            ends[length] = stamp
        by_length[length].append(index)
    chosen: list[int] = []
    limit = max(stamps, default=0)
    for candidates in reversed(by_length):
        at = bisect_left(candidates, -limit, key=lambda index: -stamps[index])
        chosen.append(candidates[at])
        limit = stamps[candidates[at]]
    chosen.reverse()
    return chosen
