"""The receiver's check that a series is pseudonymised: verify.verify makes the only VerifiedSeries."""
