import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  compileTransitionTable,
  ILLEGAL,
  INITIAL_SLOT_STATE,
  nextSlotState,
  ownerOf,
  type SlotEvent,
  type SlotState,
  shortestSlotPaths,
  slotDiagram,
  slotDocument,
  slotEventIndex,
  slotEvents,
  slotMachine,
  slotStateIndex,
  slotStates,
  slotTable,
  slotTransitionPaths,
  slotTransitions,
} from 'vqcheck/model';
import { createActor, createMachine, type StateValue } from 'xstate';

/** The whole chart, written out by hand: what is not here is illegal. */
const expected: Readonly<Record<SlotState, Readonly<Partial<Record<SlotEvent, SlotState>>>>> = {
  free: { reserve: 'reserved', 'release.failed': 'used.held' },
  reserved: { cancel: 'free', publish: 'available' },
  available: { 'publish.failed': 'reserved', take: 'used.held', revoke: 'free' },
  'used.held': { return: 'used.queued', release: 'free', revoke: 'free' },
  'used.queued': { 'return.failed': 'used.held', collect: 'free', revoke: 'free' },
};

const expectedOwners: Readonly<Record<SlotState, string>> = {
  free: 'nobody',
  reserved: 'driver',
  available: 'nobody',
  'used.held': 'device',
  'used.queued': 'nobody',
};

const pairs = slotStates.flatMap((state) => slotEvents.map((event) => [state, event] as const));

/** The name of the leaf that a running actor is in, derived apart from the package's own way. */
function leafOf(value: StateValue): string {
  return typeof value === 'string'
    ? value
    : Object.entries(value)
        .map(([parent, child]) => `${parent}.${child}`)
        .join('+');
}

/** The states a real actor goes through, with `illegal` where it cannot handle the event. */
function runActor(events: readonly SlotEvent[]): readonly string[] {
  const actor = createActor(slotMachine).start();
  return events.map((type) => {
    const can = actor.getSnapshot().can({ type });
    actor.send({ type });
    return can ? leafOf(actor.getSnapshot().value) : 'illegal';
  });
}

describe('slot statechart', () => {
  it('has five states and eleven events, and starts free', () => {
    expect(slotStates).toEqual(['free', 'reserved', 'available', 'used.held', 'used.queued']);
    expect(slotEvents).toEqual([
      'reserve',
      'cancel',
      'publish',
      'publish.failed',
      'take',
      'return',
      'return.failed',
      'collect',
      'release',
      'release.failed',
      'revoke',
    ]);
    expect(slotStates[INITIAL_SLOT_STATE]).toBe('free');
  });

  it('uses every event of the vocabulary and no other', () => {
    expect([...slotMachine.events].sort()).toEqual([...slotEvents].sort());
  });

  it.each(pairs)('in %s, answers %s as written out by hand', (state, event) => {
    const next = nextSlotState(slotStateIndex(state), slotEventIndex(event));
    const to = expected[state][event];
    expect(next).toBe(to === undefined ? ILLEGAL : slotStateIndex(to));
  });

  it.each(slotStates)('in %s, the owner is as written out by hand', (state) => {
    expect(ownerOf(slotStateIndex(state))).toBe(expectedOwners[state]);
  });

  it('names the owner on each leaf by exactly one tag', () => {
    const owners = slotStates.map((state) => {
      const [parent = '', child] = state.split('.');
      return [
        ...slotMachine.resolveState({ value: child === undefined ? parent : { [parent]: child } }).tags,
      ];
    });
    expect(owners).toEqual(slotStates.map((state) => [`owner:${expectedOwners[state]}`]));
  });

  it('takes ownership from the caller at a call, and gives it to the caller at either kind of return', () => {
    for (const { from, to, by, at, event } of slotTransitions) {
      const before = expectedOwners[from];
      const after = expectedOwners[to];
      // `collect` moves the buffer from one place that nobody owns to another, and `revoke` from wherever it was.
      const expectedMove =
        event === 'collect'
          ? ['nobody', 'nobody']
          : event === 'revoke'
            ? [before, 'nobody']
            : at === 'call'
              ? [by, 'nobody']
              : ['nobody', by];
      expect([event, before, after]).toEqual([event, ...expectedMove]);
    }
  });

  it('undoes with each failure exactly what a call of the same side did', () => {
    const failures = slotTransitions.filter(({ at }) => at === 'error return');
    expect(failures.map(({ event }) => event).sort()).toEqual([
      'publish.failed',
      'release.failed',
      'return.failed',
    ]);
    for (const failure of failures) {
      const undone = slotTransitions.filter(
        ({ event }) => failure.at === 'error return' && event === failure.undoes,
      );
      expect(undone).toEqual([
        expect.objectContaining({
          event: failure.event.replace('.failed', ''),
          from: failure.to,
          to: failure.from,
          by: failure.by,
          at: 'call',
        }),
      ]);
    }
  });
});

