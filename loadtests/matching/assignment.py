"""The linear assignment problem: rows to columns at the least total cost."""

from collections.abc import Sequence
from math import inf


def assign(costs: Sequence[Sequence[float]]) -> list[tuple[int, int]]:
    """Return pairs of row and column; all rows, or all columns where those are fewer.

    Shortest augmenting paths with potentials, in O(rows^2 x columns).
    """
    if not costs or not costs[0]:
        return []
    if len(costs) > len(costs[0]):
        turned = assign([list(column) for column in zip(*costs, strict=True)])
        return sorted((row, column) for column, row in turned)
    columns = len(costs[0])
    row_price = [0.0] * (len(costs) + 1)
    column_price = [0.0] * (columns + 1)
    row_of = [0] * (columns + 1)
    """Row by column, both from 1; column 0 is where the new row enters."""
    for row in range(1, len(costs) + 1):
        row_of[0] = row
        _augment(costs, row_price, column_price, row_of)
    return sorted((row - 1, column - 1) for column, row in enumerate(row_of) if column and row)


def _augment(
    costs: Sequence[Sequence[float]],
    row_price: list[float],
    column_price: list[float],
    row_of: list[int],
) -> None:
    columns = len(row_of) - 1
    least = [inf] * (columns + 1)
    came_from = [0] * (columns + 1)
    is_done = [False] * (columns + 1)
    here = 0
    while row_of[here]:
        is_done[here] = True
        row = row_of[here]
        open_columns = [column for column in range(1, columns + 1) if not is_done[column]]
        for column in open_columns:
            reduced = costs[row - 1][column - 1] - row_price[row] - column_price[column]
            if reduced < least[column]:
                least[column], came_from[column] = reduced, here
        step, following = min((least[column], column) for column in open_columns)
        for column in range(columns + 1):
            if is_done[column]:
                row_price[row_of[column]] += step
                column_price[column] -= step
            else:
                least[column] -= step
        here = following
    while here:
        row_of[here] = row_of[came_from[here]]
        here = came_from[here]
