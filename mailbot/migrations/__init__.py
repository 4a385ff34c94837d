"""The steps that bring a database to the shape of `mailbot.models`; `mailbot.database` runs them at start."""
