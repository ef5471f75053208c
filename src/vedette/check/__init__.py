"""What is wrong in a stack or in anybody's files, found before it runs. One file per check; nothing is loaded here."""
