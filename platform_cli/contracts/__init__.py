"""The contract language: load, compare, judge the version, resolve pins."""
