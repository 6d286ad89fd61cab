"""The dictionary of figures and columns is made from the declarations and is up to date."""

from django.core.management import call_command

from registry.figures import FIGURES
from registry.kinds import KINDS
from registry.management.commands.dictionary import DOCS, domain_models


def test_the_dictionary_is_what_the_declarations_say():
    call_command("dictionary", check=True)


def test_the_dictionary_holds_every_figure_and_kind():
    text = (DOCS / "DICTIONARY.md").read_text(encoding="utf-8")
    assert all(f"| `{slug}`" in text for slug in FIGURES)
    assert all(f"### `{slug}`" in text for slug in KINDS)


def test_the_glossary_holds_every_record_under_its_word():
    text = (DOCS / "GLOSSARY.md").read_text(encoding="utf-8")
    assert all(f"{model._meta.verbose_name} · " in text for model in domain_models())
    assert "| 精品 · Premium | `premium` |" in text
