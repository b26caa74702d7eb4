"""The fast path: many parameter points side by side, where the account never binds."""
