"""Real and scripted servers for tests: all on 127.0.0.1, on ports and in folders of their own, gone when closed."""