describe('slot table', () => {
  it('says what running actors say, legal or not, after any sequence of events', () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...slotEvents), { maxLength: 60, size: 'max' }), (events) => {
        let state = INITIAL_SLOT_STATE;
        const ran = events.map((event) => {
          const next = nextSlotState(state, slotEventIndex(event));
          seen.add(`${state} ${event}`);
          state = next === ILLEGAL ? state : next;
          return next === ILLEGAL ? 'illegal' : slotStates[next];
        });
        expect(ran).toEqual(runActor(events));
      }),
      { seed: 20240521, numRuns: 300 },
    );
    // Each state handles 2 or 3 of 11 events, so a run moves every fifth event: 300 runs of about 30 events make some 1800
    // moves. The rarest state is met hundreds of times, and missing one of its eleven events has odds below 10^-6.
    expect(seen.size).toBe(slotStates.length * slotEvents.length);
  });

  it('says what running actors say after legal events only', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat({ max: 999 }), { minLength: 1, maxLength: 200, size: 'max' }),
        (choices) => {
          let state: SlotState = 'free';
          const events: SlotEvent[] = [];
          const visited: SlotState[] = [];
          for (const choice of choices) {
            const legal = slotTransitions.filter(({ from }) => from === state);
            const taken = legal[choice % legal.length];
            if (taken === undefined) {
              throw new Error(`no way out of ${state}`);
            }
            events.push(taken.event);
            visited.push(taken.to);
            state = taken.to;
          }
          expect(runActor(events)).toEqual(visited);
        },
      ),
      { seed: 20240522, numRuns: 100 },
    );
  });

  it('is dense: one cell for each pair, legal in 13 of 55', () => {
    expect(slotTable).toHaveLength(55);
    expect([...slotTable].filter((cell) => cell !== ILLEGAL)).toHaveLength(13);
  });

  it('refuses an index that would read the row of another state', () => {
    for (const [state, event] of [
      [0, 11],
      [1, -1],
      [5, 0],
      [ILLEGAL, 0],
      [0, 0.5],
    ] as const) {
      expect(() => nextSlotState(state, event)).toThrow(RangeError);
    }
    expect(() => ownerOf(5)).toThrow(RangeError);
    expect(() => ownerOf(ILLEGAL)).toThrow(RangeError);
  });

  it('refuses a name that is none, and says which there are', () => {
    // The casts stand for untyped callers.
    expect(() => slotStateIndex('used' as SlotState)).toThrow(
      "Expected a slot state (free, reserved, available, used.held, used.queued), found 'used'.",
    );
    expect(() => slotEventIndex('free' as SlotEvent)).toThrow(/^Expected a slot event .*, found 'free'\.$/);
  });
});

describe('compiling a chart', () => {
  it('keeps a transition to itself apart from an event without a transition', () => {
    const machine = createMachine({
      initial: 'a',
      states: {
        a: {
          on: {
            again: { target: 'a' },
            reenter: { target: 'a', reenter: true },
            forbidden: undefined,
            go: 'b',
          },
        },
        b: {
          initial: 'c',
          on: { again: 'a' },
          states: { c: { on: { forbidden: {} } }, d: { tags: 'deep' } },
          tags: 'b',
        },
      },
    });
    const table = compileTransitionTable(machine, ['again', 'reenter', 'forbidden', 'go', 'unknown']);
    expect(table.states).toEqual(['a', 'b.c', 'b.d']);
    expect(table.initial).toBe(0);
    const rows = [
      [0, 0, ILLEGAL, 1, ILLEGAL],
      [0, ILLEGAL, ILLEGAL, ILLEGAL, ILLEGAL],
      [0, ILLEGAL, ILLEGAL, ILLEGAL, ILLEGAL],
    ];
    expect([...table.next]).toEqual(rows.flat());
    expect(table.tags.map((tags) => [...tags].sort())).toEqual([[], ['b'], ['b', 'deep']]);
  });

  it.each([
    ['is parallel', { type: 'parallel', states: { a: {}, b: {} } }],
    ['is final', { initial: 'a', states: { a: { type: 'final' } } }],
    [
      'has a guard',
      { initial: 'a', states: { a: { on: { go: { target: 'b', guard: () => true } } }, b: {} } },
    ],
    ['has an eventless transition', { initial: 'a', states: { a: { always: 'b' }, b: {} } }],
    ['has a delayed transition', { initial: 'a', states: { a: { after: { 10: 'b' } }, b: {} } }],
    ['has an action', { initial: 'a', states: { a: { entry: () => {} } } }],
    ['has an action', { initial: 'a', states: { a: { on: { go: { actions: () => {} } } } } }],
    ['invokes an actor', { initial: 'a', states: { a: { invoke: { src: 'other' } } } }],
  ] as const)('refuses a chart whose states are more than names: one %s', (reason, config) => {
    expect(() => compileTransitionTable(createMachine(config), ['go'])).toThrow(reason);
  });

  it('refuses more states than a cell can name', () => {
    const states = Object.fromEntries(Array.from({ length: 128 }, (_, index) => [`s${index}`, {}]));
    expect(() => compileTransitionTable(createMachine({ initial: 's0', states }), [])).toThrow('found 128');
  });
});

