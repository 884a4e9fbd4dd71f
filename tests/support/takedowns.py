"""Made-up contents of takedown requests. Nobody has these names, addresses and numbers."""

from registry.domain.takedowns import ElementKind, ElementValue, Profile

TARGET = "https://video.example/watch/1"


def complete_elements(profile: Profile) -> dict[str, ElementValue]:
    """Returns every element of a profile but the address, in form."""
    made: dict[ElementKind, ElementValue] = {
        ElementKind.NAME: "Kim Made-Up",
        ElementKind.CONTACT: "someone@made-up.example",
        ElementKind.TEXT: "A clip of two minutes, third on the page.",
        ElementKind.STATEMENT: True,
    }
    return {
        element.id: element.choices[0] if element.kind is ElementKind.CHOICE else made[element.kind]
        for element in profile.elements
        if element.kind is not ElementKind.ADDRESS
    }
