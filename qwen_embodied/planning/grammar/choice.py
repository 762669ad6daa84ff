"""Chooses among the objects that fit a description: ordinals, superlatives, numbers."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import replace

from qwen_embodied.messages import SceneObject
from qwen_embodied.planning.grammar import measures, speech
from qwen_embodied.planning.grammar.syntax import Noun, Unclear
from qwen_embodied.planning.grammar.table import Table

# Words that several objects may deserve, unlike 'largest'.
_PLAIN = frozenset(('big', 'large', 'small', 'little', 'tiny', 'tall', 'short', 'huge', 'long'))


class Chooser:
    """Counts and chooses; the objects that fit are found by the subclass."""

    table: Table
    current: tuple[str, ...] = ()

    def target(self, noun: Noun, role: str, movers: tuple[str, ...] = ()) -> str:
        """Give the id of the one object a noun refers to; implemented where nouns are resolved."""
        raise NotImplementedError

    def chosen(self, noun: Noun, found: tuple[str, ...]) -> tuple[str, ...]:
        """Apply ordinals, extremes and numbers."""
        limit = noun.count or (1 if not noun.is_many else None)
        if noun.ordinal is not None:
            return self._nth(noun, found)
        if noun.reference is not None and noun.reference[0] != 'same_colour_as':
            word, other = noun.reference
            is_mover = other.is_pronoun and len(self.current) == 1
            anchor = self.current[0] if is_mover else self.target(other, 'any')
            rest = tuple(name for name in found if name != anchor)
            return self._best(noun, measures.by_distance(self.table, rest, anchor, word), limit)
        is_any = noun.quantifier in ('a', 'some') or (noun.quantifier == 'bare' and noun.count)
        limit = None if is_any and _PLAIN & set(noun.extremes) else limit
        sides = [place.word for place in noun.where if place.kind == 'side' and not noun.is_many]
        for word in (*noun.extremes, *sides):
            found = self._best(noun, measures.by_extreme(self.table, found, word), limit)
        if noun.side is not None and noun.count is not None:
            return self._best(noun, measures.by_extreme(self.table, found, noun.side), noun.count)
        return self._counted(noun, found)

    def _best(self, noun: Noun, ranking: measures.Ranking, limit: int | None) -> tuple[str, ...]:
        best = measures.best(ranking, limit)
        if best is None:
            raise Unclear(speech.which(singular(noun), self.items(ranking.names)))
        return best

    def _nth(self, noun: Noun, found: tuple[str, ...]) -> tuple[str, ...]:
        if noun.quantifier in ('all', 'each', 'rest'):
            raise Unclear(f"Which ones exactly are '{noun.text}'?")
        sides = [place.word for place in noun.where if place.kind == 'side']
        word = noun.side or (noun.extremes[0] if noun.extremes else None)
        number = noun.ordinal or 1
        if word is None and sides:
            # The last block on the right is the rightmost, as is the first.
            word, number = sides[-1], max(number, 1)
        if word is None:
            raise Unclear(f"From which side do I count for '{noun.text}': left or right?")
        ranking = measures.by_extreme(self.table, found, word)
        wanted = noun.count or 1
        number = number if number > 0 else len(found) + 2 + number - wanted
        if number < 1 or number - 1 + wanted > len(ranking.names):
            count = len(ranking.names)
            raise Unclear(f'I see only {count} of them. {speech.sight(self.items(found))}')
        first, last = number - 1, number - 1 + wanted
        values = ranking.values
        for edge in (first, last):
            inside = 0 < edge < len(values)
            if inside and values[edge] - values[edge - 1] < min(ranking.tolerance, 0.01):
                raise Unclear(speech.which(singular(noun), self.items(ranking.names)))
        return ranking.names[first:last]

    def _counted(self, noun: Noun, found: tuple[str, ...]) -> tuple[str, ...]:
        wanted = 2 if noun.quantifier == 'both' else noun.count
        if noun == Noun('anything', quantifier='all', head='object') and len(found) > 1:
            raise Unclear(f'Which one should I take? {speech.sight(self.items(found))}')
        is_vague = noun.quantifier in ('a', 'some') and noun.plural and noun.head != 'object'
        if wanted is None and is_vague and len(found) > 1:
            raise Unclear(f"How many are '{noun.text}'? {speech.sight(self.items(found))}")
        if wanted is not None:
            return self._exactly(noun, found, wanted)
        loose_any = noun.text.startswith('any ') and not noun.plural
        if noun.quantifier in ('a', 'some', 'another') or loose_any:
            return self._any(found)
        bare_colour = noun.quantifier == 'bare' and not noun.head and noun.colours
        if noun.is_many or (bare_colour and not noun.extremes):
            self._refuse_missing_colours(noun, found)
            return found
        if len(found) > 1:
            found = self.neighbour(noun, found)
        if len(found) > 1:
            raise Unclear(speech.which(singular(noun), self.items(found)))
        return found

    def neighbour(self, noun: Noun, found: tuple[str, ...]) -> tuple[str, ...]:
        """Give the nearest of those beside something; implemented where places are known."""
        raise NotImplementedError

    def _exactly(self, noun: Noun, found: tuple[str, ...], wanted: int) -> tuple[str, ...]:
        if wanted < 1 or len(found) < wanted:
            seen = speech.sight(self.items(found))
            raise Unclear(f"You said '{noun.text}', but I count {len(found)}. {seen} What now?")
        is_loose = noun.quantifier in ('bare', 'a', 'some') or noun.text.startswith('any ')
        if len(found) > wanted and not is_loose:
            raise Unclear(speech.which(singular(noun), self.items(found)))
        free = [n for n in found if not self.table.upon(n)]
        return tuple((free if len(free) >= wanted else list(found))[:wanted])

    def _any(self, found: tuple[str, ...]) -> tuple[str, ...]:
        free = tuple(n for n in found if not self.table.upon(n) and n not in self.table.mentioned)
        return tuple((free or found)[:1])

    def _refuse_missing_colours(self, noun: Noun, found: tuple[str, ...]) -> None:
        for colour in noun.colours:
            if not any(self.table.items[name].colour in colour for name in found):
                raise Unclear(self.absent(replace(noun, text=' or '.join(sorted(colour)))))

    def absent(self, noun: Noun) -> str:
        """Say that nothing fits a noun, and what there is."""
        seen = speech.sight(self.table.items.values())
        if noun.quantifier in ('rest', 'other', 'another'):
            return f"There is nothing left that fits '{noun.text}'. {seen}"
        return f"I see no '{singular(noun)}'. {seen} What should I do?"

    def blocks(self) -> tuple[str, ...]:
        """Give what 'them' and 'a tower' are made of where nothing was named."""
        free = [n for n in self.table.items if n not in self.table.protected]
        lifted = [n for n in free if self.table.is_movable(n)]
        found = [n for n in lifted if self.table.items[n].shape in ('cube', 'box')]
        if len(found) < 2:
            found = [n for n in lifted if not self.table.items[n].is_container]
        if len(found) < 2:
            seen = speech.sight(self.table.items.values())
            raise Unclear(f'Of what? I need at least two objects that I can lift. {seen}')
        return tuple(found)

    def items(self, names: tuple[str, ...]) -> list[SceneObject]:
        """Give the objects of ids."""
        return [self.table.items[name] for name in names]

    def the(self, name: str) -> str:
        """Name an object: 'the red cube'."""
        return speech.the(self.table.items[name])


def singular(noun: Noun) -> str:
    """Give the words of a noun without 'all' and its like before them."""
    if noun.quantifier in ('all', 'each', 'rest') and noun.head in ('', 'object'):
        return 'object'
    text = noun.text
    for word in ('all ', 'every ', 'each ', 'both '):
        text = text.removeprefix(word)
    return text
