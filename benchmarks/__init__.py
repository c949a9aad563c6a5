"""Benchmarks: ratios, each of two things that are measured in turn in one run. No part of the tests."""
