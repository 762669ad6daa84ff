"""Two cameras give one scene."""

# SPDX-License-Identifier: Apache-2.0
from dataclasses import replace

import numpy as np
import pytest

from perception.drawn import cube
from perception.tables import Score, scattered, seen, stacked, taken
from qwen_embodied.errors import PerceptionError
from qwen_embodied.perception import SceneEstimator


def views(items):
    above, beside = taken(0, 90), taken(3, 45, '848x480')
    return [seen(items, above, 'plain', 0), seen(items, beside, 'plain', 1)]


def test_nothing_is_seen_twice():
    items = scattered(np.random.default_rng(1), 6, gap=0.02)
    score = Score()
    score.add(items, SceneEstimator().see(views(items)))
    assert (score.shaped, score.extra) == (score.count, 0)
    assert np.median(score.apart) < 0.004


def test_what_one_camera_cannot_see_comes_from_the_other():
    items = stacked(np.random.default_rng(4), 3)
    frames = views(items)
    alone = SceneEstimator()(frames[0])
    assert len(alone.objects) < 3
    both = Score()
    both.add(items, SceneEstimator().see(frames), reach=0.03)
    assert (both.found, both.extra) == (3, 0)


def test_ids_stay_whichever_camera_comes_first():
    items = [cube('red', 0.5, 0.1), cube('blue', 0.6, -0.1)]
    estimator, frames = SceneEstimator(), views(items)
    first = {one.id for one in estimator.see(frames).objects}
    assert {one.id for one in estimator.see(frames[::-1]).objects} == first
    assert {one.id for one in estimator(frames[1]).objects} == first


def test_boxes_lie_in_the_first_picture():
    items = [cube('red', 0.5, 0.1)]
    frames = views(items)
    pair, alone = SceneEstimator().see(frames), SceneEstimator()(frames[0])
    assert pair.objects[0].box == alone.objects[0].box


def test_cameras_that_do_not_agree_on_the_table_are_refused():
    frames = views([cube('red', 0.5, 0.1)])
    lifted = np.array(frames[1].camera_in_base)
    lifted[2, 3] += 0.1
    with pytest.raises(PerceptionError, match=r'tables at -?0\.000, 0\.1'):
        SceneEstimator().see([frames[0], replace(frames[1], camera_in_base=lifted)])


def test_no_frame_is_refused():
    with pytest.raises(PerceptionError, match='at least one'):
        SceneEstimator().see([])
