/**
 * The scenarios of esp-amp that poll, its defects and its properties: exact counts where all is well, exact lengths
 * where a defect is seeded. A changed number is allowed when the change that causes it explains it. The scenarios with
 * interrupts: espAmpInterrupts.test.ts.
 */

import { describe, expect, it } from 'vitest';
import { type CheckResult, check, program, STOP, type System } from 'vqcheck/checker';
import type { Location } from 'vqcheck/memory';
import { builtInProperties } from 'vqcheck/properties';
import { builtInTargets, espAmp, type Scenario, type ScenarioParams } from 'vqcheck/scenarios';
import { loads, move, tiny, x, y } from '../checker/support.ts';

const MEMORIES = ['sc', 'tso'] as const;

function scenarioNamed(name: string): Scenario {
  const scenario = espAmp.scenarios.find((known) => known.name === name);
  if (scenario === undefined) throw new Error(`no scenario ${name}`);
  return scenario;
}

/** Too long for a test: millions of states. bench/check.ts has their counts. */
const TOO_LONG = new Set(['any-order 4 sc', 'any-order 4 tso', 'full-empty 4 tso']);

const hasInterrupts = (scenario: Scenario): boolean =>
  scenario.system({ slots: scenario.defaultSlots[0] ?? 1, memory: 'sc', defects: [] }).interrupts !==
  undefined;

const polling = espAmp.scenarios.filter((scenario) => !hasInterrupts(scenario));
const runs = polling.flatMap((scenario) =>
  scenario.defaultSlots.flatMap((slots) =>
    MEMORIES.map((memory) => ({
      scenario,
      run: `${scenario.name} ${slots} ${memory}`,
      params: { slots, memory, defects: [] },
    })),
  ),
);
const covered = runs.filter(
  ({ scenario, run, params }) => !TOO_LONG.has(run) && scenario.refuse(params) === null,
);

const proofs = new Map<string, CheckResult>(
  covered.map(({ scenario, run, params }) => [
    run,
    check(scenario.system(params), { memory: params.memory }),
  ]),
);
const resultOf = (run: string): CheckResult => {
  const [name = '', slots = '1', memory = ''] = run.split(' ');
  if (memory !== 'sc' && memory !== 'tso') throw new Error(`no run ${run}`);
  const params: ScenarioParams = { slots: Number(slots), memory, defects: [] };
  return proofs.get(run) ?? check(scenarioNamed(name).system(params), { memory });
};

