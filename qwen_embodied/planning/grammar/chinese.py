"""Reads Chinese commands: a second lexicon that is rewritten into the grammar's English.

把 N 放到 P 里 becomes 'put N in P'; each clause is one pattern, each noun is read word by word.
What no pattern fits is None, and the planner asks.
"""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import re
import unicodedata

from qwen_embodied.planning.grammar.chinese_nouns import TABLE, noun, nouns, place

_CHINESE = re.compile(r'[\u4e00-\u9fff]')
_JOINTS = re.compile(
    r'[，,。；;！!？?\s]+|然后再|然后|接着|随后|之后|接下来|并且|最后再|最后|完了以?后?|完成后|做完后?|放完后?|(?<!旁)并(?!排)'
)
_THEN = re.compile(r'然后|接着|随后|之后|接下来|最后|完了|完成后|做完|放完')
_POLITE = re.compile(
    r'^(请问|请你|请|麻烦你|麻烦|帮个忙|帮我个忙|帮我|帮忙|给我|你能不能|你能|你可以|能不能|能|只|依次|可不可以|可以|机器人|首先|先|再|你|快|'
    r'现在|一下|我(?:想|要|希望|需要)(?:让|要|请)?你?|任务是|你的任务是|就|那么|那|则|接下来)+'
)
_TAIL = re.compile(r'(吧|好吗|可以吗|谢谢|吗|了|呢|一下)+$')
_PUT = (
    r'(?P<a>都|全部都|全部|全都|统统|一起|分别|依次|逐个|一个一个地?)*'
    r'(?:(?:拿|取|抓|夹|捡)(?:起来|出来|出|起)(?:并|然后|再|后)?)?'
    r'(?P<v>放置|摆放|移动|转移|收拾|收|放|摆|移|拿|搬|丢|扔|装|投|挪|送|塞|运|存|归|搁|倒|置|搬运|分类|分)'
    r'(?P<i>(?:到|进|入|在|至|回|去|于)*)'
)
_INTO = ('装', '塞', '投')
_BALL = r'(?P<n>.+?)'
_OF = r'(?:把|将)'
_WAYS = {'左': 'left', '右': 'right', '前': 'forward', '后': 'back'}
_ENDS = {'上': 'on top', '顶': 'on top', '下': 'at the bottom', '底': 'at the bottom'}
_ALL = ('都', '分别', '依次', '逐个', '全部都', '全部', '全都', '统统')
_UNITS = {'厘米': 'cm', '公分': 'cm', 'cm': 'cm', '毫米': 'mm', 'mm': 'mm', '米': 'm', 'm': 'm'}
_NUMBERS = {c: str(n) for n, c in enumerate('零一二三四五六七八九十')} | {'两': '2', '半': '0.5'}
_ORDERS = {
    '从大到小': 'from largest to smallest', '由大到小': 'from largest to smallest',
    '从小到大': 'from smallest to largest', '由小到大': 'from smallest to largest',
    '按大小': 'by size', '按照大小': 'by size', '按尺寸': 'by size', '按大小顺序': 'by size',
    '从高到低': 'from tallest to shortest', '从高到矮': 'from tallest to shortest',
}  # fmt: skip
_ORDER = '(?P<o>' + '|'.join(sorted(_ORDERS, key=len, reverse=True)) + ')?'
_NUMBER = r'(?P<k>\d+(?:\.\d+)?|[一二两三四五六七八九十半])'

_TABLES = {'e': _ENDS, 'w': _WAYS, 'o': _ORDERS, 'u': _UNITS, 'k': _NUMBERS}

