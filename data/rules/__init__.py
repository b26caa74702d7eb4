"""The exchanges' rules by date, one file per family; pure functions of facts, vectorised over sessions."""
