"""The simulated market that ships with the package: `market.zip`, and how it is made (README.md)."""
