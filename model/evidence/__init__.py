"""Evidence that both ends share: the signed chain of records, its verification, codes, receipts and anchors."""