describe('the sound queue', () => {
  it.each(covered)(
    '$run: every property holds, and every situation is reached',
    ({ scenario, run, params }) => {
      const { verdict, violations, error, incomplete, witnesses } = resultOf(run);
      expect({ verdict, violations, error, incomplete }).toEqual({
        verdict: scenario.expected(params),
        violations: [],
        error: null,
        incomplete: null,
      });
      expect(witnesses.filter(({ reached }) => !reached)).toEqual([]);
      expect(witnesses.length).toBeGreaterThan(0);
    },
  );

  it('has these states, transitions and depths', () => {
    const table = Object.fromEntries(
      [...proofs].map(([run, { states, transitions, depth }]) => [run, `${states} ${transitions} ${depth}`]),
    );
    expect(table).toMatchInlineSnapshot(`
      {
        "any-order 1 sc": "54 113 42",
        "any-order 1 tso": "224 486 73",
        "any-order 2 sc": "13699 30521 167",
        "any-order 2 tso": "59028 138628 278",
        "coprime-tags 2 sc": "1106 2212 223",
        "coprime-tags 2 tso": "5196 11654 396",
        "doorbell 1 sc": "153 306 73",
        "doorbell 1 tso": "454 957 126",
        "doorbell 2 sc": "1029 2058 109",
        "doorbell 2 tso": "3792 8307 188",
        "doorbell 4 sc": "5412 10824 204",
        "doorbell 4 tso": "21046 46441 352",
        "full-empty 1 sc": "83 166 38",
        "full-empty 1 tso": "256 542 70",
        "full-empty 2 sc": "2417 4834 144",
        "full-empty 2 tso": "9496 21080 258",
        "full-empty 4 sc": "709905 1419810 386",
        "in-order 1 sc": "37 74 36",
        "in-order 1 tso": "160 342 66",
        "in-order 2 sc": "394 788 87",
        "in-order 2 tso": "1836 4118 156",
        "in-order 4 sc": "2188 4376 189",
        "in-order 4 tso": "10846 24445 336",
        "index-wrap 1 sc": "86 162 85",
        "index-wrap 1 tso": "350 726 151",
        "index-wrap 2 sc": "641 1263 136",
        "index-wrap 2 tso": "2935 6527 241",
        "index-wrap 4 sc": "2831 5625 238",
        "index-wrap 4 tso": "13911 31222 421",
        "init-sizes 1 sc": "8 16 1",
        "init-sizes 1 tso": "8 16 1",
        "late-attach 1 sc": "149 298 70",
        "late-attach 1 tso": "509 1144 120",
        "late-attach 2 sc": "619 1238 124",
        "late-attach 2 tso": "2669 6023 216",
        "late-attach 4 sc": "2639 5278 232",
        "late-attach 4 tso": "12729 28755 408",
        "notify-fails 1 sc": "57 134 38",
        "notify-fails 1 tso": "204 482 68",
        "notify-fails 2 sc": "480 1046 92",
        "notify-fails 2 tso": "2094 5000 161",
        "notify-fails 4 sc": "2541 5435 200",
        "notify-fails 4 tso": "12104 28874 347",
        "refusals 1 sc": "33 60 16",
        "refusals 1 tso": "42 69 25",
        "two-queues 1 sc": "5337 11952 89",
        "two-queues 1 tso": "22828 53976 152",
        "two-queues 2 sc": "230156 504388 204",
        "two-queues 2 tso": "1119986 2692664 346",
        "two-queues 4 sc": "105965 230228 115",
        "two-queues 4 tso": "492083 1192108 194",
      }
    `);
  });

  it('comes home, and never fills a store buffer', () => {
    for (const [run, { homeStates, bufferDepth, deepestBuffer }] of proofs) {
      expect([run, homeStates > 0]).toEqual([run, true]);
      if (bufferDepth !== null) expect(deepestBuffer).toBeLessThan(bufferDepth);
    }
  });

  it('has the same states at rest under both memory models where the agents never give up', () => {
    const rests = (memory: string) =>
      polling
        .filter(({ name }) => name !== 'full-empty')
        .map(({ name }) => [name, proofs.get(`${name} 1 ${memory}`)?.quiescentStates ?? null]);
    expect(rests('tso')).toEqual(rests('sc'));
  });
});

const defectRuns = espAmp.defects.map((defect) => {
  const params = { slots: defect.slots, memory: defect.memory, defects: [defect.name] };
  const result = check(scenarioNamed(defect.scenario).system(params), { memory: defect.memory });
  return { defect, name: defect.name, params, result };
});

/** Its handler makes no full fence where there is no message: the acknowledgements of a storm fill any store buffer. */
const BEYOND_TSO = 'pending-cleared-after-handlers';

