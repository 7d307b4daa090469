"""Writes a day in the instance library's own solution format, for its own evaluator."""

from pathlib import Path

from loadtests.matching.simulator import Day


def write(day: Day, folder: Path) -> None:
    """Write the three files of one instance."""
    folder.mkdir(parents=True, exist_ok=True)
    assignments = ["assignment_time pickup_time courier orders"]
    orders = ["order placement_time ready_time pickup_time dropoff_time courier"]
    for each in sorted(day.carried, key=lambda carried: (carried.picked_up_at, carried.courier)):
        names = " ".join(order.name for order in each.orders)
        assignments.append(f"{each.assigned_at} {each.picked_up_at} {each.courier} {names}")
        orders += [
            f"{order.name} {order.placed_at} {order.really_ready_at} {each.picked_up_at}"
            f" {dropped_at} {each.courier}"
            for order, dropped_at in zip(each.orders, each.dropped_at, strict=True)
        ]
    moves = ["courier departure_time origin destination"]
    moves += [
        f"{move.courier} {move.left_at} {move.origin} {move.destination}"
        for move in sorted(day.moves, key=lambda move: (move.courier, move.left_at))
    ]
    for name, lines in (("assignments", assignments), ("orders", orders), ("couriers", moves)):
        path = folder / f"solution_info_{name}.txt"
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