_PATTERNS: tuple[tuple[str, str], ...] = (
    (rf'(?:不要|别|不许|请勿|不能|不准)(?:再)?(?:触碰|移动|碰|动|拿){_BALL}', 'do not touch {n}'),
    (rf'{_BALL}(?:不要|别|不许|不能|不准)(?:再)?(?:触碰|移动|碰|动|拿)', 'do not touch {n}'),
    (rf'{_OF}?{_BALL}(?:都)?(?:向|往|朝)?推(?:向|到|往)(?P<w>[左右前后])(?:边|方|面)?', 'push {n} {w}'),
    (rf'(?:拿|取|抓|夹){_BALL}{_PUT}(?P<p>.+)', 'put {n} {p}'),
    (rf'(?:按|按照|根据)颜色(?:给|把|将)?{_BALL}(?:进行)?(?:分类|归类|分拣|整理|分开)', 'sort {ns} by colour'),
    (rf'(?:按|按照|根据)颜色{_OF}{_BALL}{_PUT}(?P<p>.+)', 'sort {ns} by colour'),
    (rf'(?:按|按照|根据)颜色(?:分类|归类|分拣|整理|分开){_BALL}', 'sort {ns} by colour'),
    (rf'{_OF}{_BALL}(?:都)?(?:按|按照|根据)颜色.*(?:对应|相应|匹配|同色|相同).*', 'sort {ns} by colour'),
    (rf'{_OF}{_BALL}(?:都)?(?:按|按照|根据)颜色(?:进行)?(?:分类|归类|分拣|整理|分开)', 'sort {ns} by colour'),
    (rf'{_OF}{_BALL}{_ORDER}(?:排|摆|放|站)成(?:一)?(?:排|行|条线|条直线|条)', 'put {ns} in a row {o}'),
    (rf'{_OF}{_BALL}{_ORDER}(?:排|摆|放)成(?:一)?列', 'put {ns} in a column {o}'),
    (rf'(?:交换|互换|对调)(?:一下)?{_BALL}(?:和|与|跟){_BALL[:-1].replace("<n>", "<m>")})(?:的)?(?:位置)?', 'swap {n} and {m}'),
    (rf'{_OF}{_BALL}(?:和|与|跟)(?P<m>.+?)(?:的位置)?(?:交换|互换|对调)(?:位置|过来)?', 'swap {n} and {m}'),
    (rf'{_OF}{_BALL}(?:都)?{_ORDER}(?:叠|堆|摞|垒)(?:放)?(?:起来|在一起|成一堆|成一摞|成塔|成一座塔|好)', 'stack {ns} {o}'),
    (rf'{_OF}{_BALL}{_ORDER}(?:从左到右)?(?:排|摆|放|站)成(?:一)?(?:排|行|条线|条直线|条)', 'put {ns} in a row {o}'),
    (rf'用{_BALL}{_ORDER}(?:搭|堆|建|搭建|叠)(?:成)?(?:一个|一座|个|座)?塔', 'build a tower of {ns} {o}'),
    (rf'(?:搭|堆|建|搭建)(?:一个|一座|个|座)?{_NUMBER}层(?:的|高的)?塔', 'build a tower of {k}'),
    (rf'{_OF}{_BALL}(?:都)?(?:叠|堆|摞|垒)(?:放|叠)?(?:到|在|于)(?P<p>.+)', 'stack {n} {p}'),
    (rf'{_OF}{_BALL}(?:向|往|朝)(?P<w>[左右前后])(?:边|方|面)?(?:推动|推)(?:动)?(?:一点儿?|一些|一下)', 'push {n} {w}'),
    (rf'{_OF}{_BALL}(?:向|往|朝)(?P<w>[左右前后])(?:边|方|面)?(?:推动|推)(?:动)?(?:{_NUMBER}(?P<u>厘米|公分|毫米|cm|mm|米|m))?', 'push {n} {w} {d}'),
    (rf'(?:向|往|朝)(?P<w>[左右前后])(?:边|方|面)?推{_BALL}(?:{_NUMBER}(?P<u>厘米|公分|毫米|cm|mm|米|m))?', 'push {n} {w} {d}'),
    (rf'{_OF}{_BALL}(?:向|往|朝)(?P<w>[左右前后])(?:边|方|面)?(?:移动|挪动|移|挪)(?:{_NUMBER}(?P<u>厘米|公分|毫米|cm|mm|米|m))?', 'move {n} {d} to the {w}'),
    (rf'从(?P<c>.+?)(?:里面|里|中|内)(?:拿出|取出|拿走){_BALL}', 'take {n} out of {c}'),
    (rf'{_OF}{_BALL}从(?P<c>.+?)(?:里面|里|中|内)(?:拿出来|取出来|拿出|取出)', 'take {n} out of {c}'),
    (rf'{_OF}{_BALL}从(?P<c>.+?)(?:上面|上边|上)(?:拿下来?|取下来?|拿走|移开)', 'take {n} off {c}'),
    (r'(?:清空|清理|收拾|整理|打扫)(?:干净)?(?:桌子|桌面|台面)(?:上)?(?:的东西)?', 'clear the table'),
    (rf'{_OF}(?:桌子|桌面)(?:清空|清理|收拾|整理)(?:干净)?', 'clear the table'),
    (rf'(?:清空|倒空){_BALL}', 'empty {n}'),
    (rf'{_OF}{_BALL}(?:清空|倒空)', 'empty {n}'),
    (r'(?:拆开|拆掉|拆散|拆)(?:这|那)?(?:个|座)?(?:积木)?塔', 'unstack the tower'),
    (rf'{_BALL}(?:要|应该)?(?:放)?在最(?P<e>上|下|底|顶)(?:面|边|层|部)?', 'with {n} {e}'),
    (rf'{_OF}{_BALL}(?:放|装|投)(?:到|进)?(?:进去|里面去|里面|进来)', 'put {n} in it'),
    (rf'{_BALL}(?:应该|应当|需要|必须|要)(?:被)?{_PUT}(?P<p>.+)', 'put {n} {p}'),
    (rf'{_ORDER}{_OF}{_BALL}(?:都)?(?:叠|堆|摞|垒)(?:放)?(?:起来|在一起|好)', 'stack {ns} {o}'),
    (rf'{_ORDER}{_OF}{_BALL}(?:排|摆|放|站)成(?:一)?(?:排|行|条线|条直线|条)', 'put {ns} in a row {o}'),
    (rf'(?:等待|等|暂停){_NUMBER}(?:秒钟|秒)', 'wait {k} seconds'),
    (r'(?:回到|返回|回)(?:初始位置|起始位置|原来的位置|原位|原点|家|零位)', 'go home'),
    (r'(?:停止|停下|停)', 'stop'),
    (rf'(?:拆开|拆掉|拆散)(?:{_BALL})', 'unstack {n}'),
    (rf'{_OF}{_BALL}(?:拿|抓|举|捡|拾|夹)起来?', 'pick up {n}'),
    (rf'{_OF}{_BALL}从{TABLE}(?:上)?{_PUT}(?P<p>.+)', 'put {n} {p}'),
    (rf'{_OF}{_BALL}从(?P<c>.+?)(?:里面|里|中|上面|上)?{_PUT}(?P<p>.+)', 'put {n} from {c} {p}'),
    (rf'从(?P<c>.+?)(?:里面|里|中|上面|上)(?:拿出|取出|拿走|拿起|取下|拿下){_BALL}{_PUT}(?P<p>.+)', 'put {n} from {c} {p}'),
    (rf'从(?P<c>.+?)(?:上面|上)(?:拿走|取下|拿下|移开){_BALL}', 'take {n} off {c}'),
    (rf'{_OF}{_BALL}(?:拿|取)出来?', 'take out {n}'),
    (rf'{_OF}{_BALL}{_PUT}(?P<p>.+)', 'put {n} {p}'),
    (rf'(?:往|在)(?P<p>.+?[里上中])(?:放|装){_BALL}', 'put {n} {p}'),
    (rf'{_BALL}(?:应该|应当|必须|要)(?P<p>在.+)', 'put {n} {p}'),
    (rf'{_OF}{_BALL}(?:并排|挨着|紧挨着)(?:放|摆)(?:好|在一起)?', 'put {ns} next to each other'),
    (r'(?:把它)?放下(?:它|来)?', 'put it down'),
    (rf'(?:拿起|抓起|抓住|捡起|拾起|举起|夹起|抓取|取走|拿){_BALL}', 'pick up {n}'),
    (rf'{_BALL}{_PUT}(?P<p>.+)', 'put {n} {p}'),
    (rf'{_PUT}(?P<p>.+)', 'put it {p}'),
)  # fmt: skip


