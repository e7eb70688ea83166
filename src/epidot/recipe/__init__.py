"""What is put into a flask and done to it: recipes as data, their events, doses and accounts."""