describe('every defect', () => {
  it.each(defectRuns)('$name breaks the property that it declares', ({ defect, params, result }) => {
    expect(result.verdict).toBe('violated');
    expect(result.violations.map(({ property }) => property)).toContain(defect.property);
    expect(scenarioNamed(defect.scenario).expected(params)).toEqual([defect.property]);
  });

  it('breaks these properties, by counterexamples of these lengths', () => {
    const table = Object.fromEntries(
      defectRuns.map(({ defect, name, result }) => [
        `${name} (${defect.scenario} ${defect.slots} ${defect.memory})`,
        result.violations.map(({ property, schedule }) => `${property} ${schedule.length}`).join(', '),
      ]),
    );
    expect(table).toMatchInlineSnapshot(`
      {
        "acknowledged-twice (isr-receive 1 sc)": "lost-wakeup 41",
        "addr-not-written-back (any-order 2 sc)": "no-lost-buffers 32",
        "alloc-acquire-before-load (any-order 2 rc11)": "no-data-race 32, no-double-ownership 46, no-lost-buffers 54",
        "alloc-without-acquire (any-order 2 rc11)": "no-data-race 29, no-double-ownership 43, no-lost-buffers 51",
        "alloc-without-test (in-order 1 sc)": "no-double-ownership 10, no-data-race 16",
        "buffer-returned-before-read (in-order 1 sc)": "no-outside-access 17, no-data-race 20",
        "callback-stops-at-error (isr-receive 2 sc)": "lost-wakeup 64",
        "critical-does-not-nest (isr-and-task-send-masked 1 sc)": "accepted-send 62",
        "doorbell-not-ordered (semaphore-receive-one-uncoalesced 1 pso)": "lost-wakeup 26",
        "double-free (in-order 1 sc)": "no-double-ownership 18",
        "flags-loaded-plain (in-order 1 sc)": "no-data-race 9",
        "flags-stored-plain (in-order 1 sc)": "no-data-race 9",
        "flip-not-toggled (in-order 1 sc)": "deadlock 17",
        "flip-toggled-early (in-order 2 sc)": "deadlock 17",
        "foreign-free (in-order 1 sc)": "no-double-ownership 13",
        "free-release-after-store (in-order 1 pso)": "no-data-race 30, payload-integrity 49",
        "free-without-release (in-order 1 pso)": "no-data-race 30, payload-integrity 48",
        "handler-published-early (enable-late-then-poll 1 sc)": "bounded-operation 21",
        "index-advanced-on-failure (in-order 1 sc)": "failure-atomicity 9",
        "init-clears-pending (init-clears-pending 1 sc)": "lost-wakeup 26",
        "length-not-stored (in-order 1 sc)": "payload-integrity 9",
        "link-before-configuration (late-attach 1 sc)": "no-data-race 9, no-outside-access 10, eventual-receipt 46, deadlock 44, no-lost-buffers 18",
        "link-before-header (late-attach 1 sc)": "no-outside-access 5, no-data-race 6, eventual-receipt 47, deadlock 45, no-lost-buffers 19",
        "list-walk-unbounded (refusals 1 sc)": "bounded-operation 16",
        "mask-released-early (two-contexts-enable 1 sc)": "bounded-operation 24, lost-wakeup 44",
        "no-recheck-before-sleep (sleep-after-recheck 1 sc)": "lost-wakeup 20",
        "notify-before-publish (doorbell 1 sc)": "eventual-receipt 13, deadlock 11, no-lost-buffers 7",
        "notify-result-leaks (notify-fails 1 sc)": "failure-atomicity 9, documented-errors 9, no-double-ownership 12",
        "null-callback-accepted (enable-without-callback 1 sc)": "lost-wakeup 29",
        "pending-cleared-after-handlers (isr-receive 1 sc)": "lost-wakeup 43",
        "publish-before-fill (in-order 1 sc)": "no-data-race 9, payload-integrity 9",
        "recv-acquire-before-load (in-order 1 rc11)": "no-data-race 14, payload-integrity 15",
        "recv-takes-next (in-order 2 sc)": "fifo 19",
        "recv-without-acquire (in-order 1 rc11)": "no-data-race 13, payload-integrity 14",
        "send-release-after-store (in-order 1 pso)": "no-data-race 15, payload-integrity 16",
        "send-without-release (in-order 1 pso)": "no-data-race 15, payload-integrity 16",
        "size-truncated (init-sizes 1 sc)": "no-outside-access 1, bounded-operation 1",
        "unmasked-before-send (isr-and-task-send-masked 1 sc)": "accepted-send 62",
      }
    `);
  });

  it('but one shows under tso as well as under sc', () => {
    const shown = defectRuns.filter(
      ({ defect: { scenario, memory }, name }) =>
        scenario !== 'init-sizes' && memory === 'sc' && name !== BEYOND_TSO,
    );
    for (const { defect } of shown) {
      const params = { slots: defect.slots, memory: 'tso', defects: [defect.name] } as const;
      const { violations } = check(scenarioNamed(defect.scenario).system(params), { memory: 'tso' });
      expect([defect.name, violations.map(({ property }) => property).includes(defect.property)]).toEqual([
        defect.name,
        true,
      ]);
    }
  });

  it('that one has a space without end under tso, and nothing is said of it', () => {
    const defect = defectRuns.find(({ name }) => name === BEYOND_TSO)?.defect;
    if (defect === undefined) throw new Error(`no defect ${BEYOND_TSO}`);
    const params = { slots: defect.slots, memory: 'tso', defects: [defect.name] } as const;
    const { verdict, incomplete, violations } = check(scenarioNamed(defect.scenario).system(params), {
      memory: 'tso',
    });
    expect([verdict, incomplete?.kind, violations]).toEqual(['incomplete', 'buffer', []]);
  });
});

