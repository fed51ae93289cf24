"""Sample papers and numbers: realistic, invented, repeatable. `python -m samples FOLDER` writes a folder of them."""
