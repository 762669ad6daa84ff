"""Instructions in the manner of public tabletop benchmarks, in our own words, with their goals.

Each line: scene | instruction | what must hold (see plan_checker.faults), or ASK.
Written before the grammar was tried on them; the first try is told in docs/planning.md.
"""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import dataclass

# Language-conditioned pick and place with blocks and bowls (the manner of CLIPort and Ravens).
_RAVENS = """
BOWLS | put the blue blocks in a green bowl | blue_cube_1 in green_bowl_1
BOWLS | put the yellow block in the red bowl | yellow_cube_1 in red_bowl_1
BOWLS | place the red blocks into the blue bowls | red_cube_1 in blue_bowl_1
BOWLS | put all the blocks in the green bowl | red_cube_1 in green_bowl_1; green_cube_1 in green_bowl_1; blue_cube_1 in green_bowl_1; yellow_cube_1 in green_bowl_1
BOWLS | stack all the blocks | tower red_cube_1 green_cube_1 blue_cube_1 yellow_cube_1
BOWLS | put the red block on the green block | red_cube_1 on green_cube_1
BOWLS | stack the blue block on the yellow block | blue_cube_1 on yellow_cube_1
BOWLS | put the blocks in the bowls with matching colors, except the yellow one | red_cube_1 in red_bowl_1; green_cube_1 in green_bowl_1; blue_cube_1 in blue_bowl_1
BOWLS | move the red block to the left side | red_cube_1 side left
BOWLS | put all the blocks on the corner | ASK
BOWLS | put all the blocks in different corners | ASK
BOWLS | put the red block to the left of the green bowl | red_cube_1 left_of green_bowl_1
BOWLS | put the blue block between the red block and the green block | blue_cube_1 between red_cube_1 green_cube_1
BOWLS | put the blue block in the bowl that has the same color | blue_cube_1 in blue_bowl_1
BOWLS | put the block nearest to the red bowl into the red bowl | red_cube_1 in red_bowl_1
BOWLS | pick up the leftmost block and place it in the rightmost bowl | red_cube_1 in blue_bowl_1
BOWLS | put the second block from the left in the blue bowl | green_cube_1 in blue_bowl_1
BOWLS | stack the red, green and blue blocks | tower red_cube_1 green_cube_1 blue_cube_1
BOWLS | make a tower of all blocks with the yellow block at the bottom | tower yellow_cube_1 red_cube_1 green_cube_1 blue_cube_1 / tower yellow_cube_1 green_cube_1 red_cube_1 blue_cube_1
BOWLS | put the red and green blocks in the blue bowl | red_cube_1 in blue_bowl_1; green_cube_1 in blue_bowl_1
BOWLS | put the purple block in the red bowl | ASK
BOWLS | put the red block in the cyan bowl | ASK
BOWLS | push the pile of purple blocks into the green square | ASK
BOWLS | sweep the blocks into the green zone | ASK
BOWLS | move the red block a little to the right | red_cube_1 at 0.44 0.22
BOWLS | place the green block behind the yellow block | green_cube_1 behind yellow_cube_1
BOWLS | put the green block in front of the green bowl and the red block in front of the red bowl | green_cube_1 in_front_of green_bowl_1; red_cube_1 in_front_of red_bowl_1
BOWLS | arrange the blocks in a line | row red_cube_1 green_cube_1 blue_cube_1 yellow_cube_1
BOWLS | put the blocks in a horizontal line | row red_cube_1 green_cube_1 blue_cube_1 yellow_cube_1
BOWLS | place the blocks in their corresponding bowls but leave the yellow block alone | red_cube_1 in red_bowl_1; green_cube_1 in green_bowl_1; blue_cube_1 in blue_bowl_1
PACK | pack the yellow box in the brown box | yellow_box_1 in brown_bin_1
PACK | pack all the objects in the brown box | yellow_box_1 in brown_bin_1; red_cylinder_1 in brown_bin_1; green_ball_1 in brown_bin_1
PACK | pack the ball and the cylinder into the bin | green_ball_1 in brown_bin_1; red_cylinder_1 in brown_bin_1
PACK | pack the hexagon in the brown box | ASK
PACK | put the ring on the stick | ASK
PACK | align the rope from the back left tip to the front right tip | ASK
PACK | pack the tape measure in the bin | ASK
PACK | put the round thing into the container | green_ball_1 in brown_bin_1
PACK | place everything in the box | yellow_box_1 in brown_bin_1; red_cylinder_1 in brown_bin_1; green_ball_1 in brown_bin_1
"""

