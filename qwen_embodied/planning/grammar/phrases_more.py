"""More word sequences that mean one thing: ways to point, to compare and to order."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from itertools import product

Phrase = tuple[tuple[str, ...], tuple[str, ...]]

_LINES = """
    with your gripper > | with the gripper > | using your gripper > | using the gripper >
    with your arm > | with the arm > | using the arm > | using your arm > | with your hand >
    with the robot arm > | using the robot arm >
    pick and place > put | grab and place > put | grab and put > put | take and put > put
    pick up and place > put | pick up and put > put | pick and put > put
    end up > be | ends up > is | ending up > be | finish up > be | wind up > be
    needs to > should | has to > should | have to > should | ought to > should | got to > should
    is supposed to > should | are supposed to > should | is meant to > should | need to > should
    should end > should be | must end > should be
    why do not you > | why not > | how about > | what about >
    so that > so_that | such that > so_that | in such a way that > so_that
    so it is > so_that it is
    so they are > so_that they are
    or else > otherwise | else > otherwise | if not > otherwise
    in case > if | provided that > if | provided > if | as long as > if | as soon as > once
    you can see > you see | you find > you see | you spot > you see | you notice > you see
    more than > more_than | greater than > more_than
    fewer than > fewer_than | less than > fewer_than | at least > at_least | no more than > at_most
    at most > at_most | exactly > exactly
    grab hold of > grab | get hold of > grab | hold on to > hold | hold onto > hold
    take hold of > take | keep hold of > hold | get a hold of > grab
    starting from the bottom > from_bottom | starting at the bottom > from_bottom
    beginning at the bottom > from_bottom | starting from the top > from_top
    starting at the top > from_top | beginning at the top > from_top
    beginning from the bottom > from_bottom | starting from the left > from_left
    starting at the left > from_left | starting from the right > from_right
    starting on the left > from_left | starting with the bottom one > from_bottom
    check if > if | check whether > if | see if > if | see whether > if | if so > then
    if yes > then | while there are > if there are | reach for > find | search for > find
    look for > find | as for > | regarding > | concerning > | in the same bowl > there
    in the same bin > there | in the same container > there | in the same box > there
    into the same bowl > there | into the same bin > there | into the same container > there
    into the same box > there | on the same tray > there | onto the same tray > there
    what i want is > want | what i need is > want | what i would like is > want
    have you > unknown_past | had you > unknown_past | has it > unknown_past
    you should have > unknown_past | you could have > unknown_past | should have > unknown_past
    could have > unknown_past | would have > unknown_past | must have > unknown_past
    go on and > | carry on and > | come on and > | save for > except | all save > all except
    that has its colour > matching | which has its colour > matching | of that colour > matching
    that have their colour > matching | that has the colour > with the colour
    from the bottom > from_bottom | from the top > from_top | from the base > from_bottom
    once finished > then | once you are finished > then | once you have finished > then
    so it > so_that it | away from the table > from the table | i would like to see > want
    into the interior of > in | in the interior of > in | to the inside of > in
    into the inside of > in | on the inside of > in | closer to > closer_to
    closer towards > closer_to | nearer towards > closer_to
    further to the > to the
    farther to the > to the | move over > move | looks like > is | look like > are
    that matches the colour of > same_colour_as | that match the colour of > same_colour_as
    matching the colour of > same_colour_as | switch places > swap | trade places > swap
    change places > swap | swap places > swap | exchange places > swap
    with the color > with the colour | coloured in > coloured | nothing else > nothing_else
    towards > toward | rebuild > build | second to last > last_but_one
    second last > last_but_one | last but one > last_but_one
    next to last > last_but_one | penultimate > last_but_one
    furthest to the right > rightmost | farthest to the right > rightmost
    furthest to the left > leftmost | farthest to the left > leftmost
    furthest right > rightmost | farthest right > rightmost | furthest left > leftmost
    farthest left > leftmost | most to the left > leftmost | most to the right > rightmost
    furthest to the front > frontmost | furthest to the back > rearmost
    the same colour as > same_colour_as | same colour as > same_colour_as
    the same color as > same_colour_as | same color as > same_colour_as
    of the same colour as > same_colour_as | with the same colour as > same_colour_as
    of the same color as > same_colour_as | with the same color as > same_colour_as
    in the same colour as > same_colour_as | in the same color as > same_colour_as
    underneath > under | beneath > under | below > under
    right next to > next_to | just next to > next_to | directly beside > next_to
    right beside > next_to | immediately next to > next_to | near by > next_to
    alongside of > next_to | just left of > left_of | just right of > right_of
    immediately left of > left_of | immediately right of > right_of
    together in > in | together on > on | together into > in | together onto > on
    together inside > in | all together > together | together to > to
    in its own > in matching | in their own > in matching | in its matching > in matching
    into its own > in matching | into its matching > in matching
    in its corresponding > in matching
    one of each colour > unknown_set | one of each color > unknown_set
    one line > a line | one row > a row | in one line > in_row | into one line > in_row
    into one row > in_row | in a neat row > in_row | in a neat line > in_row
    see to it > want | serving tray > tray | trash can > bin | garbage can > bin
    trash bin > bin | rubbish bin > bin | dust bin > bin | waste bin > bin
    toy block > block | toy blocks > blocks | building block > block | building blocks > blocks
    wooden block > block | wooden blocks > blocks | wooden cube > cube | wooden cubes > cubes
    toy cube > cube | toy cubes > cubes | wood block > block | wood blocks > blocks
    toy ball > ball | plastic ball > ball | plastic cube > cube | plastic block > block
    cube shaped > cubic | ball shaped > spherical | box shaped > rectangular
    cylinder shaped > cylindrical | shaped like a ball > spherical
    red in color > red | in color > | in colour > | colour wise >
    in the middle > on_middle | at the middle > on_middle
    first and foremost > , | let me have > want | the contents of > everything in
    the content of > everything in | all that is > everything that is
    what lies > what is | whatever lies > what is | what sits > what is | what stands > what is
    everything which > everything that | anything that > everything that
    anything which > everything that | all things that > everything that
    one after the other > | one after another > | one by one > | one at a time >
    everyone of the > all | every single > every | each and every > every | any and all > all
    and so on > unknown_rest | and so forth > unknown_rest | et cetera > unknown_rest
    in the bottom > on_bottom | at the very bottom > on_bottom | as base > on_bottom
    as the foundation > on_bottom | as the lowest > on_bottom | as the topmost > on_top
    on the very bottom > on_bottom | on bottom > on_bottom | as top > on_top
    lay out > arrange | take down > unstack | taking down > unstack | pull apart > unstack
    take off > take | takes off > take | in that case >
    leave nothing > unknown_rest | as before > unknown_rest
    to its right > to the right of it | to its left > to the left of it
    on its right > to the right of it | on its left > to the left of it
    on top of it > on it | on top of that > on that | on top of this > on this
    at the far end > on_back | at the near end > on_front
    first and then > then | first , then > then | first and after that > then
    further from > farthest_from | farther from > farthest_from
    further away from > farthest_from | farther away from > farthest_from
    nearest the > nearest_to the | closest the > nearest_to the
    so that the colours match > matching | so that colours match > matching
    such that the colours match > matching | so the colours match > matching
    so that the colors match > matching | so that colors match > matching
    such that the colors match > matching | so the colors match > matching
    in the air > | into the air > | use your arm to > | use the arm to > | use your hand to >
    use the gripper to > | use your gripper to > | open the gripper > release
    open your gripper > release | open gripper > release | open your hand > release
    close the gripper > grab it | close your gripper > grab it | close gripper > grab it
    without dropping it > | and tell me when you are done > | and tell me when done >
    and let me know when you are done > | do you see > you see | can you see > you see
    whose colour is > that is | whose color is > that is
    having the colour > with the colour | having the color > with the colour
    left edge of > left side of | as well > too | likewise > then
