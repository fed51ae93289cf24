"""`python -m samples.portfolio`: writes the portfolio's CSV files anew."""

from samples.portfolio import FOLDER
from samples.portfolio.made import files

if __name__ == "__main__":
    for name, text in files().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
