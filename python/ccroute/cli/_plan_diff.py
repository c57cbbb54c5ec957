"""What one plan says otherwise than another, key by key."""

import json
from collections.abc import Iterator
from typing import Any

from ccroute import Plan


def differences(before: Plan, after: Plan) -> list[str]:
    """Lines such as ``queues.sales.offer.timeout: 15.0 → 20.0``; ``-`` and ``+`` for what is
    gone or new. Both plans with every setting spelt out that is not as by default."""
    old, new = (json.loads(plan.to_json()) for plan in (before, after))
    return list(_compared("", old, new))


def _compared(path: str, old: Any, new: Any) -> Iterator[str]:  # noqa: ANN401  # JSON
    if isinstance(old, dict) and isinstance(new, dict):
        if path == "queues":
            yield from _order(old, new)
        for key in dict.fromkeys([*old, *new]):
            inner = f"{path}.{key}" if path else key
            if key not in new:
                yield f"- {inner}{_shown(old[key])}"
            elif key not in old:
                yield f"+ {inner}{_shown(new[key])}"
            else:
                yield from _compared(inner, old[key], new[key])
    elif _are_tables(old) and _are_tables(new):
        for at in range(max(len(old), len(new))):
            inner = f"{path}[{at}]"
            if at >= len(new):
                yield f"- {inner}{_shown(old[at])}"
            elif at >= len(old):
                yield f"+ {inner}{_shown(new[at])}"
            else:
                yield from _compared(inner, old[at], new[at])
    elif _written(old) != _written(new):  # where 1 is not true
        yield f"{path}: {_written(old)} → {_written(new)}"


def _order(old: dict[str, Any], new: dict[str, Any]) -> Iterator[str]:
    """Where the queues that both have stand in another order, which decides ties."""
    before, after = ([name for name in it if name in old and name in new] for it in (old, new))
    if before != after:
        yield f"queues: order {', '.join(before)} → {', '.join(after)}"


def _are_tables(value: Any) -> bool:  # noqa: ANN401  # JSON
    return isinstance(value, list) and all(isinstance(item, dict) for item in value)


def _shown(value: Any) -> str:  # noqa: ANN401  # JSON
    """A value behind its key; a large table is named by its key alone."""
    text = _written(value)
    return f" = {text}" if len(text) <= 80 else ""


def _written(value: Any) -> str:  # noqa: ANN401  # JSON
    return json.dumps(value, ensure_ascii=False)
