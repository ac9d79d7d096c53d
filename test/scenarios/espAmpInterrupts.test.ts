/**
 * The scenarios of esp-amp with interrupts: exact counts of each, what those that are wrong by themselves break, what seeded
 * defects break, and what notification costs. A changed number is allowed when the change that causes it explains it.
 */

import { describe, expect, it } from 'vitest';
import {
  type CheckResult,
  check,
  judgeLasso,
  type ScheduleStep,
  type System,
  type Violation,
  Walk,
  type WalkStep,
} from 'vqcheck/checker';
import { espAmp, type Scenario, type ScenarioParams } from 'vqcheck/scenarios';

function scenarioNamed(name: string): Scenario {
  const scenario = espAmp.scenarios.find((known) => known.name === name);
  if (scenario === undefined) throw new Error(`no scenario ${name}`);
  return scenario;
}

function systemOf(name: string, slots: number, ...defects: readonly string[]): System {
  return scenarioNamed(name).system({ slots, memory: 'sc', defects });
}

const interrupted = espAmp.scenarios.filter(
  (scenario) => scenario.system({ slots: 1, memory: 'sc', defects: [] }).interrupts !== undefined,
);

/** More than half a million states: bench/check.ts has these counts, and those of 4 slots. */
const TOO_LONG = new Set([
  'duplex 1 tso',
  'duplex 2 sc',
  'duplex 2 tso',
  'enable-late-then-poll-unmasked 2 tso',
  'isr-and-task-receive 2 tso',
  'semaphore-drain-counting 2 tso',
  'two-contexts-enable 2 tso',
]);
const FOUR = [
  'isr-one-per-interrupt',
  'isr-and-task-send',
  'semaphore-receive-one',
  'semaphore-receive-one-uncoalesced',
];

interface Run {
  readonly run: string;
  readonly scenario: Scenario;
  readonly params: ScenarioParams;
}

const runs: readonly Run[] = interrupted.flatMap((scenario) =>
  [1, 2, 4].flatMap((slots) =>
    (['sc', 'tso'] as const).flatMap((memory) => {
      const run = `${scenario.name} ${slots} ${memory}`;
      const left = TOO_LONG.has(run) || (slots === 4 && (memory === 'tso' || !FOUR.includes(scenario.name)));
      return left ? [] : [{ run, scenario, params: { slots, memory, defects: [] } }];
    }),
  ),
);

/** What a run found; of each violation also the steps, walked again. */
interface Found {
  readonly result: CheckResult;
  readonly replays: readonly Replay[];
}

interface Replay {
  readonly violation: Violation;
  readonly walk: Walk;
  readonly steps: readonly WalkStep[];
}

function replayed(system: System, violation: Violation, { memory }: Pick<ScenarioParams, 'memory'>): Replay {
  const walk = new Walk(system, { memory, cells: violation.cells });
  return { violation, walk, steps: violation.schedule.map((step) => walk.take(step)) };
}

const known = new Map<string, Found>();

function find({ run, scenario, params }: Run): Found {
  const before = known.get(run);
  if (before !== undefined) return before;
  const system = scenario.system(params);
  const result = check(system, { memory: params.memory });
  const found = {
    result,
    replays: result.violations.map((violation) => replayed(system, violation, params)),
  };
  known.set(run, found);
  return found;
}

/** Steps that others could notice: all but the accesses to a core's own memory. */
function visible(steps: readonly WalkStep[]): number {
  return steps.filter(({ at }) => at === null || at.memory < 0).length;
}

/** `lost-wakeup 28 (21) 26`: length, how many of these steps are visible, where it goes round. */
function summary({ violation: { property, schedule, cycleStart }, steps }: Replay): string {
  return `${property} ${schedule.length} (${visible(steps)})${cycleStart === null ? '' : ` ${cycleStart}`}`;
}

function properties({ violations }: CheckResult): readonly string[] {
  return violations.map(({ property }) => property);
}

