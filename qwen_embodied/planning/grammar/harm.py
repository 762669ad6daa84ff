"""Words that allow nothing: of harm, of people, and of going round the rules."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from qwen_embodied.planning.grammar.words import word_set

HARM = word_set("""
    hit hurt harm smash crush stab poison burn attack kill punch slap strangle injure wound beat
    maim murder shoot explode bomb threaten scald electrocute choke assault weapon break destroy
    shatter demolish wreck sabotage
""")
PEOPLE = word_set("""
    person people human humans man woman men women child children kid kids baby operator someone
    somebody anyone face head eye eyes finger fingers neck throat body skin hair cat dog pet
    animal worker visitor bystander hand hands
""")
NO_RULES = word_set("""
    disregard override bypass jailbreak unrestricted pretend roleplay hypothetically base64 decode
    uncensored
""")
