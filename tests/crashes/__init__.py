"""mailbot as a process: started, killed, restarted, frozen out, and counted afterwards."""
