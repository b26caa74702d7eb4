"""Where launches happen: each source proposes rows of the ledger, with the evidence for their clock."""