/** Walked again, it is the counterexample that it was. */
function expectShown({ violation, walk, steps }: Replay): void {
  const { property, message, schedule, cycleStart } = violation;
  const [last = [], ...before] = steps.map(({ broken }) => broken).reverse();
  // A run goes on behind a data race, and behind nothing else.
  expect(before.flat().filter((broken) => broken.property !== 'no-data-race')).toEqual([]);
  if (cycleStart !== null)
    expect(judgeLasso(walk, { property, schedule, cycleStart })).toEqual({ kind: 'shown', message });
  else if (property === 'deadlock') expect([last, walk.isStuck(100_000)]).toEqual([[], true]);
  else expect(last).toContainEqual({ property, message });
}

describe('the scenarios with interrupts', () => {
  it.each(runs)('$run: is as declared, reaches every situation, and each violation replays', (run) => {
    const { scenario, params } = run;
    const { result, replays } = find(run);
    const { verdict, error, incomplete, witnesses } = result;
    const declared = scenario.expected(params);
    if (declared === null) throw new Error(`${run.run}: nothing is declared`);
    expect({ verdict, error, incomplete }).toEqual({
      verdict: declared === 'proved' ? 'proved' : 'violated',
      error: null,
      incomplete: null,
    });
    expect(properties(result)).toEqual(expect.arrayContaining(declared === 'proved' ? [] : [...declared]));
    expect(witnesses.filter(({ reached }) => !reached)).toEqual([]);
    expect(witnesses.length).toBeGreaterThan(0);
    for (const replay of replays) expectShown(replay);
  });

  it('have these states, transitions, depths and violations', () => {
    const table = Object.fromEntries(
      runs.map((run) => {
        const { result, replays } = find(run);
        const { verdict, states, transitions, depth } = result;
        const what = [`${verdict} ${states} ${transitions} ${depth}`, ...replays.map(summary)];
        return [run.run, what.join(', ')];
      }),
    );
    expect(table).toMatchInlineSnapshot(`
      {
        "duplex 1 sc": "proved 3134233 6942766 226",
        "enable-late 1 sc": "violated 6408 12960 164, lost-wakeup 28 (21) 26",
        "enable-late 1 tso": "violated 19295 45151 252, lost-wakeup 38 (31) 35",
        "enable-late 2 sc": "violated 66185 132824 285, lost-wakeup 27 (20) 27",
        "enable-late 2 tso": "violated 236199 549301 451, lost-wakeup 36 (29) 36",
        "enable-late-then-poll 1 sc": "proved 12868 25949 232",
        "enable-late-then-poll 1 tso": "proved 33825 79495 304",
        "enable-late-then-poll 2 sc": "proved 57031 114723 296",
        "enable-late-then-poll 2 tso": "proved 163009 380012 395",
        "enable-late-then-poll-unmasked 1 sc": "violated 20866 33067 126, no-double-ownership 60 (26), fifo 60 (26), no-data-race 74 (36), payload-integrity 78 (36), no-lost-buffers 108 (50), deadlock 91 (44)",
        "enable-late-then-poll-unmasked 1 tso": "violated 40523 72497 159, no-double-ownership 72 (38), fifo 72 (38), no-data-race 94 (56), payload-integrity 96 (54), no-lost-buffers 136 (78), deadlock 115 (68)",
        "enable-late-then-poll-unmasked 2 sc": "violated 347648 616928 172, no-double-ownership 67 (31), fifo 67 (31), no-data-race 81 (47), payload-integrity 83 (47), no-lost-buffers 101 (49), lost-wakeup 127 (67) 127, deadlock 77 (42)",
        "enable-without-callback 1 sc": "proved 12904 26024 233",
        "enable-without-callback 1 tso": "proved 33886 79626 305",
        "enable-without-callback 2 sc": "proved 57208 115095 297",
        "enable-without-callback 2 tso": "proved 163376 380844 396",
        "init-clears-pending 1 sc": "proved 6360 12861 165",
        "init-clears-pending 1 tso": "proved 19232 45026 253",
        "init-clears-pending 2 sc": "proved 65757 131943 286",
        "init-clears-pending 2 tso": "proved 235326 547360 452",
        "isr-and-task-receive 1 sc": "violated 23027 36629 121, no-double-ownership 51 (25), fifo 51 (25), no-data-race 65 (35), payload-integrity 69 (35), no-lost-buffers 96 (49), deadlock 82 (43)",
        "isr-and-task-receive 1 tso": "violated 45163 80739 155, no-double-ownership 63 (37), fifo 63 (37), no-data-race 85 (55), payload-integrity 87 (53), no-lost-buffers 124 (77), deadlock 106 (67)",
        "isr-and-task-receive 2 sc": "violated 407260 724718 164, no-double-ownership 58 (30), fifo 58 (30), no-data-race 72 (46), payload-integrity 74 (46), no-lost-buffers 92 (48), lost-wakeup 115 (66) 115, deadlock 68 (41)",
        "isr-and-task-receive-masked 1 sc": "proved 11524 23259 211",
        "isr-and-task-receive-masked 1 tso": "proved 30958 73064 282",
        "isr-and-task-receive-masked 2 sc": "proved 51401 103434 275",
        "isr-and-task-receive-masked 2 tso": "proved 149794 349819 373",
        "isr-and-task-send 1 sc": "violated 4974 11071 118, accepted-send 28 (7), no-double-ownership 43 (12), no-data-race 45 (18)",
        "isr-and-task-send 1 tso": "violated 15200 37622 158, accepted-send 30 (9), no-double-ownership 50 (19), no-data-race 55 (28)",
        "isr-and-task-send 2 sc": "violated 37057 84167 157, no-double-ownership 37 (12), no-data-race 41 (18), accepted-send 46 (18), no-lost-buffers 54 (18), fifo 92 (39), eventual-receipt 64 (22) 55, deadlock 54 (18)",
        "isr-and-task-send 2 tso": "violated 159739 422426 211, no-double-ownership 44 (19), no-data-race 51 (28), accepted-send 55 (27), no-lost-buffers 68 (32), fifo 120 (67), eventual-receipt 81 (39) 70, deadlock 68 (32)",
        "isr-and-task-send 4 sc": "violated 78888 183511 153, no-double-ownership 37 (12), no-data-race 41 (18), accepted-send 46 (14), no-lost-buffers 52 (18), fifo 91 (40), eventual-receipt 55 (21) 54, deadlock 53 (19)",
        "isr-and-task-send-masked 1 sc": "proved 3432 7107 138",
        "isr-and-task-send-masked 1 tso": "proved 8880 19982 187",
        "isr-and-task-send-masked 2 sc": "proved 74138 151987 324",
        "isr-and-task-send-masked 2 tso": "proved 260338 633214 438",
        "isr-one-per-interrupt 1 sc": "proved 1090 2243 115",
        "isr-one-per-interrupt 1 tso": "proved 3616 8636 189",
        "isr-one-per-interrupt 2 sc": "violated 11875 24127 184, lost-wakeup 38 (38) 38",
        "isr-one-per-interrupt 2 tso": "violated 40474 93556 301, lost-wakeup 61 (61) 61",
        "isr-one-per-interrupt 4 sc": "violated 123144 248228 382, lost-wakeup 38 (38) 38",
        "isr-receive 1 sc": "proved 4044 8229 133",
        "isr-receive 1 tso": "proved 13892 32642 221",
        "isr-receive 2 sc": "proved 46737 93903 245",
        "isr-receive 2 tso": "proved 186358 430890 411",
        "polling-master-waits-for-space 1 sc": "proved 742 1529 115",
        "polling-master-waits-for-space 1 tso": "proved 2492 5626 193",
        "polling-master-waits-for-space 2 sc": "proved 29491 59587 219",
        "polling-master-waits-for-space 2 tso": "proved 104836 231194 370",
        "semaphore-drain 1 sc": "proved 11267 23929 155",
        "semaphore-drain 1 tso": "proved 40838 98155 255",
        "semaphore-drain 2 sc": "proved 107922 228235 196",
        "semaphore-drain 2 tso": "proved 410465 976970 323",
        "semaphore-drain-counting 1 sc": "proved 18359 38975 178",
        "semaphore-drain-counting 1 tso": "proved 66682 160253 289",
        "semaphore-drain-counting 2 sc": "proved 316486 667947 263",
        "semaphore-receive-one 1 sc": "proved 125 221 57",
        "semaphore-receive-one 1 tso": "proved 252 463 90",
        "semaphore-receive-one 2 sc": "violated 2685 5489 138, lost-wakeup 39 (39) 39",
        "semaphore-receive-one 2 tso": "violated 7269 16015 216, lost-wakeup 62 (62) 62",
        "semaphore-receive-one 4 sc": "violated 58492 123977 300, lost-wakeup 39 (39) 39",
        "semaphore-receive-one-counting 1 sc": "proved 125 221 57",
        "semaphore-receive-one-counting 1 tso": "proved 252 463 90",
        "semaphore-receive-one-counting 2 sc": "violated 7033 14941 195, lost-wakeup 39 (39) 39",
        "semaphore-receive-one-counting 2 tso": "violated 25993 63575 308, lost-wakeup 62 (62) 62",
        "semaphore-receive-one-uncoalesced 1 sc": "proved 99 171 47",
        "semaphore-receive-one-uncoalesced 1 tso": "proved 218 397 78",
        "semaphore-receive-one-uncoalesced 2 sc": "proved 1032 2124 113",
        "semaphore-receive-one-uncoalesced 2 tso": "proved 3396 7905 186",
        "semaphore-receive-one-uncoalesced 4 sc": "proved 11398 26290 245",
        "sleep-after-recheck 1 sc": "proved 6617 14077 101",
        "sleep-after-recheck 1 tso": "proved 24476 59337 168",
        "sleep-after-recheck 2 sc": "proved 58664 124926 181",
        "sleep-after-recheck 2 tso": "proved 232161 558259 304",
        "two-contexts-enable 1 sc": "proved 42039 85137 242",
        "two-contexts-enable 1 tso": "proved 108925 255945 314",
        "two-contexts-enable 2 sc": "proved 180371 363834 306",
      }
    `);
  });

  it('show what is declared in at most 40 steps that others could notice, where it shows first', () => {
    for (const scenario of interrupted) {
      const [first] = runs.filter(
        (run) =>
          run.scenario === scenario &&
          run.params.memory === 'sc' &&
          Array.isArray(scenario.expected(run.params)),
      );
      if (first === undefined) continue;
      const declared = scenario.expected(first.params) ?? [];
      const shown = find(first).replays.filter(({ violation: { property } }) => declared.includes(property));
      expect([first.run, shown.length]).toEqual([first.run, declared.length]);
      for (const replay of shown) expect([first.run, visible(replay.steps) <= 40]).toEqual([first.run, true]);
    }
  });

  it('are these, each with what is declared of 1 and 2 slots', () => {
    const verdicts = interrupted.map(({ name, expected }) => [
      name,
      ...[1, 2].map((slots) => {
        const declared = expected({ slots, memory: 'sc', defects: [] });
        return Array.isArray(declared) ? declared.join(', ') : declared;
      }),
    ]);
    expect(verdicts).toMatchInlineSnapshot(`
      [
        [
          "isr-receive",
          "proved",
          "proved",
        ],
        [
          "isr-one-per-interrupt",
          "proved",
          "lost-wakeup",
        ],
        [
          "enable-late",
          "lost-wakeup",
          "lost-wakeup",
        ],
        [
          "enable-late-then-poll",
          "proved",
          "proved",
        ],
        [
          "enable-late-then-poll-unmasked",
          "no-double-ownership, fifo",
          "no-double-ownership, fifo",
        ],
        [
          "isr-and-task-send",
          "no-double-ownership, accepted-send",
          "no-double-ownership, accepted-send, eventual-receipt",
        ],
        [
          "isr-and-task-send-masked",
          "proved",
          "proved",
        ],
        [
          "isr-and-task-receive",
          "no-double-ownership, fifo",
          "no-double-ownership, fifo",
        ],
        [
          "isr-and-task-receive-masked",
          "proved",
          "proved",
        ],
        [
          "semaphore-receive-one",
          "proved",
          "lost-wakeup",
        ],
        [
          "semaphore-receive-one-counting",
          "proved",
          "lost-wakeup",
        ],
        [
          "semaphore-receive-one-uncoalesced",
          "proved",
          "proved",
        ],
        [
          "semaphore-drain",
          "proved",
          "proved",
        ],
        [
          "semaphore-drain-counting",
          "proved",
          "proved",
        ],
        [
          "polling-master-waits-for-space",
          "proved",
          "proved",
        ],
        [
          "sleep-after-recheck",
          "proved",
          "proved",
        ],
        [
          "duplex",
          "proved",
          "proved",
        ],
        [
          "init-clears-pending",
          "proved",
          "proved",
        ],
        [
          "enable-without-callback",
          "proved",
          "proved",
        ],
        [
          "two-contexts-enable",
          "proved",
          "proved",
        ],
      ]
    `);
  });
});

