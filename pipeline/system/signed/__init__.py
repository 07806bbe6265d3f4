"""What can nobody change unseen? Chains of records, and who signed them."""
