"""Which cells does an exhibit show, and how? Tables, charts and headline figures."""
