"""Programs on which Python, the interpreter or C++ once disagreed: found by random generation, made small."""

from __future__ import annotations

from typing import Any

SOURCE = """
from typing import Dict, List, NamedTuple, Optional, Tuple, Union

import torch


class Counts(NamedTuple):
    first: int
    seen: List[int]
    second: int


def extended_in_a_loop(xs: List[int], n: int) -> Tuple[List[int], List[int]]:
    ys = xs
    for i in range(n):
        ys += [i, n]
    return xs, ys


def counted_pairs(xs: List[str], ys: List[int]) -> Tuple[str, int]:
    text = ""
    for i, x in enumerate(xs):
        text += "-"
    count = 0
    for a, b in zip(ys, ys):
        count += 1
    return text, count


def remainder_of_product(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    return (x * y + 1) % 3


def nothing_found(x: int) -> Optional[int]:
    return None


def lost_in_a_loop(name: str, n: int) -> Optional[str]:
    found: Optional[str] = name[:2]
    if n > 2:
        for i in range(n):
            if i > 3:
                found = None
    return found


def member_chosen_twice(name: str, number: int, flag: bool) -> Tuple[str, str]:
    either: Union[int, str] = number
    if flag:
        either = name
    first = either if isinstance(either, str) else "none"
    second = either if isinstance(either, str) else first
    return first, second


def only_for_itself(n: int) -> int:
    total = 0
    unread = n
    for i in range(n):
        total += i
        for j in range(2):
            unread = unread * 2 - j
    return total


def comprehension_in_a_condition(xs: List[int]) -> int:
    k = 0
    while any([x > k for x in xs]):
        k += 1
        if k == 5:
            continue
        if k > 8:
            break
    return k


def clamped_on_one_side(x: torch.Tensor) -> torch.Tensor:
    return (x * 2.0).clamp(min=0.25).clamp(min=0.5)


def exclusive(a: bool, n: int) -> Tuple[bool, int]:
    return a ^ a, max(n, -4 if a else 9)


def walked_twice(xs: List[int]) -> Tuple[List[int], int]:
    total = 0
    for x in xs:
        total += x
    return [x + total for x in xs], total


def bits_that_decide(n: int) -> Tuple[bool, bool, bool]:
    return 4 != (n | 3), (n & 3) == 4, (n & 3) == 3


def reason_that_is_read_first(flag: bool, log: List[str]) -> int:
    reason = "no" if len(log) > 1 else "yes"
    log.append(reason)
    assert bool(flag) and False, reason
    return 1


def constant_rows(x: torch.Tensor) -> torch.Tensor:
    return x + torch.tensor([[1.0, 2.0], [3.0, 4.0]])


def condition_that_chooses(xs: List[int], n: int) -> Tuple[int, List[int]]:
    k = 0
    while k < 2 and n % 3 > (xs.pop() if len(xs) > 2 else n):
        k += 1
        n = n ^ 5
    return n, xs


def choices_of_texts(n: int, flag: bool) -> List[bool]:
    least = ("a" if n > 7 else "b1") >= ("x-y" if n > 7 else "a")
    same = ("a" if flag else "b1") == ("a" if n > 7 else "b1")
    return [least, same, ("a" if flag else "b" if n > 2 else "c") < ("aa" if flag else "bbb")]


def fields_of_sums(counts: Counts, x: torch.Tensor) -> Tuple[int, bool]:
    turns = 0
    for row in x:
        counts.seen.append(turns)
        if counts.first + counts.second < counts.second + counts.first > counts.first + counts.second:
            break
        turns += counts.first
    return turns, counts.second < counts.second


def sums_of_fields(first: int, second: int, x: torch.Tensor) -> Tuple[int, bool]:
    return fields_of_sums(Counts(first, [second], second), x)


def text_that_triples(turns: int) -> Tuple[int, str]:
    text = "a"
    for i in range(turns):
        for c in text:
            text += "12"
    return len(text), text[:4] + text[-3:]


def taken_out(xs: List[int]) -> int:
    return xs.pop()


def assigned_for_nobody(n: int, xs: List[int]) -> List[int]:
    n = taken_out(xs)
    return xs
"""

# Inputs by function; a list of numbers in a Tensor's place becomes a float32 tensor.
INPUTS: dict[str, list[tuple[Any, ...]]] = {
    "extended_in_a_loop": [([1], 2), ([], 0)],
    "counted_pairs": [(["a", "b"], [1, 2, 3]), ([], [])],
    "remainder_of_product": [([1.0, -2.5], [3.0, 4.0])],
    "nothing_found": [(1,)],
    "lost_in_a_loop": [("name", 3), ("name", 6), ("n", 0)],
    "member_chosen_twice": [("a", 1, True), ("a", 1, False)],
    "only_for_itself": [(4,)],
    "comprehension_in_a_condition": [([1, 3],), ([20],), ([],)],
    "clamped_on_one_side": [([0.1, 3.0],)],
    "exclusive": [(True, 3), (False, 12)],
    "walked_twice": [([1, 2],), ([],)],
    "bits_that_decide": [(7,), (0,)],
    "reason_that_is_read_first": [(True, ["a", "b"]), (False, [])],
    "constant_rows": [([[1.0, 2.0], [3.0, 4.0]],)],
    "condition_that_chooses": [([1, 2, 1], -1), ([0, 1], -1), ([], 7), ([4, 3, 2, 1], 2)],
    "sums_of_fields": [(2, 3, [[1.0], [2.0]])],
    "assigned_for_nobody": [(2, [3, 4])],
    "text_that_triples": [(3,), (0,)],
    "choices_of_texts": [(3, True), (9, True), (1, False), (9, False)],
}
