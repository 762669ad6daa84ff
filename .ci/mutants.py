"""How many small changes of the safety rules the tests of test/safety notice.

mutmut changes the rules and runs the tests; this chooses a random sample of its mutants, the same
for the same seed, and counts. Left out as equal for every test: text, that is a string with a
space in it. What mutmut itself leaves out: annotations, docstrings, f-strings, constants of
modules and classes, properties.
"""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import argparse
import ast
import math
import random
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from mutmut.mutation.data import SourceFileMutationData
from mutmut.mutation.file_mutation import mutate_file_contents
from mutmut.utils.file_utils import walk_mutatable_files
from mutmut.utils.format_utils import get_mutant_name

LEAST = 2  # mutants of each module in a sample
Z = 1.959964  # of the normal distribution, for 95 %


def mutants(path: Path) -> list[str]:
    """Give the names of the mutants of a file, without those that only change text."""
    mutated = mutate_file_contents(str(path), path.read_text(encoding='utf-8'))
    functions = {
        node.name: node
        for node in ast.walk(ast.parse(mutated.code))
        if isinstance(node, ast.FunctionDef)
    }
    return [
        get_mutant_name(path, name)
        for name in mutated.mutant_names
        if not _changes_text(functions[f'{name.rpartition("_")[0]}_orig'], functions[name])
    ]


def _changes_text(before: ast.FunctionDef, after: ast.FunctionDef) -> bool:
    texts, shapes = [], []
    for function in (before, after):
        strings = [node for node in ast.walk(function)
                   if isinstance(node, ast.Constant) and isinstance(node.value, str)]  # fmt: skip
        texts.append([node.value for node in strings])
        for node in strings:
            node.value = ''
        shapes.append([ast.dump(part) for part in (function.args, *function.body)])
        for node, text in zip(strings, texts[-1], strict=True):
            node.value = text
    if shapes[0] != shapes[1]:
        return False
    changes = zip(*texts, strict=True)
    return any(old != new and ' ' in old for old, new in changes)


def sample(names: dict[str, list[str]], count: int, seed: int) -> dict[str, list[str]]:
    """Choose names of each module in proportion to how many it has."""
    chance, total = random.Random(seed), sum(map(len, names.values()))
    return {
        module: chance.sample(given, min(len(given), max(LEAST, len(given) * count // total)))
        for module, given in sorted(names.items())
        if given
    }


def wilson(killed: int, count: int) -> tuple[float, float]:
    """Give the 95 % interval of a share."""
    share, turn = killed / count, Z**2 / count
    middle = (share + turn / 2) / (1 + turn)
    half = Z / (1 + turn) * math.sqrt(share * (1 - share) / count + turn / (4 * count))
    return middle - half, middle + half


def verdicts(chosen: dict[str, list[str]]) -> Iterator[tuple[str, str, int | None]]:
    """Give module, name and exit code of the tests of each chosen mutant, as last run."""
    for path in walk_mutatable_files():
        data = SourceFileMutationData(path=path)
        data.load()
        for name in chosen.get(path.stem, ()):
            yield path.stem, name, data.exit_code_by_key.get(name)


def report(chosen: dict[str, list[str]], every: dict[str, list[str]]) -> Iterator[str]:
    """Give the lines of the table, then the names of what survived or was not run."""
    by_module: dict[str, list[bool]] = defaultdict(list)
    left = []
    for module, name, code in verdicts(chosen):
        if code is not None:
            by_module[module].append(code != 0)
        if not code:
            left.append(f'{name}: {"not run" if code is None else "survived"}')
    by_module['all'] = [killed for group in by_module.values() for killed in group]
    yield '| module | mutants | sample | killed | 95 % interval |'
    yield '|---|---|---|---|---|'
    for module, killed in by_module.items():
        size = sum(map(len, every.values())) if module == 'all' else len(every[module])
        low, high = wilson(sum(killed), len(killed))
        share = f'{sum(killed)} ({sum(killed) / len(killed):.1%})'
        yield f'| {module} | {size} | {len(killed)} | {share} | {low:.1%} to {high:.1%} |'
    yield from left


def main() -> None:
    """Sample, run and report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--count', type=int, default=350, help='mutants in the sample')
    parser.add_argument('--seed', type=int, default=0)
    parser.add_argument('--children', type=int, default=1, help='processes that run tests')
    parser.add_argument('--list', action='store_true', help='print the sample and end')
    parser.add_argument('--report', action='store_true', help='report what was run before')
    given = parser.parse_args()
    every = {path.stem: mutants(path) for path in walk_mutatable_files()}
    chosen = sample(every, given.count, given.seed)
    names = [name for group in chosen.values() for name in group]
    if given.list:
        sys.stdout.write('\n'.join(names) + '\n')
        return
    if not given.report:
        mutmut = str(Path(sys.executable).with_name('mutmut'))
        options = ['--max-children', str(given.children)]
        subprocess.run([mutmut, 'run', *options, *names], check=True)
    sys.stdout.write('\n'.join(report(chosen, every)) + '\n')


if __name__ == '__main__':
    main()
