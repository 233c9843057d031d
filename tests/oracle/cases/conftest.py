"""The cases themselves hold no tests: tests/oracle/test_cases.py goes through them."""

collect_ignore = ["a", "b"]