/** All runs of the chart in order of length, failures only straight after what they undo; found by brute force. */
function* runsByLength(): Generator<readonly SlotEvent[]> {
  const queue: (readonly SlotEvent[])[] = [[]];
  for (const events of queue) {
    yield events;
    const legal = slotEvents.filter((event) => runActor([...events, event]).at(-1) !== 'illegal');
    const sensible = legal.filter(
      (event) => !event.endsWith('.failed') || events.at(-1) === event.replace('.failed', ''),
    );
    queue.push(...sensible.map((event) => [...events, event]));
  }
}

function shortestRun(ends: (events: readonly SlotEvent[]) => boolean): readonly SlotEvent[] {
  for (const events of runsByLength()) {
    if (ends(events)) {
      return events;
    }
    if (events.length > 8) {
      break;
    }
  }
  throw new Error('no such run of up to 8 events');
}

const endOf = (events: readonly SlotEvent[]): string => runActor(events).at(-1) ?? 'free';

describe('paths through the chart', () => {
  it('reach every state, by no more events than needed', () => {
    const paths = shortestSlotPaths();
    expect(paths.map(({ state }) => state)).toEqual(slotStates);
    for (const { state, events } of paths) {
      expect(runActor(events)).not.toContain('illegal');
      expect(endOf(events)).toBe(state);
      expect(events).toHaveLength(shortestRun((run) => endOf(run) === state).length);
    }
  });

  it('never release before there was something to release', () => {
    expect(shortestSlotPaths().find(({ state }) => state === 'used.held')?.events).toEqual([
      'reserve',
      'publish',
      'take',
    ]);
  });

  it('end with each transition once, by no more events than needed', () => {
    const paths = slotTransitionPaths();
    const ends = paths.map((events) => [endOf(events.slice(0, -1)), events.at(-1), endOf(events)]);
    const arrows = Object.entries(expected).flatMap(([from, row]) =>
      Object.entries(row).map(([event, to]) => [from, event, to]),
    );
    expect(ends.map(String).sort()).toEqual(arrows.map(String).sort());
    expect(ends).toEqual(slotTransitions.map(({ from, event, to }) => [from, event, to]));
    for (const events of paths) {
      expect(runActor(events)).not.toContain('illegal');
      const shortest = shortestRun(
        (run) => run.at(-1) === events.at(-1) && endOf(run.slice(0, -1)) === endOf(events.slice(0, -1)),
      );
      expect(events).toHaveLength(shortest.length);
    }
  });
});

describe('picture of the chart', () => {
  it('shows every transition once, the initial state and the owner of each leaf', () => {
    const lines = slotDiagram()
      .split('\n')
      .map((line) => line.trim());
    expect(lines[0]).toBe('stateDiagram-v2');
    const id = (state: string): string => state.replace('.', '_');
    // Events that lead from one state to the same other one share an arrow.
    const arrows = lines
      .filter((line) => line.includes('-->'))
      .flatMap((line) => {
        const [move = '', events] = line.split(' : ');
        return events === undefined ? [line] : events.split(', ').map((event) => `${move} : ${event}`);
      });
    expect(arrows.sort()).toEqual(
      [
        '[*] --> free',
        ...Object.entries(expected).flatMap(([from, row]) =>
          Object.entries(row).map(([event, to]) => `${id(from)} --> ${id(to)} : ${event}`),
        ),
      ].sort(),
    );
    for (const state of slotStates) {
      const note = lines.indexOf(`note right of ${id(state)}`);
      expect(lines.slice(note, note + 3)).toEqual([
        `note right of ${id(state)}`,
        `owner: ${expectedOwners[state]}`,
        'end note',
      ]);
    }
  });

  it('nests the two used states, and names them with a dot', () => {
    expect(slotDiagram()).toMatch(
      /state "used" as used \{\n(?: {4}.*\n)* {4}state "used\.held" as used_held\n(?: {4}.*\n)* {4}state "used\.queued" as used_queued\n(?: {4}.*\n)* {2}\}/,
    );
  });

  it('loses nothing by leaving out the initial child of `used`: every transition names a leaf', () => {
    const nodes = slotStates.map((state) => slotMachine.getStateNodeById(`slot.${state}`));
    const targets = nodes.flatMap((node) =>
      [...node.transitions.values()].flat().flatMap(({ target }) => target ?? []),
    );
    expect(targets).toHaveLength(13);
    expect(targets.map(({ type }) => type)).toEqual(targets.map(() => 'atomic'));
  });

  it('is current in docs/slot-statechart.md', () => {
    const committed = readFileSync(new URL('../../docs/slot-statechart.md', import.meta.url), 'utf8');
    expect(committed, 'docs/slot-statechart.md is out of date: run `npm run generate`').toBe(slotDocument());
  });
});
