"""What a person types and reads. The only room that knows Typer, Rich, stdout and stderr."""
