"""What is needed to run the pipeline year after year? Records of its runs, backups."""
