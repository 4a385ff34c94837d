"""What mailbot promises, as tests that try to break it."""
