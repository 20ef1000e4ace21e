"""What is said to people, in their language; decides nothing and asks no database."""
