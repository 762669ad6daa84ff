"""Chinese nouns and phrases of place, rewritten in the grammar's English."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import re

_COLOURS = {
    '红': 'red', '绿': 'green', '蓝': 'blue', '黄': 'yellow', '黑': 'black', '白': 'white',
    '灰': 'grey', '橙': 'orange', '橘': 'orange', '紫': 'purple', '粉红': 'pink', '粉': 'pink',
    '棕': 'brown', '褐': 'brown', '咖啡': 'brown',
}  # fmt: skip
_COLOUR = '|'.join(sorted(_COLOURS, key=len, reverse=True))
_SHAPES = {
    '立方体': 'cube', '正方体': 'cube', '方块': 'block', '积木块': 'block', '积木': 'block',
    '木块': 'block', '块': 'block', '长方体': 'box', '圆柱体': 'cylinder', '圆柱': 'cylinder',
    '柱子': 'cylinder', '圆球': 'ball', '小球': 'ball', '球': 'ball', '碗': 'bowl',
    '盒子': 'box', '盒': 'box', '箱子': 'box', '箱': 'box', '托盘': 'tray', '盘子': 'plate',
    '盘': 'plate', '容器': 'container', '篮子': 'basket', '筐': 'basket', '桶': 'bin',
    '球体': 'ball', '圆柱形': 'cylinder', '圆筒': 'cylinder', '收纳箱': 'bin',
    '收纳盒': 'box', '方盒': 'box', '垃圾桶': 'bin', '碟子': 'plate', '盆': 'bowl',
    '小碗': 'bowl',
    '东西': 'object', '物体': 'object', '物品': 'object', '物件': 'object',
}  # fmt: skip
_COUNTS = {'两': 'two', '二': 'two', '三': 'three', '四': 'four', '五': 'five', '六': 'six'}
_NTH = dict(
    zip('一二三四五六', ('first', 'second', 'third', 'fourth', 'fifth', 'sixth'), strict=True)
)
_WORDS: tuple[tuple[str, str], ...] = (
    (r'所有的?|全部的?|每一?个|一切|全体', 'all'),
    (r'另外?一(?:个|块|只)的?', 'other'),
    (r'(?:较|更)大的?|大一点的?', 'larger'), (r'(?:较|更)小的?|小一点的?', 'smaller'),
    (r'其他的?|其余的?|剩下的?|剩余的?', 'all other'),
    (r'最大的?', 'largest'), (r'最小的?', 'smallest'), (r'最高的?', 'tallest'),
    (r'最矮的?|最低的?', 'shortest'), (r'最左(?:边|侧|面)?的?', 'leftmost'),
    (r'最右(?:边|侧|面)?的?', 'rightmost'),
    (r'(?:离(?:你|机器人|自己))?最近的?', 'nearest'),
    (r'(?:离(?:你|机器人|自己))?最远的?', 'farthest'),
    (r'最(?:上(?:面|边|层)?|顶上|顶部)的?', 'top'), (r'最(?:下(?:面|边|层)?|底下)的?', 'bottom'),
    (r'最(?:前|前面|前边)的?', 'front'), (r'最(?:后|后面|后边)的?', 'back'),
    (r'左(?:边|侧|面)的?', 'left'),
    (r'右(?:边|侧|面)的?', 'right'), (r'中间的?', 'middle'), (r'大的?', 'large'),
    (r'小的?', 'small'), (r'空的', 'empty'), (r'圆(?:形|的)的?', 'round'),
    (r'(?:跟|和|与)(?:它|其|自己|它们)的?颜色(?:一样|相同|一致)的?', 'matching'),
    (r'颜色(?:一样|一致)的?', 'matching'),
    (r'塔顶的?|上(?:面|边|层)的', 'top'), (r'下(?:面|边|层)的', 'bottom'),
    (r'对应的?|相应的?|匹配的?|同(?:一|样|种)?颜?色的?', 'matching'),
    (r'(?:相同|同样|一样)颜色的?|颜色相同的?', 'matching'),
    (r'这些|那些|这个?|那个?|该|的|个', ''),
)  # fmt: skip
_PLACES: tuple[tuple[str, str], ...] = (
    (r'的?(?:里面|里边|里|内部|内|当中|中)', 'in'),
    (r'的?(?:上面|上边|顶上|顶部|上方|上)', 'on'), (r'的?(?:左边|左侧|左面)', 'to the left of'),
    (r'的?(?:右边|右侧|右面)', 'to the right of'), (r'的?(?:前面|前方|前边)', 'in front of'),
    (r'的?(?:后面|后方|后边|背后)', 'behind'), (r'的?(?:下面|下边|下方|底下)', 'under'),
    (r'的?(?:旁边|边上|附近|旁|隔壁)', 'next to'),
)  # fmt: skip
TABLE = r'(?:桌子|桌面|桌|台面)(?:上)?'
_HOLLOW = ('bowl', 'box', 'bin', 'basket')
_THAN = {'大': 'larger', '小': 'smaller', '高': 'taller', '矮': 'shorter'}
_COMPARED = tuple(f'that is {word} than' for word in _THAN.values())
_MOST = {'大': 'largest', '小': 'smallest', '高': 'tallest'}
_THINGS = ('东西', '物体', '物品', '物件')
_SIDES = {'左': 'left', '右': 'right', '前': 'front', '后': 'back', '上': 'back', '下': 'front'}


def nouns(said: str, *, many: bool = False) -> str | None:
    """Rewrite a list such as 红色方块和绿色方块; None where a part is not understood.

    Args:
        said: In Chinese.
        many: Whether a bare noun stands for several objects, as it does for what is sorted.
    """
    if (listed := _shared_head(said, many)) is not None:
        return listed
    parts = [
        part for part in re.split(r'、|和|与|跟|以及', re.sub(r'都$|全都$', '', said)) if part
    ]
    found = [noun(part, many=many and len(parts) == 1) for part in parts]
    if not found or None in found:
        return None
    return ' and '.join(part for part in found if part)


def _shared_head(said: str, many: bool) -> str | None:
    """Rewrite 红、绿、蓝三个方块, where the last noun is the head of all."""
    heads = '|'.join(sorted(_SHAPES, key=len, reverse=True))
    one = rf'(?:{_COLOUR})色?'
    found = re.fullmatch(
        rf'({one}(?:(?:、|和|与|跟|以及){one})+)的?(?:[两二三四五六](?:个|块|只))?的?({heads})都?',
        said,
    )
    if found is None:
        return None
    parts = re.split(r'、|和|与|跟|以及', found[1])
    each = [noun(f'{part}的{found[2]}', many=many) for part in parts]
    return ' and '.join(part for part in each if part) if None not in each else None


def noun(said: str, *, many: bool = False) -> str | None:
    """Rewrite one noun; None where it is not understood."""
    said = re.sub(r'都$|全都$|全部$', '', said.strip())
    said = re.sub(r'(?<=[里上])(?=所有|全部|每)', '的', said)
    if said in ('它', '他', '她', '它们', '他们'):
        return 'them' if said.endswith('们') else 'it'
    where, rest = _located(said)
    if rest is None:
        return None
    many = many or (where.startswith('that') and rest in _THINGS) or where.startswith(_COMPARED)
    said = rest
    negative, said = _negated(said)
    words, rest = _adjectives(said)
    head = _SHAPES.get(rest)
    if rest and head is None:
        return None
    if not rest and not words and not negative:
        return None
    return ' '.join(f'{_assembled(words, head, many)} {negative} {where}'.split())


def _assembled(words: list[str], head: str | None, many: bool) -> str:
    many = many or any(word in ('all', 'all other', *_COUNTS.values()) for word in words)
    name = head or ('object' if many else 'one')
    plural = {'box': 'boxes'}.get(name, name + 's') if many else name
    article = '' if {'all', 'all other', 'a'} & set(words) else 'the '
    words = sorted(words, key=lambda word: word != 'a')
    return article + ' '.join([*words, plural])


def _located(said: str) -> tuple[str, str | None]:
    """Take a phrase of place before a noun, such as 碗里的."""
    near = re.fullmatch(r'(?:离|距离|距)(.+?)(最近|最远)的(.+)', said)
    if near is not None and near[1] in ('你', '机器人', '自己', '机械臂'):
        return 'nearest' if near[2] == '最近' else 'farthest', near[3]
    if near is not None:
        other, word = noun(near[1]), 'nearest to' if near[2] == '最近' else 'farthest from'
        return (f'{word} {other}', near[3]) if other else ('', None)
    if compared := re.fullmatch(r'比(.+?)(?:还|更)?(大|小|高|矮)的(.+)', said):
        other = noun(compared[1])
        word = _THAN[compared[2]]
        return (f'that is {word} than {other}', compared[3]) if other else ('', None)
    if table := re.fullmatch(rf'{TABLE}上?的(.+)', said):
        return 'on the table', table[1]
    for pattern, word in _PLACES:
        match = re.fullmatch(rf'(.+?){pattern}的(.+)', said)
        other = noun(match[1]) if match is not None and match[1] not in ('最',) else None
        if match is not None and other is not None:
            return f'that is {word} {other}', match[2]
    return '', said


def _negated(said: str) -> tuple[str, str]:
    shapes = '|'.join(sorted(_SHAPES, key=len, reverse=True))
    if thing := re.match(rf'不是({shapes})的', said):
        return f'that is not a {_SHAPES[thing[1]]}', '所有' + said[thing.end() :]
    match = re.match(rf'(?:不是|非)({_COLOUR})色?的?', said)
    if match is None:
        return '', said
    return f'that is not {_COLOURS[match[1]]}', '所有' + said[match.end() :]


def _adjectives(said: str) -> tuple[list[str], str]:
    """Read words until the head is left."""
    words: list[str] = []
    while said and said not in _SHAPES:
        step = _adjective(said)
        if step is None:
            break
        word, length = step
        if word and word not in words:
            words.append(word)
        said = said[length:]
    return words, said


def _adjective(said: str) -> tuple[str, int] | None:
    if match := re.match(
        r'(?:从?(左|右)(?:[往到][左右])?(?:边|起|数|开始)*(?:数)?)第([一二三四五六])个', said
    ):
        return f'{_NTH[match[2]]} {_SIDES[match[1]]}', match.end()
    if match := re.match(r'第([二三四])(大|小|高)的?', said):
        return f'{_NTH[match[1]]} {_MOST[match[2]]}', match.end()
    if match := re.match(r'([两二三四五六])(?:个|块|只)的?', said):
        return _COUNTS[match[1]], match.end()
    if match := re.match(r'(?:任意|任何|随便)?一(?:个|块|只)', said):
        return 'a', match.end()
    if match := re.match(rf'({_COLOUR})(?:颜色|色)?的?', said):
        return _COLOURS[match[1]], match.end()
    for pattern, word in _WORDS:
        if match := re.match(pattern, said):
            return word, match.end()
    return None


def place(said: str) -> str | None:
    """Rewrite a phrase of place such as 绿碗的左边; None where it is not understood."""
    said = re.sub(r'(?:去|来)$', '', said.strip()).removeprefix('在')
    if match := re.fullmatch(r'(.+?)(?:和|与|跟)(.+?)的?(?:之间|中间)', said):
        first, second = noun(match[1]), noun(match[2])
        return f'between {first} and {second}' if first and second else None
    if match := re.fullmatch(rf'(?:{TABLE})?的?(左|右)(前|后|上|下)角', said):
        return f'in the {_SIDES[match[2]]} {_SIDES[match[1]]} corner'
    if match := re.fullmatch(rf'{TABLE}的?(左|右|前|后)(?:边|侧|面|方|半边)', said):
        return f'on the {_SIDES[match[1]]} side of the table'
    if re.fullmatch(rf'{TABLE}的?(?:中间|中央|正中|中心)|(?:中间|中央)', said):
        return 'in the middle of the table'
    if re.fullmatch(TABLE, said):
        return 'on the table'
    for pattern, word in _PLACES:
        match = re.fullmatch(rf'(.+?){pattern}', said)
        other = noun(match[1]) if match is not None else None
        if other is not None:
            return f'{word} {other}'
    return _unsuffixed(said)


def _unsuffixed(said: str) -> str | None:
    """Rewrite a place without 里, 上 or 边 after its noun, and 最右边."""
    if side := re.fullmatch(r'最?(左|右)(?:边|侧|面)', said):
        return f'on the {_SIDES[side[1]]} side of the table'
    other = noun(said)
    is_inside = other is not None and other.split()[-1] in _HOLLOW
    return f'{"in" if is_inside else "to"} {other}' if other else None
