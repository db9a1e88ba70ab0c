"""What benchmarks share; every module beside this package is a benchmark."""
