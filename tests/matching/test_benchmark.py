"""The matching question's own instruments: a day by the rules, and a judge who knows them."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from loadtests.matching.assignment import assign
from loadtests.matching.checker import faults
from loadtests.matching.contenders import CONTENDERS, HARDEST
from loadtests.matching.instances import Instance, read, read_all
from loadtests.matching.run import main
from loadtests.matching.simulator import Carried, Day, Simulation


NAME = f"0{HARDEST}"
TABLES = {
    "instance_parameters": [
        "meters_per_minute\tpickup\tdropoff\ttarget\tmaximum\tpay per order\tper hour",
        "100\t4\t4\t40\t90\t10\t15",
    ],
    "restaurants": ["restaurant\tx\ty", "r1\t0\t0", "r2\t1000\t0"],
    "couriers": ["courier\tx\ty\ton_time\toff_time", "c1\t0\t300\t0\t200", "c2\t900\t900\t0\t200"],
}
ORDER_COUNT = 12


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with one small instance."""
    random = Random(5)
    orders = ["order\tx\ty\tplacement_time\trestaurant\tready_time"]
    for number in range(ORDER_COUNT):
        x, y, placed = random.randrange(1000), random.randrange(1000), 3 * number
        orders.append(f"o{number}\t{x}\t{y}\t{placed}\tr{1 + number % 2}\t{placed + 15}")
    (tmp_path / NAME).mkdir()
    for name, lines in {**TABLES, "orders": orders}.items():
        (tmp_path / NAME / f"{name}.txt").write_text("\n".join(lines) + "\n")
    return tmp_path


@pytest.fixture
def instance(folder: Path) -> Instance:
    return read(folder / NAME)


def day_of(instance: Instance, who: str) -> Day:
    contender = CONTENDERS[who]
    changed = contender.change(instance)
    return Simulation(changed, contender.plan(changed), contender.trouble).run()


class TestSimulation:
    @pytest.mark.parametrize("who", CONTENDERS)
    def test_delivers_every_order_by_the_rules(self, instance: Instance, who: str) -> None:
        day = day_of(instance, who)
        assert not faults(day)
        assert sum(len(each.orders) for each in day.carried) == ORDER_COUNT

    def test_is_the_same_each_time(self, instance: Instance) -> None:
        assert day_of(instance, "paidan").carried == day_of(instance, "paidan").carried

    def test_knows_no_order_before_it_is_placed(self, instance: Instance) -> None:
        day = day_of(instance, "paidan")
        assert all(
            each.assigned_at >= order.placed_at for each in day.carried for order in each.orders
        )


class TestChecker:
    @pytest.mark.parametrize(
        "falsify",
        [
            lambda each: replace(each, picked_up_at=each.picked_up_at - 1),
            lambda each: replace(each, dropped_at=tuple(at - 1 for at in each.dropped_at)),
            lambda each: replace(each, assigned_at=-1),
        ],
    )
    def test_notices_a_false_time(
        self, instance: Instance, falsify: Callable[[Carried], Carried]
    ) -> None:
        day = day_of(instance, "greedy")
        day.carried[0] = falsify(day.carried[0])
        assert faults(day)

    def test_notices_an_order_carried_twice(self, instance: Instance) -> None:
        day = day_of(instance, "greedy")
        day.carried.append(day.carried[0])
        assert faults(day)

    def test_notices_a_jump(self, instance: Instance) -> None:
        day = day_of(instance, "greedy")
        del day.moves[1]
        assert faults(day)


class TestAssign:
    def test_finds_the_least_total(self) -> None:
        assert assign([[4, 1, 3], [2, 0, 5], [3, 2, 2]]) == [(0, 1), (1, 0), (2, 2)]

    def test_leaves_rows_over(self) -> None:
        assert assign([[9], [1], [5]]) == [(1, 0)]


class TestRun:
    def test_prints_one_line_for_machines(
        self, folder: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert not main(["--instances", str(folder), "--only", "greedy,paidan"])
        printed = json.loads(capsys.readouterr().out.splitlines()[-1])
        assert printed["ok"]
        assert 0 < printed["ratios"]["greedy_ctd"] <= 1

    def test_writes_solution_files(self, folder: Path) -> None:
        kept = folder / "solutions"
        main(["--instances", str(folder), "--only", "greedy", "--write-solutions", str(kept)])
        lines = (kept / "greedy" / NAME / "solution_info_orders.txt").read_text().splitlines()
        assert len(lines) == 1 + ORDER_COUNT

    def test_reads_any_folder_of_instances(self, folder: Path) -> None:
        assert [each.name for each in read_all(folder)] == [NAME]
