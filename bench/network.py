"""The Bayesian network beside pgmpy: how fast evidence is taken in and response tables are made.

Equality with exact inference, to 1e-9, is part of it: where it fails, so does the benchmark.
"""

from bench.support import network_speed, report


def measured(quick: bool) -> report.Report:
    """Quick: fewer runs of the references."""
    found = network_speed.measure(quick)
    return report.Report("network", found.ratios, found.figures)


if __name__ == "__main__":
    report.run(__doc__ or "", measured)