def is_chinese(text: str) -> bool:
    """Say whether a text holds Chinese characters."""
    return bool(_CHINESE.search(text))


def to_english(text: str) -> str | None:
    """Rewrite Chinese commands in English; None where a part is not understood."""
    text = unicodedata.normalize('NFKC', text).strip().replace('其它', '其他')
    text, without = _exception(text)
    said: list[str] = []
    for joint, part in _clauses(_with_pauses(text)):
        clause = _condition(part) or _clause(part)
        if clause is None:
            return None
        follows = bool(said) and said[-1].endswith((',', 'otherwise'))
        follows = follows or (bool(said) and clause.startswith('with '))
        link = ' ' if follows else ', then ' if joint else '. '
        said.append(link + clause if said else clause)
    if not said:
        return None
    if without:
        said[0] = said[0].replace('all other ', 'all ') + f' except {without}'
    return ''.join(said)


def _with_pauses(text: str) -> str:
    """Part 如果…就… and 否则… from what follows them."""
    text = re.sub(r'(如果|要是|假如|若)([^，,就]+?)(?:的话)?(?:就|，|,)', r'\1\2，', text)
    return re.sub(r'(否则的话|否则|不然的话|不然|要不然)[，,]?', '，否则，', text)


def _condition(part: str) -> str | None:
    """Rewrite 如果桌上有红色方块; None where it is no condition that can be read."""
    if part == '否则':
        return 'otherwise'
    found = re.fullmatch(r'(?:如果|要是|假如|若)(.+)', part)
    if found is None:
        return None
    said = found[1]
    if exists := re.fullmatch(rf'(?:{TABLE})?(?:上|上面)?(没有|有)(.+)', said):
        thing = noun(exists[2])
        negative = 'not ' if exists[1] == '没有' else ''
        return f'if there is {negative}{thing},' if thing else None
    if empty := re.fullmatch(r'(.+?)(不)?是空的', said):
        thing = noun(empty[1])
        return f'if {thing} is {"not " if empty[2] else ""}empty,' if thing else None
    if where := re.fullmatch(r'(.+?)(不)?在(.+)', said):
        thing, spot = noun(where[1]), place(where[3])
        negative = 'not ' if where[2] else ''
        return f'if {thing} is {negative}{spot},' if thing and spot else None
    return None