/**
 * The four tests of a property, end to end: it holds on the target; a named defect breaks it, by a counterexample of this
 * length; what it is about is reached; a run of at most one step does not upset it.
 */
interface PropertyRow {
  readonly property: string;
  /** A run of the table above, and the witness that shows that the property had something to say there. */
  readonly holdsOn: string;
  readonly witness: string;
  readonly defect: string;
  readonly length: number;
}

/** Reported even when not asked for. */
const FAULTS: ReadonlySet<string> = new Set(['no-outside-access', 'bounded-operation']);

const ROWS: readonly PropertyRow[] = [
  {
    property: 'no-double-ownership',
    holdsOn: 'in-order 2 sc',
    witness: 'ring wrapped',
    defect: 'double-free',
    length: 18,
  },
  {
    property: 'no-lost-buffers',
    holdsOn: 'any-order 2 sc',
    witness: 'freed out of order',
    defect: 'addr-not-written-back',
    length: 32,
  },
  {
    property: 'payload-integrity',
    holdsOn: 'in-order 2 tso',
    witness: 'ring wrapped',
    defect: 'publish-before-fill',
    length: 9,
  },
  {
    property: 'no-outside-access',
    holdsOn: 'init-sizes 1 sc',
    witness: 'a queue made',
    defect: 'size-truncated',
    length: 1,
  },
  {
    property: 'failure-atomicity',
    holdsOn: 'in-order 1 sc',
    witness: 'queue full',
    defect: 'index-advanced-on-failure',
    length: 9,
  },
  {
    property: 'documented-errors',
    holdsOn: 'notify-fails 1 sc',
    witness: 'notification failed',
    defect: 'notify-result-leaks',
    length: 9,
  },
  {
    property: 'bounded-operation',
    holdsOn: 'refusals 1 sc',
    witness: 'refused: list without end',
    defect: 'list-walk-unbounded',
    length: 16,
  },
  {
    property: 'fifo',
    holdsOn: 'in-order 2 sc',
    witness: 'ring wrapped',
    defect: 'recv-takes-next',
    length: 19,
  },
  {
    property: 'deadlock',
    holdsOn: 'doorbell 1 sc',
    witness: 'queue empty',
    defect: 'notify-before-publish',
    length: 11,
  },
  {
    property: 'lost-wakeup',
    holdsOn: 'isr-receive 1 sc',
    witness: 'interrupt taken',
    defect: 'acknowledged-twice',
    length: 41,
  },
  {
    property: 'no-data-race',
    holdsOn: 'in-order 2 tso',
    witness: 'ring wrapped',
    defect: 'flags-loaded-plain',
    length: 9,
  },
  // What this one is really about: isr-and-task-send, in espAmpInterrupts.test.ts. There nothing is seeded.
  {
    property: 'eventual-receipt',
    holdsOn: 'late-attach 1 sc',
    witness: 'queue empty',
    defect: 'link-before-configuration',
    length: 46,
  },
];

