"""The half that was looked at while the oracle was written."""
