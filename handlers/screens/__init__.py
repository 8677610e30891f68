"""Screens and messages as values: what each says and asks, which act each button is. No platform, no markup."""
