"""The half that was kept away from the oracle until it was done."""
