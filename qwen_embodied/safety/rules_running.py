"""D and E: what must hold while the arm runs, and for stops and resets."""

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from qwen_embodied.safety.rule import Rule

RUNNING = (
    Rule(
        'D1',
        'Joint states are neither old nor from the future, by their stamp and by their arrival; '
        'repeated and older stamps count as silence.',
        '{state_future} s ahead to {state_timeout} s behind; S after {silence_stop} s, in '
        'motion or at rest',
        'H',
        'A test that only asks for old stamps takes one from the future as fresh for ever.',
    ),
    Rule(
        'D2',
        'A joint state names every joint, is finite, within the hard limits, and moves no faster '
        'than the arm can.',
        '0.0087 rad beyond the limits; 1.5 · v_max · dt + 0.001 rad',
        'S',
        'A broken encoder must not steer anything.',
    ),
    Rule(
        'D3',
        'The arm is where it was sent; the gripper is exempt, since objects stop it.',
        '0.05 rad in the controller; S at {tracking_stop} rad',
        'H',
        'A stuck or pushed arm is not on the path that was checked.',
    ),
    Rule(
        'D4',
        'A trajectory ends at its goal and in time.',
        '0.01 rad within 0.1 · T + 0.5 s in the controller; 1.1 · T + {overtime} s here',
        'H',
        'A goal time of zero that means "wait for ever" hides a stuck arm.',
    ),
    Rule(
        'D5',
        'Every source in `heartbeats` is alive, shown by a work counter that moves; without the '
        'planner what runs may end.',
        '{state_timeout} s; S after {silence_stop} s',
        'H',
        'A timer can tick on while its worker is dead.',
    ),
    Rule(
        'D6',
        'The controller moves only while it hears the supervisor.',
        '{lease} s',
        'H',
        'A supervisor that has died cannot say stop.',
        'control: Watch',
    ),
    Rule(
        'D7',
        'The loop of the supervisor keeps its period.',
        '{loop_overrun} s late, {loop_overruns} times in a row',
        'S',
        'A supervisor that is late sees everything late.',
    ),
    Rule(
        'D8',
        'The clock of the stamps runs on with the steady clock, `use_sim_time` stays as it is, '
        'and a simulation has one clock, hardware none. A jump purges what was planned.',
        'no step back, {clock_jump} s ahead; F on hardware',
        'H',
        'After a jump an old plan may look new, and a new state old.',
    ),
    Rule(
        'D9',
        'Nobody else publishes approved trajectories, the lease or commands of the arm, and '
        'everybody who publishes can be heard.',
        '1 publisher each of trajectory/approved, safety/state and {command_topics}; 1 client of '
        'the action of a controller, and then no publisher on its topic',
        'F',
        'Two publishers alternate, and an incompatible quality of service is silent.',
    ),
    Rule(
        'D10',
        'The camera shows something new and can see: not frozen while the arm moves, neither dark '
        'nor dazzled, with depth, and not silent once it was heard; in motion led by sight also '
        'fresh. H in motion led by sight.',
        '{frozen_images} equal images; mean luma {least_luma} to 255 - {least_luma}, '
        '{most_saturated:.0%} saturated, for {camera_patience} s; depth {least_depth:.0%}; '
        'silent for {camera_silence} s; {camera_age} s old',
        'N',
        'A covered camera sees an empty table.',
    ),
    Rule(
        'D11',
        'The pose of the camera is fresh where it moves, and a known point is seen where it is.',
        '{camera_pose_age} s, {reprojection} px',
        'N',
        'A camera that was knocked puts everything elsewhere.',
    ),
    Rule(
        'D12',
        'Where people may be near (`people: shared`) the pace falls with their distance d and the '
        'arm waits before they can reach it; a silent detector counts as d = 0. It goes on after '
        'nobody was near for {people_clear} s and a person armed, or without with '
        '`people_resume`.',
        'pace (d - S) / 1 m, S = {human_speed} m/s · ({reaction_time} + {stopping_time}) s + '
        'v · {reaction_time} s + v · {stopping_time} s / 2 + {intrusion} m + {position_error} m; '
        'detector {people_timeout} s',
        'H',
        'The distance that is needed depends on how fast both walk into each other.',
    ),
    Rule(
        'D13',
        'Where the joint states carry efforts, none is over its slow baseline.',
        '{effort_sigma} sigma, at least {effort_margin} N·m',
        'S',
        'An arm that pushes something shows it in its motors before in its position.',
    ),
    Rule(
        'D14',
        'The simulator has no warning, runs forward, is finite and does not reset itself.',
        'any',
        'F',
        'MuJoCo resets a world with a NaN in it and reports success.',
    ),
    Rule(
        'D15',
        'The robot says that it may be moved. Anything else purges what was planned.',
        'mode in {hardware_modes}, no fault, {hardware_timeout} s old',
        'S',
        'A driver accepts goals while the robot below is in a protective stop, and starts them '
        'when somebody releases it.',
    ),
)

STOPPING = (
    Rule(
        'E1',
        'Any stop request stops the arm, whatever the state: the service, `safety/stop`, the '
        'silence of a stop button that must be heard.',
        'one request; button {stop_button_timeout} s',
        'S',
        'A stop that can be refused is none.',
    ),
    Rule(
        'E2',
        'A stop slows the very next set-point.',
        'one period of the controller',
        'S',
        'Every period counts at 1 m/s.',
        'control: Tracker',
    ),
    Rule(
        'E3',
        'A latched stop outlasts a restart, a lost connection and old messages.',
        'a file, written after the stop and synchronised; one that cannot be read is a fault',
        'S',
        'Switching it off and on again must not be the reset.',
    ),
    Rule(
        'E4',
        'Arming and reset need every input healthy, for a while; reset also an arm at rest, the '
        'nonce of the present latch and the name of who resets.',
        '{healthy_time} s, {start_velocity} rad/s; a simulation needs neither nonce nor name',
        'R',
        'A reset while the cause is still there starts the fault again.',
    ),
    Rule(
        'E5',
        'A trajectory is taken only while ARMED, one at a time, each with a new id; reset and '
        'arming move nothing. With `approval: ask` it names the hash of the plan that a person '
        'approved, with `approval: deny` there is none.',
        'exact; a plan waits {approval_timeout} s for a person',
        'R',
        'What was asked for before a stop must not start after it.',
    ),
    Rule(
        'E6',
        'Every decision is written with its rule, value, limit and configuration, in a chain of '
        'hashes; a full disk delays nothing.',
        'one line each',
        'N',
        'What cannot be reconstructed is guessed.',
    ),
)