# Short commands to a tabletop arm (the manner of CALVIN and language-table).
_CALVIN = """
DESK | lift the red block from the table | held red_cube_1
DESK | grasp the blue block | held blue_cube_1
DESK | pick up the pink block and hold it | held pink_cube_1
DESK | go push the blue block to the left | pushed blue_cube_1 left
DESK | slide the pink block to the right | pushed pink_cube_1 right
DESK | push the red block right | pushed red_cube_1 right
DESK | push the pink block towards the robot | pushed pink_cube_1 back / touch pink_cube_1
DESK | stack the blue block on top of the red block | blue_cube_1 on red_cube_1
DESK | stack blocks on top of each other | tower red_cube_1 blue_cube_1 pink_cube_1 / tower blue_cube_1 red_cube_1 pink_cube_1 / tower red_cube_1 pink_cube_1 blue_cube_1 / tower yellow_box_1 red_cube_1 blue_cube_1 pink_cube_1
TOWER | take off the block on top | table green_cube_1 / held green_cube_1 / green_cube_1 next_to blue_cube_1
TOWER | unstack the blocks | green_cube_1 table; blue_cube_1 table
TOWER | collapse the stacked blocks | green_cube_1 table; blue_cube_1 table
TOWER | take the tower apart | green_cube_1 table; blue_cube_1 table
TOWER | remove the green block from the blue block and put it on the table | green_cube_1 table
DESK | rotate the red block to the right | ASK
DESK | turn the blue block 90 degrees | ASK
DESK | open the drawer | ASK
DESK | move the sliding door to the left | ASK
DESK | turn on the light bulb | ASK
DESK | press the button | ASK
DESK | put the red block into the drawer | ASK
DESK | move the blue block away from the pink block | ASK
DESK | bring the red block next to the pink block | red_cube_1 next_to pink_cube_1
DESK | place the pink block in the middle of the board | ASK
DESK | put the pink block in the center of the table | pink_cube_1 at 0.54 -0.06 / pink_cube_1 at 0.54 -0.04 / pink_cube_1 at 0.54 0.0 / pink_cube_1 at 0.52 0.0 / pink_cube_1 at 0.52 -0.04 / pink_cube_1 at 0.54 -0.08 / pink_cube_1 at 0.5 -0.04
DESK | move the red block to the top left corner | red_cube_1 corner
DESK | slide the red block slightly left | pushed red_cube_1 left
DESK | separate the red block from the blue block | ASK
DESK | put the red block, the blue block and the pink block in a row | row red_cube_1 blue_cube_1 pink_cube_1
DESK | form a vertical line with the blocks | red_cube_1 table; blue_cube_1 table; pink_cube_1 table; touch yellow_box_1
DESK | push the red block into the blue block | ASK
"""