// --- Two contexts of one core on one end of a queue -------------------------------------------------------------------

/** Walks until a step is like this, and takes it. Each step is the first one of this kind that is possible for `who`. */
function goUntil(
  walk: Walk,
  who: number,
  like: (step: WalkStep) => boolean,
  kind: ScheduleStep['kind'] = 'step',
): WalkStep {
  for (let i = 0; i < 100; i++) {
    const step = { kind, who, choice: 0 };
    expect(walk.isEnabled(step)).toBe(true);
    const taken = walk.take(step);
    if (like(taken)) return taken;
  }
  throw new Error('it does not come to that');
}

describe('a handler that sends while its task sends', () => {
  const NAME = 'isr-and-task-send';
  const run = (slots: number): Run => ({
    run: `${NAME} ${slots} sc`,
    scenario: scenarioNamed(NAME),
    params: { slots, memory: 'sc', defects: [] },
  });
  const shown = (slots: number, property: string): Replay => {
    const replay = find(run(slots)).replays.find((candidate) => candidate.violation.property === property);
    if (replay === undefined) throw new Error(`${property} is not broken`);
    return replay;
  };
  const [TASK, REMOTE, ISR] = [0, 1, 2];

  // protocols 1.8, X1: both toggle the flags of one descriptor, so it is as if nobody had sent.
  it('toggles the flags of one slot twice: two messages sent, and none that the remote could see (X1)', () => {
    const { walk, steps, violation } = shown(2, 'eventual-receipt');
    const stores = steps.filter(({ access, location }) => access === 'store' && /\.flags$/.test(location));
    expect(stores.map(({ who, location, value }) => [who, location, value])).toEqual([
      ['master isr', 'desc[0].flags', 0x80],
      ['master', 'desc[0].flags', 0],
    ]);
    const flags = stores[0]?.at?.location ?? null;
    if (flags === null) throw new Error('flags are nowhere');
    const view = walk.view();
    expect([view.load(flags), view.slotState(0), view.slotState(1)]).toEqual([0, 'available', 'available']);
    // Round and round: the task finds no room, the remote finds no message.
    const round = steps.slice(violation.cycleStart ?? steps.length);
    const looks = round.filter(({ location }) => /\.flags$/.test(location));
    expect(new Set(looks.map(({ who, value }) => `${who} ${value}`))).toEqual(
      new Set(['master 0', 'remote 0']),
    );
  });

  // X2: the handler reserves between the task's look at the flags and its store of the index.
  it.each([1, 2])('gives one buffer to both, with %i slots (X2)', (slots) => {
    const { steps, violation } = shown(slots, 'no-double-ownership');
    const enters = steps.findIndex(({ access }) => access === 'enter');
    const task = (from: number, to: number) =>
      steps
        .slice(from, to)
        .filter(({ who, operations }) => who === 'master' && operations[0] === 'alloc_try')
        .map(({ access, location }) => `${access} ${location}`);
    expect(task(0, enters)).toContain('load desc[0].flags');
    expect(task(0, enters)).not.toContain('store queue.free_index');
    expect(task(enters, steps.length)[0]).toBe('store queue.free_index');
    expect(violation.message).toBe('master reserved buffer[0], which is published and not taken yet');
  });

  it.each([1, 2])('is refused what it has allocated, with %i slots (X3)', (slots) => {
    expect(shown(slots, 'accepted-send').violation.message).toBe(
      'send_try refused a buffer that was allocated: NOT_ALLOWED',
    );
  });

  // The window that X3 names is longer than the shortest way to a refusal: the index is past the end, the flip counter is not.
  it('is refused also between the used index of the task and its flip counter (X3)', () => {
    const walk = new Walk(systemOf(NAME, 1));
    const inSend = ({ operations }: WalkStep): boolean => operations[0] === 'send_try';
    goUntil(walk, TASK, (at) => inSend(at) && at.access === 'store' && at.location === 'desc[0].flags');
    // Sent already: the remote takes it, and gives it back.
    goUntil(walk, REMOTE, ({ access, location }) => access === 'store' && location === 'desc[0].flags');
    goUntil(walk, ISR, ({ access }) => access === 'enter', 'enter');
    const last = goUntil(walk, ISR, ({ broken }) => broken.length > 0);
    expect([last.operations, last.broken.map(({ property }) => property)]).toEqual([
      ['send_try'],
      ['accepted-send'],
    ]);
  });

  it.each([1, 2])('does none of that where the task masks interrupts, with %i slots', (slots) => {
    expect(check(systemOf('isr-and-task-send-masked', slots)).verdict).toBe('proved');
  });
});