describe('every property, end to end', () => {
  it.each(ROWS)('$property holds on the target, and has something to say there', ({ holdsOn, witness }) => {
    const { verdict, witnesses } = resultOf(holdsOn);
    expect(verdict).toBe('proved');
    expect(witnesses.filter(({ reached }) => reached).map(({ name }) => name)).toContain(witness);
  });

  it.each(ROWS)('$property is broken by $defect in $length steps', ({ property, defect, length }) => {
    const found = defectRuns
      .find(({ name }) => name === defect)
      ?.result.violations.find((v) => v.property === property);
    expect([found?.property, found?.schedule.length]).toEqual([property, length]);
  });

  it.each(ROWS)('$property is alone asked for, and found the same', ({ property, defect, length }) => {
    const known = espAmp.defects.find(({ name }) => name === defect);
    if (known === undefined) throw new Error(`no defect ${defect}`);
    const { scenario, slots, memory } = known;
    const system = scenarioNamed(scenario).system({ slots, memory, defects: [defect] });
    const { violations } = check(system, { memory, properties: [property] });
    // An access outside and an endless operation end a run: they are told of whatever is asked for.
    const asked = violations.filter((v) => !FAULTS.has(v.property) || v.property === property);
    expect(asked.map((v) => v.property)).toEqual([property]);
    const faults = violations.filter((v) => FAULTS.has(v.property)).map((v) => v.property);
    const whole = check(system, { memory }).violations.map((v) => v.property);
    expect(whole).toEqual(expect.arrayContaining(faults));
    // What another property had cut off may lie on the way now: never a longer one.
    expect(asked[0]?.schedule.length).toBeLessThanOrEqual(length);
  });

  it.each(ROWS)('$property is not upset by a run of at most one step', ({ property, holdsOn }) => {
    const [name = '', slots = '1'] = holdsOn.split(' ');
    const system = scenarioNamed(name).system({ slots: Number(slots), memory: 'sc', defects: [] });
    for (const maxStates of [0, 1]) {
      expect(check(system, { maxStates, properties: [property] })).toMatchObject({
        verdict: 'incomplete',
        violations: [],
      });
    }
  });

  it('but one are all the built-in ones, each broken by some defect of its own', () => {
    expect([...ROWS.map(({ property }) => property), 'livelock'].sort()).toEqual(
      builtInProperties.map(({ name }) => name).sort(),
    );
    expect(new Set(ROWS.map(({ defect }) => defect)).size).toBe(ROWS.length);
  });

  // No defect of the queue makes two agents spoil each other's work without end: nobody tries again what another undoes.
  it('livelock is broken by two that give way to each other for ever', () => {
    const polite = (mine: Location, other: Location, slot: 0 | 1, insists: boolean) =>
      program<number>(0, (port) => () => {
        port.store(mine, 1, 'seq_cst');
        const succeeds = port.load(other, 'relaxed') === 0 || insists;
        if (succeeds) {
          move(port, 'reserve', slot, () => loads(port, mine));
          move(port, 'cancel', slot, () => loads(port, mine));
        }
        port.store(mine, 0, 'relaxed');
        return succeeds ? STOP : 0;
      });
    const two = (insists: boolean): System =>
      tiny(
        { a: polite(x, y, 0, false), b: polite(y, x, 1, insists) },
        { withSlots: true, properties: builtInProperties, finished: (states) => states.includes(null) },
      );
    // Both raise, both look, both lower: 6 steps.
    const { violations } = check(two(false));
    expect(violations.map(({ property, schedule }) => [property, schedule.length])).toEqual([
      ['livelock', 6],
    ]);
    expect(check(two(false), { maxStates: 1 }).violations).toEqual([]);
    expect(check(two(true)).verdict).toBe('proved');
  });
});