# Household wording with things that are not there (the manner of LIBERO), and multimodal
# prompts reduced to text (the manner of VIMA).
_LIBERO = """
TOWER | pick up the blue bowl between the plate and the ramekin and place it on the plate | ASK
TOWER | pick up the alphabet soup and place it in the basket | ASK
TOWER | put the wine bottle on top of the cabinet | ASK
TOWER | turn on the stove and put the moka pot on it | ASK
TOWER | put the yellow cylinder on the plate | yellow_cylinder_1 on white_tray_1
TOWER | put both the green cube and the cylinder on the tray | green_cube_1 on white_tray_1; yellow_cylinder_1 on white_tray_1
TOWER | pick up the cylinder and place it in the bowl | yellow_cylinder_1 in blue_bowl_1
TOWER | put the red cube into the bowl | red_cube_1 in blue_bowl_1; touch blue_cube_1; touch green_cube_1
TOWER | put the blue cube on the tray | blue_cube_1 on white_tray_1; touch green_cube_1
TOWER | place the cylinder on top of the red cube | yellow_cylinder_1 on red_cube_1; touch blue_cube_1; touch green_cube_1
TOWER | reverse the stack | ASK
TOWER | swap the yellow cylinder and the top cube | yellow_cylinder_1 on blue_cube_1; green_cube_1 at 0.46 -0.12
TOWER | put everything on the tray except the red cube | green_cube_1 in white_tray_1; blue_cube_1 in white_tray_1; yellow_cylinder_1 in white_tray_1
TOWER | clear the tower and put all the cubes in the bowl | green_cube_1 in blue_bowl_1; blue_cube_1 in blue_bowl_1; red_cube_1 in blue_bowl_1 / touch red_cube_1
LADDER | rearrange the cubes from biggest to smallest | row red_cube_1 green_cube_1 blue_cube_1 yellow_cube_1
LADDER | stack the cubes from smallest to largest | tower yellow_cube_1 blue_cube_1 green_cube_1 red_cube_1
LADDER | stack the cubes in order of size with the biggest at the bottom | tower red_cube_1 green_cube_1 blue_cube_1 yellow_cube_1
LADDER | stack them from largest to smallest | tower red_cube_1 green_cube_1 blue_cube_1 yellow_cube_1
LADDER | make a row ordered by size | row yellow_cube_1 blue_cube_1 green_cube_1 red_cube_1 / row red_cube_1 green_cube_1 blue_cube_1 yellow_cube_1
LADDER | line the cubes up by size from left to right | row yellow_cube_1 blue_cube_1 green_cube_1 red_cube_1
LADDER | sort the blocks by size in a line, largest first | row red_cube_1 green_cube_1 blue_cube_1 yellow_cube_1
LADDER | build a tower of three with red on top | tower green_cube_1 blue_cube_1 red_cube_1 / tower green_cube_1 yellow_cube_1 red_cube_1 / tower blue_cube_1 yellow_cube_1 red_cube_1
LADDER | build a three block tower on the tray | tower red_cube_1 green_cube_1 blue_cube_1; red_cube_1 on white_tray_1
LADDER | put the smaller cubes on the tray | yellow_cube_1 on white_tray_1; blue_cube_1 on white_tray_1 / ASK
LADDER | put the smallest cube on the largest cube | yellow_cube_1 on red_cube_1
LADDER | put the two largest cubes on the tray | red_cube_1 on white_tray_1; green_cube_1 on white_tray_1
LADDER | put everything that is not blue into the tray | red_cube_1 in white_tray_1; green_cube_1 in white_tray_1; yellow_cube_1 in white_tray_1
LADDER | put the red cube or the green one on the tray | ASK
LADDER | clear the table | red_cube_1 in white_tray_1; green_cube_1 in white_tray_1; blue_cube_1 in white_tray_1; yellow_cube_1 in white_tray_1
LADDER | tidy up | red_cube_1 in white_tray_1; green_cube_1 in white_tray_1; blue_cube_1 in white_tray_1; yellow_cube_1 in white_tray_1
LADDER | swap the red and the green block | red_cube_1 at 0.45 0.10; green_cube_1 at 0.45 -0.25
LADDER | exchange the positions of the blue cube and the yellow cube | blue_cube_1 at 0.45 0.26; yellow_cube_1 at 0.45 -0.08
LADDER | stack yellow on blue, blue on green and green on red | tower red_cube_1 green_cube_1 blue_cube_1 yellow_cube_1
LADDER | first put the green block on the red block, next the blue block on the green one, finally the yellow block on top | tower red_cube_1 green_cube_1 blue_cube_1 yellow_cube_1
SORT | sort the cubes by colour into the matching bins | red_cube_1 in red_bin_1; red_cube_2 in red_bin_1; blue_cube_1 in blue_bin_1; blue_cube_2 in blue_bin_1
SORT | put all objects with the same color as the red bin into it | ASK
SORT | separate the blocks by color | red_cube_1 in red_bin_1; red_cube_2 in red_bin_1; blue_cube_1 in blue_bin_1; blue_cube_2 in blue_bin_1
SORT | red blocks go in the red bin, blue blocks go in the blue bin | red_cube_1 in red_bin_1; red_cube_2 in red_bin_1; blue_cube_1 in blue_bin_1; blue_cube_2 in blue_bin_1
SORT | put one red cube in the blue bin | red_cube_1 in blue_bin_1 / red_cube_2 in blue_bin_1
SORT | tidy the table by putting each cube in the bin of its color | red_cube_1 in red_bin_1; red_cube_2 in red_bin_1; blue_cube_1 in blue_bin_1; blue_cube_2 in blue_bin_1
SORT | put every blue block away in the blue bin | blue_cube_1 in blue_bin_1; blue_cube_2 in blue_bin_1
SORT | stack the two red cubes and then the two blue cubes | tower red_cube_1 red_cube_2; tower blue_cube_1 blue_cube_2 / tower red_cube_2 red_cube_1; tower blue_cube_1 blue_cube_2 / tower red_cube_1 red_cube_2; tower blue_cube_2 blue_cube_1
SORT | make two stacks, one of red cubes and one of blue cubes | ASK
"""