// --- Seeded defects ---------------------------------------------------------------------------------------------------

const DEFECTS = [
  ['pending-cleared-after-handlers', 'isr-receive', 1, 'lost-wakeup', 43],
  ['acknowledged-twice', 'isr-receive', 1, 'lost-wakeup', 41],
  ['handler-published-early', 'enable-late-then-poll', 1, 'bounded-operation', 21],
  ['init-clears-pending', 'init-clears-pending', 1, 'lost-wakeup', 26],
  ['critical-does-not-nest', 'isr-and-task-send-masked', 1, 'accepted-send', 62],
  ['null-callback-accepted', 'enable-without-callback', 1, 'lost-wakeup', 29],
  ['mask-released-early', 'two-contexts-enable', 1, 'lost-wakeup', 44],
  ['callback-stops-at-error', 'isr-receive', 2, 'lost-wakeup', 64],
  ['no-recheck-before-sleep', 'sleep-after-recheck', 1, 'lost-wakeup', 20],
  ['unmasked-before-send', 'isr-and-task-send-masked', 1, 'accepted-send', 62],
] as const;

describe('a defect among interrupts', () => {
  it.each(DEFECTS)(
    '%s breaks %s with %i slots: %s in %i steps',
    (name, scenario, slots, property, length) => {
      const declared = espAmp.defects.find((defect) => defect.name === name);
      expect(declared).toMatchObject({ scenario, slots, property, memory: 'sc' });
      const system = systemOf(scenario, slots, name);
      const violation = check(system).violations.find((candidate) => candidate.property === property);
      if (violation === undefined) throw new Error(`${property} is not broken`);
      expect(violation.schedule.length).toBe(length);
      expectShown(replayed(system, violation, { memory: 'sc' }));
      // Without it all is well, and what it breaks was there to be broken.
      const sound = check(systemOf(scenario, slots));
      expect([sound.verdict, sound.witnesses.every(({ reached }) => reached)]).toEqual(['proved', true]);
    },
  );

  // It stops after a message that it has taken: with one slot there is no other that it could leave behind.
  it('callback-stops-at-error does not show with 1 slot', () => {
    expect(check(systemOf('isr-receive', 1, 'callback-stops-at-error')).verdict).toBe('proved');
  });

  it('are all that are declared in a scenario with interrupts', () => {
    const names = espAmp.defects
      .filter(({ scenario, memory }) => memory === 'sc' && interrupted.some(({ name }) => name === scenario))
      .map(({ name }) => name);
    expect(DEFECTS.map(([name]) => name).sort()).toEqual(names.sort());
  });

  it.each([
    [1, 20, 18],
    [2, 19, 19],
  ])('notify-before-publish loses a wake-up of isr-receive, too, with %i slots', (slots, length, round) => {
    const system = systemOf('isr-receive', slots, 'notify-before-publish');
    const { violations } = check(system);
    const [violation] = violations;
    if (violation === undefined) throw new Error('nothing is broken');
    const { property, schedule, cycleStart } = violation;
    expect([property, schedule.length, cycleStart]).toEqual(['lost-wakeup', length, round]);
    expect(violations.length).toBe(1);
    expectShown(replayed(system, violation, { memory: 'sc' }));
  });

  it('has nothing declared in another scenario', () => {
    const params = { slots: 1, memory: 'sc', defects: ['acknowledged-twice'] } as const;
    expect(scenarioNamed('duplex').expected(params)).toBe(null);
  });
});

