"""Everything that persona promises, in one report: each part beside its own reference.

The parts are benchmarks of their own: the network beside pgmpy, pooling beside NUTS, lives and
assignment beside scikit-learn, the stream beside bare upserts. One that fails fails this one.
"""

from bench import features, life, network, pooling
from bench.support import report

PARTS = (network, pooling, life, features)


def measured(quick: bool) -> report.Report:
    """All parts after another; quick: each quick."""
    ratios: dict[str, float] = {}
    figures: dict[str, float] = {}
    for part in PARTS:
        print(f"measuring {part.__name__}", flush=True)
        found = part.measured(quick)
        ratios |= found.ratios
        figures |= found.figures
    return report.Report("persona", ratios, figures)


if __name__ == "__main__":
    report.run(__doc__ or "", measured)