"""


def more_phrases() -> dict[tuple[str, ...], tuple[str, ...]]:
    """Give word sequences with the words they stand for."""
    table: dict[tuple[str, ...], tuple[str, ...]] = {}
    for entry in _LINES.replace('\n', '|').split('|'):
        if '>' in entry:
            left, right = entry.split('>')
            table[tuple(left.split())] = tuple(right.split())
    return table | dict(_extreme_sides()) | dict(_edges())


def _extreme_sides() -> list[Phrase]:
    """Spell out 'at the very left', 'on the extreme right end' and their like."""
    found: list[Phrase] = []
    for preposition, degree, side, tail in product(
        ('on', 'at', 'to'), ('very', 'extreme', 'far'), ('left', 'right'),
        ((), ('end',), ('side',), ('edge',)),
    ):  # fmt: skip
        found.append(((preposition, 'the', degree, side, *tail), (f'on_{side}',)))
    return found


def _edges() -> list[Phrase]:
    """Spell out 'at the top side' and 'in the upper left of the board': the top is the back."""
    found: list[Phrase] = []
    for preposition, (word, depth) in product(
        ('in', 'on', 'at', 'to', 'onto', 'towards', 'toward'),
        (('top', 'back'), ('upper', 'back'), ('bottom', 'front'), ('lower', 'front')),
    ):
        for tail in ('side', 'edge', 'half'):
            found.append(((preposition, 'the', word, tail), (f'on_{depth}',)))
        for side, table in product(('left', 'right'), ('table', 'board', 'tabletop', 'desk')):
            said = (preposition, 'the', word, side, 'of', 'the', table)
            found.append((said, ('at', f'corner_{depth}_{side}')))
    return found
