"""What does a scheduled run do when something goes wrong? Drills, with figures."""
