"""The network against pgmpy in the same run: evidence taken in, and the response table.

The reference of an update is `fit_update`, which takes rows into a fitted network; what it makes
of them is not what we count (it gives every case of the parents as many rows as were ever seen),
so our counts are held against pgmpy's own `state_counts`. The references of the table are one
query for each of its cells, and one joint query of all that it has.
"""

import time
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Final

import numpy as np

from bench.support import network_data
from bench.support.network_data import GIVEN, SIZES, STAGE
from dramatis.persona.domain.network.bayes import Network
from dramatis.persona.domain.network.compiled import compile_table
from dramatis.persona.domain.network.oracle import to_pgmpy
from dramatis.persona.domain.network.structure import YES, YES_NO
from dramatis.persona.domain.network.tallies import Rows, Tallies, axes, empty

MOST_OFF: Final = 1e-9
"""Largest difference to exact inference, and of counts taken in by portions to a refit."""
CELLS: Final = int(np.prod(SIZES))
ROWS: Final = 10_000


@dataclass(frozen=True, slots=True)
class Measured:
    """Ratios to the references, and figures of this machine."""

    ratios: Mapping[str, float]
    figures: Mapping[str, float]


def measure(quick: bool) -> Measured:
    """All of it; CPU seconds, the best of several runs.

    Raises:
        AssertionError: an answer is further than `MOST_OFF` from the reference's.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        network = network_data.believed(np.random.default_rng(0))
        model = to_pgmpy(network)
        update, table = measure_update(network, model, quick), measure_table(network, model, quick)
    return Measured({**update.ratios, **table.ratios}, {**update.figures, **table.figures})


def measure_update(network: Network, model: Any, quick: bool) -> Measured:
    """`update_vs_fit_update`: rows per second of ours over those of pgmpy's, at 10,000 rows."""
    rows = network_data.rows(network.structure, ROWS, np.random.default_rng(1))
    start = empty(network.structure)
    frame = import_module("pandas").DataFrame(
        {
            name: np.array(node.states)[rows.codes[name]]
            for name, node in network.structure.nodes.items()
        }
    )
    ours = best(lambda: start.update(rows), 20)
    copies = [model.copy() for _ in range(1 if quick else 3)]
    theirs = best(lambda: copies.pop().fit_update(frame, n_prev_samples=ROWS), len(copies))
    off = _counts_off(network, start.update(rows), start, rows, model, frame)
    assert off <= MOST_OFF, f"counts are {off:.3g} off"
    return Measured(
        {"update_vs_fit_update": theirs / ours},
        {"update_rows_per_second": ROWS / ours, "fit_update_rows_per_second": ROWS / theirs},
    )


def _counts_off(
    network: Network, whole: Tallies, start: Tallies, rows: Rows, model: Any, frame: Any
) -> float:
    """Largest difference to the same in ten portions, and to pgmpy's counts of two nodes."""
    portions = start
    for part in np.array_split(np.arange(ROWS)[::-1], 10):
        portions = portions.update(Rows({name: each[part] for name, each in rows.codes.items()}))
    off = [np.abs(portions.tables[n] - table).max() for n, table in whole.tables.items()]
    estimators = import_module("pgmpy.estimators")
    states = {name: list(node.states) for name, node in network.structure.nodes.items()}
    counter = estimators.MaximumLikelihoodEstimator(model, frame, state_names=states)
    for name in ("zone", "unsubscribe"):
        along = axes(network.structure.nodes[name])
        counts = counter.state_counts(name)
        ordered = counts.reorder_levels(along[:-1], axis=1) if len(along) > 2 else counts
        theirs = ordered.sort_index(axis=1).loc[states[name]].to_numpy()
        ours = np.moveaxis(whole.tables[name], -1, 0)
        named = _by_name(ours, [states[each] for each in along[:-1]])
        off.append(np.abs(named.reshape(len(theirs), -1) - theirs).max())
    return float(max(off))


def _by_name(table: Any, states: list[list[str]]) -> Any:
    """The table with the states of each parent in alphabetical order, as pandas sorts them."""
    for axis, names in enumerate(states, start=1):
        table = np.take(table, np.argsort(names), axis=axis)
    return table


def measure_table(network: Network, model: Any, quick: bool) -> Measured:
    """`table_vs_ve_loop` and `table_vs_joint_query`: their seconds over ours.

    The loop is extrapolated from some hundred of its 32,000 queries.
    """
    engine = import_module("pgmpy.inference").VariableElimination(model)
    rates = compile_table(network, GIVEN, (STAGE,)).rates[..., 0]
    ours = best(lambda: compile_table(network, GIVEN, (STAGE,)), 50)
    joint = best(lambda: _joint(engine), 3 if quick else 20)
    off = np.abs(_joint(engine) - rates).max()
    cells = np.random.default_rng(2).choice(CELLS, 100 if quick else 500, replace=False)
    begun = time.process_time()
    asked = [_cell(engine, network, int(cell)) for cell in cells]
    loop = (time.process_time() - begun) / len(cells) * CELLS
    off = max(off, np.abs(np.array(asked) - rates.ravel()[cells]).max())
    assert off <= MOST_OFF, f"rates are {off:.3g} off"
    return Measured(
        {"table_vs_ve_loop": loop / ours, "table_vs_joint_query": joint / ours},
        {
            "table_milliseconds": 1e3 * ours,
            "joint_query_milliseconds": 1e3 * joint,
            "ve_query_milliseconds": 1e3 * loop / CELLS,
            "table_largest_difference": float(off),
        },
    )


def _cell(engine: Any, network: Network, cell: int) -> float:
    places = np.unravel_index(cell, SIZES)
    evidence = {
        name: network.structure.states(name)[at] for name, at in zip(GIVEN, places, strict=True)
    }
    found = engine.query([STAGE], evidence=evidence, show_progress=False)
    return float(found.values[found.state_names[STAGE].index(YES_NO[YES])])


def _joint(engine: Any) -> Any:
    """[SIZES] rates out of one query of everything."""
    found = engine.query([*GIVEN, STAGE], show_progress=False)
    order = [found.variables.index(name) for name in (*GIVEN, STAGE)]
    values = found.values.transpose(order)
    return values[..., found.state_names[STAGE].index(YES_NO[YES])] / values.sum(axis=-1)


def best(work: Callable[[], object], times: int) -> float:
    """CPU seconds of the quickest of several runs."""
    found = []
    for _ in range(times):
        begun = time.process_time()
        work()
        found.append(time.process_time() - begun)
    return min(found)
