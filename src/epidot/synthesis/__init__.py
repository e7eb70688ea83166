"""From a recipe to a population of dots: recipes, dosing, mechanisms and the engines that run them."""
