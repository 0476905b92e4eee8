"""Real servers on one machine, for development and the integration tests: fetched, started, ended by pid."""