# Chinese.
_CHINESE = """
BOWLS | 把红色方块放到蓝色碗里 | red_cube_1 in blue_bowl_1
BOWLS | 请把绿色的方块放在红色方块上面 | green_cube_1 on red_cube_1
BOWLS | 将所有方块放进绿色的碗里 | red_cube_1 in green_bowl_1; green_cube_1 in green_bowl_1; blue_cube_1 in green_bowl_1; yellow_cube_1 in green_bowl_1
BOWLS | 把最左边的方块放到最右边的碗里 | red_cube_1 in blue_bowl_1
BOWLS | 先把红色方块放进红碗，然后把蓝色方块放进蓝碗 | red_cube_1 in red_bowl_1; blue_cube_1 in blue_bowl_1
BOWLS | 把黄色方块放在绿碗的左边 | yellow_cube_1 left_of green_bowl_1
BOWLS | 拿起蓝色方块 | held blue_cube_1
BOWLS | 把红色方块和绿色方块放到蓝色碗里 | red_cube_1 in blue_bowl_1; green_cube_1 in blue_bowl_1
BOWLS | 把蓝色方块放到红色方块和绿色方块之间 | blue_cube_1 between red_cube_1 green_cube_1
SORT | 把方块按颜色分类放到对应的盒子里 | red_cube_1 in red_bin_1; red_cube_2 in red_bin_1; blue_cube_1 in blue_bin_1; blue_cube_2 in blue_bin_1
SORT | 按颜色给方块分类 | red_cube_1 in red_bin_1; red_cube_2 in red_bin_1; blue_cube_1 in blue_bin_1; blue_cube_2 in blue_bin_1
LADDER | 交换红色方块和绿色方块的位置 | red_cube_1 at 0.45 0.10; green_cube_1 at 0.45 -0.25
LADDER | 把所有方块从大到小叠起来 | tower red_cube_1 green_cube_1 blue_cube_1 yellow_cube_1
LADDER | 把不是蓝色的东西都放到托盘里 | red_cube_1 in white_tray_1; green_cube_1 in white_tray_1; yellow_cube_1 in white_tray_1
LADDER | 清空桌子 | red_cube_1 in white_tray_1; green_cube_1 in white_tray_1; blue_cube_1 in white_tray_1; yellow_cube_1 in white_tray_1
LADDER | 把最小的方块放到最大的方块上 | yellow_cube_1 on red_cube_1
LADDER | 除了红色方块以外，把其他方块都放到托盘上 | green_cube_1 on white_tray_1; blue_cube_1 on white_tray_1; yellow_cube_1 on white_tray_1
LADDER | 不要碰红色方块，把绿色方块放到托盘上 | green_cube_1 on white_tray_1
LADDER | 把方块按大小排成一排 | row yellow_cube_1 blue_cube_1 green_cube_1 red_cube_1 / row red_cube_1 green_cube_1 blue_cube_1 yellow_cube_1
DESK | 把红色方块向右推5厘米 | pushed red_cube_1 right
DESK | 把紫色方块放到碗里 | ASK
DESK | 唱一首歌 | ASK
"""


@dataclass(frozen=True)
class Phrase:
    """One instruction with its goal.

    Attributes:
        family: Of benchmarks whose manner it follows.
        scene: Name in plan_scenes.SCENES.
        text: The instruction.
        wanted: Conditions, or ASK.
    """

    family: str
    scene: str
    text: str
    wanted: str


def phrases() -> tuple[Phrase, ...]:
    """Give all of them."""
    tables = {
        'ravens': _RAVENS, 'calvin': _CALVIN, 'libero and vima': _LIBERO, 'chinese': _CHINESE,
    }  # fmt: skip
    found = []
    for family, text in tables.items():
        for line in text.strip().splitlines():
            scene, said, wanted = (part.strip() for part in line.split('|'))
            found.append(Phrase(family, scene, said, wanted))
    return tuple(found)
