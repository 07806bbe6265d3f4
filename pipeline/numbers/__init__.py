"""How do figures come about? The ledger, the models, and what each version may know."""