describe('the target', () => {
  it('is listed with its scenarios, defects and properties, each named once', () => {
    expect(builtInTargets[0]).toBe(espAmp);
    for (const names of [espAmp.scenarios, espAmp.defects, builtInProperties].map((all) =>
      all.map(({ name }) => name),
    )) {
      expect(new Set(names).size).toBe(names.length);
      for (const name of names) expect(name).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
    }
    const builtIn = builtInProperties.map(({ name }) => name);
    expect(espAmp.properties).toEqual([...builtIn, 'accepted-send']);
  });

  it('refuses sizes that a queue cannot have, and those that take too long', () => {
    const inOrder = scenarioNamed('in-order');
    const refused = [0, 1, 2, 3, 4, 12, 64, 32_768, 65_536].filter(
      (slots) => inOrder.refuse({ slots, memory: 'sc', defects: [] }) !== null,
    );
    expect(refused).toEqual([0, 3, 12, 65_536]);
    expect(scenarioNamed('two-queues').refuse({ slots: 8, memory: 'tso', defects: [] })).toMatch(
      /4 slots under tso/,
    );
    for (const { scenario, params, run } of runs) {
      if (!TOO_LONG.has(run)) expect([run, scenario.refuse(params)]).toEqual([run, null]);
    }
  });

  it('says what it bounds, and which modulus its indices have', () => {
    const params = { slots: 4, memory: 'sc', defects: [] } as const;
    const facts = espAmp.scenarios.map((scenario) => [
      scenario.name,
      scenario.indexModulus(params),
      scenario.bounds(params),
    ]);
    expect(facts).toMatchInlineSnapshot(`
      [
        [
          "in-order",
          8,
          {},
        ],
        [
          "any-order",
          8,
          {},
        ],
        [
          "coprime-tags",
          8,
          {},
        ],
        [
          "index-wrap",
          65536,
          {
            "messages": 14,
          },
        ],
        [
          "full-empty",
          8,
          {},
        ],
        [
          "two-queues",
          8,
          {
            "messagesEachWay": 3,
          },
        ],
        [
          "late-attach",
          8,
          {},
        ],
        [
          "notify-fails",
          8,
          {},
        ],
        [
          "doorbell",
          8,
          {},
        ],
        [
          "init-sizes",
          65536,
          {
            "queues": 1,
          },
        ],
        [
          "refusals",
          8,
          {
            "messages": 2,
          },
        ],
        [
          "isr-receive",
          8,
          {},
        ],
        [
          "isr-one-per-interrupt",
          8,
          {},
        ],
        [
          "enable-late",
          8,
          {},
        ],
        [
          "enable-late-then-poll",
          8,
          {},
        ],
        [
          "enable-late-then-poll-unmasked",
          8,
          {
            "messages": 3,
          },
        ],
        [
          "isr-and-task-send",
          8,
          {
            "interrupts": 1,
            "messages": 3,
          },
        ],
        [
          "isr-and-task-send-masked",
          8,
          {},
        ],
        [
          "isr-and-task-receive",
          8,
          {
            "messages": 3,
          },
        ],
        [
          "isr-and-task-receive-masked",
          8,
          {},
        ],
        [
          "semaphore-receive-one",
          8,
          {},
        ],
        [
          "semaphore-receive-one-counting",
          8,
          {},
        ],
        [
          "semaphore-receive-one-uncoalesced",
          8,
          {},
        ],
        [
          "semaphore-drain",
          8,
          {},
        ],
        [
          "semaphore-drain-counting",
          8,
          {},
        ],
        [
          "polling-master-waits-for-space",
          8,
          {},
        ],
        [
          "sleep-after-recheck",
          8,
          {},
        ],
        [
          "duplex",
          8,
          {
            "messagesEachWay": 3,
          },
        ],
        [
          "init-clears-pending",
          8,
          {},
        ],
        [
          "enable-without-callback",
          8,
          {},
        ],
        [
          "two-contexts-enable",
          8,
          {},
        ],
      ]
    `);
  });

  it('expects nothing of a defect in a scenario where it is not declared', () => {
    expect(scenarioNamed('doorbell').expected({ slots: 1, memory: 'sc', defects: ['double-free'] })).toBe(
      null,
    );
  });
});
