"""What people look at: pages, plots and terminal views of readings and timelines."""