def _exception(text: str) -> tuple[str, str | None]:
    """Take 除了 N 以外 out of a text."""
    for pattern in (
        r'[，,、(]?(?:但|但是|不过)?(?:不包括|不含)([^，,。；]+)',
        r'[，,(]([^，,。；]+?)除外\)?',
    ):
        left_out = re.search(pattern, text)
        if left_out is not None:
            return text[: left_out.start()] + text[left_out.end() :], _left_out(left_out[1])
    inner = re.search(r'除(?:了|去)?([^，,]+?)(?:以外|之外)的(?!其)', text)
    if inner is not None:
        return text[: inner.start()] + '所有' + text[inner.end() :], _left_out(inner[1])
    found = re.search(r'除(?:了|去)?(.+?)(?:以外|之外|外|[，,。]|$)[，,]?(?:都)?', text)
    if found is None:
        return text, None
    return text[: found.start()] + text[found.end() :], _left_out(found[1])


def _left_out(said: str) -> str | None:
    """Rewrite what is excepted: all of it, unless it is chosen by size or place."""
    return nouns(said, many=re.search(r'[最第左右]', said) is None)


def _clauses(text: str) -> list[tuple[bool, str]]:
    """Split a text; each part with whether it comes 'then'."""
    found, at, then = list[tuple[bool, str]](), 0, False
    for joint in [*_JOINTS.finditer(text), None]:
        part = text[at : joint.start() if joint else len(text)]
        part = _TAIL.sub('', _POLITE.sub('', part.strip()))
        if part:
            found.append((then, part))
            then = False
        if joint is not None:
            then = then or bool(_THEN.search(joint[0]))
            at = joint.end()
    return found


def _clause(part: str) -> str | None:
    for pattern, form in _PATTERNS:
        match = re.fullmatch(pattern, part)
        if match is None:
            continue
        words = _words(match.groupdict())
        if words is not None:
            return ' '.join(form.format(**words).split())
    return None


def _words(groups: dict[str, str | None]) -> dict[str, str] | None:
    """Translate the parts of a pattern; None where one of them is not understood."""
    result: dict[str, str] = {'o': '', 'd': ''}
    groups = dict(groups)
    number = groups.get('k')
    for name, said in groups.items():
        if said is None or name in ('a', 'v', 'i'):
            continue
        if name in ('n', 'm', 'c'):
            meaning = nouns(said) if name == 'n' else noun(said)
        else:
            meaning = place(said) if name == 'p' else _TABLES[name].get(said, said)
        if meaning is None:
            return None
        result[name] = meaning
        if name == 'n':
            result['ns'] = nouns(said, many=True) or meaning
            is_all = groups.get('a') in _ALL or said.endswith(_ALL)
            result['n'] = result['ns'] if is_all else meaning
    if _says_into(groups) and result.get('p', '').startswith('to the'):
        result['p'] = 'in' + result['p'].removeprefix('to')
    if number and 'u' in result:
        result['d'] = f'{result["k"]} {result["u"]}'
    return result


def _says_into(groups: dict[str, str | None]) -> bool:
    """Say whether a verb says that things go into something: 放进, 装到."""
    return bool({'进', '入'} & set(groups.get('i') or '')) or groups.get('v') in _INTO
