"""The Bayesian network beside pgmpy: how fast evidence is taken in and response tables are made.

Equality with exact inference, to 1e-9, is part of it: where it fails, so does the benchmark.
"""

from bench.support import network_speed, report


def main() -> None:
    """Measures and prints; with --quick fewer runs of the references."""
    told = report.arguments(__doc__ or "")
    measured = network_speed.measure(told.quick)
    report.publish(report.Report("network", measured.ratios, measured.figures), told.json)


if __name__ == "__main__":
    main()