// --- What it costs ----------------------------------------------------------------------------------------------------

describe('notification', () => {
  it.each([
    // A handler that has drained all may find the doorbell of the last message rung again: one in vain for each.
    ['isr-receive', 1, [1, 1], [1, 1], [1, 1], 8],
    ['isr-receive', 2, [1, 1], [1, 1], [1, 1], 17],
    // Two messages, of which one is ever received.
    ['isr-one-per-interrupt', 2, [2, 1], [2, 1], [1, 1], 25],
    ['semaphore-receive-one-uncoalesced', 2, [1, 1], [1, 1], [0, 1], 20],
    ['sleep-after-recheck', 1, [1, 1], [1, 1], [1, 1], 10],
  ] as const)(
    'of %s with %i slots costs so much at worst',
    (name, slots, bells, interrupts, spurious, wait) => {
      const rate = ([most, messages]: readonly [number, number]) => ({ most, messages });
      expect(check(systemOf(name, slots)).notifications).toEqual({
        doorbellsPerMessage: rate(bells),
        interruptsPerMessage: rate(interrupts),
        spuriousPerMessage: rate(spurious),
        longestWait: wait,
      });
    },
  );

  it('is not measured where there is none, or where not all is explored', () => {
    expect(check(systemOf('in-order', 1)).notifications).toBe(null);
    expect(check(systemOf('isr-receive', 1), { maxStates: 100 }).notifications).toBe(null);
  });
});

describe('the operations of isr-receive', () => {
  it('take at most so many accesses of their own with 2 slots, however often they are interrupted', () => {
    expect(check(systemOf('isr-receive', 2)).longestOperations).toEqual({
      alloc_try: 13,
      free_try: 18,
      recv_try: 13,
      send_try: 20,
      sw_intr_trigger: 2,
    });
  });
});

describe('steps merged, and not', () => {
  it('have one verdict, and these many states', () => {
    const table = (
      [
        ['isr-receive', 1],
        ['isr-receive', 2],
        ['isr-and-task-send-masked', 1],
      ] as const
    ).map(([name, slots]) => {
      const [merged, unmerged] = [true, false].map((merge) => check(systemOf(name, slots), { merge }));
      expect([merged?.verdict, unmerged?.verdict]).toEqual(['proved', 'proved']);
      return [name, slots, merged?.states, unmerged?.states];
    });
    expect(table).toEqual([
      ['isr-receive', 1, 4044, 18_796],
      ['isr-receive', 2, 46_737, 81_401],
      ['isr-and-task-send-masked', 1, 3432, 15_080],
    ]);
  });
});
