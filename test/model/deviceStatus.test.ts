import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type DeviceStatusEvent,
  type DeviceStatusState,
  deviceStatusDiagram,
  deviceStatusDocument,
  deviceStatusEvents,
  deviceStatusMachine,
  deviceStatusTable,
  deviceStatusTransitions,
  ILLEGAL,
  queueStatusDiagram,
  queueStatusMachine,
  queueStatusTable,
  queueStatusTransitions,
  type TabledChart,
} from 'vqcheck/model';
import { type AnyStateMachine, createActor, type StateValue } from 'xstate';

/** The device's chart, written out by hand: what is not here is illegal. `=`: stays. */
const expected: Readonly<
  Record<DeviceStatusState, Readonly<Partial<Record<DeviceStatusEvent, DeviceStatusState | '='>>>>
> = {
  reset: { reset: 'resetting.early', acknowledge: 'acknowledged' },
  acknowledged: { reset: 'resetting.early', drive: 'driven', fail: 'failed.early' },
  driven: { reset: 'resetting.early', negotiate: '=', 'features.ok': 'negotiating', fail: 'failed.early' },
  negotiating: { reset: 'resetting.early', 'features.accept': 'negotiated', 'features.refuse': 'refused' },
  refused: { reset: 'resetting.early', fail: 'failed.early' },
  negotiated: {
    reset: 'resetting.early',
    'queue.enable': '=',
    expose: '=',
    'driver.ok': 'live',
    'needs.reset': 'broken.early',
    fail: 'failed.early',
  },
  live: {
    reset: 'resetting.live',
    'queue.enable': '=',
    expose: '=',
    kick: '=',
    use: '=',
    interrupt: '=',
    'needs.reset': 'broken.live',
    'config.change': '=',
    fail: 'failed.live',
  },
  'broken.early': {
    reset: 'resetting.early',
    'queue.enable': '=',
    expose: '=',
    'driver.ok': 'broken.live',
    'needs.reset': '=',
    fail: 'failed.early',
  },
  'broken.live': {
    reset: 'resetting.live',
    'queue.enable': '=',
    expose: '=',
    kick: '=',
    use: '=',
    interrupt: '=',
    'needs.reset': '=',
    'config.change': '=',
    fail: 'failed.live',
  },
  'failed.early': { reset: 'resetting.early', 'needs.reset': '=' },
  'failed.live': {
    reset: 'resetting.live',
    use: '=',
    interrupt: '=',
    'needs.reset': '=',
    'config.change': '=',
  },
  'resetting.early': { reset: '=', 'reset.done': 'reset', 'needs.reset': '=' },
  'resetting.live': {
    reset: '=',
    'reset.done': 'reset',
    use: '=',
    interrupt: '=',
    'needs.reset': '=',
    'config.change': '=',
  },
};

/** As `expected`, of the queue's chart. */
const expectedQueue: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  disabled: { 'queue.enable': 'enabled', 'reset.done': '=', expose: '=', reclaim: '=' },
  enabled: {
    'queue.reset': 'resetting',
    'reset.done': 'disabled',
    expose: '=',
    kick: '=',
    use: '=',
    interrupt: '=',
  },
  resetting: { 'queue.reset.done': 'disabled', 'reset.done': 'disabled', use: '=', interrupt: '=' },
};

/** Both charts, told apart by their names only. */
const charts: readonly {
  readonly chart: TabledChart<string, string>;
  readonly machine: AnyStateMachine;
  readonly rows: Readonly<Record<string, Readonly<Record<string, string>>>>;
}[] = [
  { chart: deviceStatusTable as TabledChart<string, string>, machine: deviceStatusMachine, rows: expected },
  {
    chart: queueStatusTable as TabledChart<string, string>,
    machine: queueStatusMachine,
    rows: expectedQueue,
  },
];

/** The name of the leaf that a running actor is in, derived apart from the package's own way. */
function leafOf(value: StateValue): string {
  return typeof value === 'string'
    ? value
    : Object.entries(value)
        .map(([parent, child]) => `${parent}.${child}`)
        .join('+');
}

/** The states a real actor goes through, with `illegal` where it cannot handle the event. */
function runActor(machine: AnyStateMachine, events: readonly string[]): readonly string[] {
  const actor = createActor(machine).start();
  return events.map((type) => {
    const can: boolean = actor.getSnapshot().can({ type });
    actor.send({ type });
    return can ? leafOf(actor.getSnapshot().value) : 'illegal';
  });
}

/** What the table says of the same events; where one is illegal, the state stays. */
function runTable(chart: TabledChart<string, string>, events: readonly string[]): readonly string[] {
  let state = chart.initial;
  return events.map((event) => {
    const next = chart.next(state, chart.eventIndex(event));
    if (next === ILLEGAL) return 'illegal';
    state = next;
    return chart.states[state] ?? 'no state';
  });
}

describe.each(charts)('the $chart.what chart', ({ chart, machine, rows }) => {
  it('has the states and the arrows written out by hand, and no other', () => {
    expect(chart.states).toEqual(Object.keys(rows));
    expect(chart.states[chart.initial]).toBe(Object.keys(rows)[0]);
    for (const state of chart.states) {
      const row = Object.fromEntries(
        chart.events.flatMap((event) => {
          const next = chart.next(chart.stateIndex(state), chart.eventIndex(event));
          if (next === ILLEGAL) return [];
          return [[event, next === chart.stateIndex(state) ? '=' : chart.states[next]]];
        }),
      );
      expect([state, row]).toEqual([state, rows[state]]);
    }
  });

  it('uses every event of its vocabulary and no other', () => {
    expect([...machine.events].sort()).toEqual([...chart.events].sort());
  });

  it('is in the table as running actors have it, legal or not, after any sequence of events', () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...chart.events), { maxLength: 60, size: 'max' }), (events) => {
        const ran = runTable(chart, events);
        for (const state of ran) seen.add(state);
        expect(ran).toEqual(runActor(machine, events));
      }),
      { seed: 20240701, numRuns: 300 },
    );
    expect(seen).toContain('illegal');
  });

  it('is in the table as running actors have it, through every state, after legal events only', () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(
        fc.array(fc.nat({ max: 999 }), { minLength: 1, maxLength: 150, size: 'max' }),
        (choices) => {
          let state = chart.initial;
          const events = choices.map((choice) => {
            const legal = chart.events.filter((e) => chart.next(state, chart.eventIndex(e)) !== ILLEGAL);
            const event = legal[choice % legal.length] ?? '';
            state = chart.next(state, chart.eventIndex(event));
            seen.add(`${chart.states[state]}`);
            return event;
          });
          const ran = runTable(chart, events);
          expect(ran).not.toContain('illegal');
          expect(ran).toEqual(runActor(machine, events));
        },
      ),
      { seed: 20240702, numRuns: 150 },
    );
    // 150 runs of some 75 legal events each. The seed is fixed.
    expect([...seen].sort()).toEqual([...chart.states].sort());
  });

  it('can always be reset, and comes back to its first state from everywhere', () => {
    for (const [index] of chart.states.entries()) {
      const reached = new Set([index]);
      for (const state of reached) {
        for (const event of chart.events) {
          const next = chart.next(state, chart.eventIndex(event));
          if (next !== ILLEGAL) reached.add(next);
        }
      }
      expect(reached).toContain(chart.initial);
    }
  });
});

/** All states in which an event is legal. */
function statesWith(event: DeviceStatusEvent): readonly DeviceStatusState[] {
  return deviceStatusTable.states.filter(
    (state) =>
      deviceStatusTable.next(deviceStatusTable.stateIndex(state), deviceStatusTable.eventIndex(event)) !==
      ILLEGAL,
  );
}

function statesTagged(tag: string): readonly DeviceStatusState[] {
  return deviceStatusTable.states.filter((_, index) => deviceStatusTable.tags[index]?.has(tag) === true);
}

describe('the device status chart', () => {
  it('tags its states with what is allowed in them', () => {
    expect(statesTagged('may:set-up')).toEqual(statesWith('queue.enable'));
    expect(statesTagged('may:set-up')).toEqual(statesWith('expose'));
    expect(statesTagged('may:kick')).toEqual(statesWith('kick'));
    expect(statesTagged('may:use')).toEqual(statesWith('use'));
    expect(statesTagged('may:use')).toEqual(statesWith('interrupt'));
  });

  it('virtio 1.2 §3.1.1 › goes through the steps of an initialization in this order only', () => {
    const steps: readonly DeviceStatusEvent[] = [
      'reset',
      'reset.done',
      'acknowledge',
      'drive',
      'negotiate',
      'features.ok',
      'features.accept',
      'queue.enable',
      'driver.ok',
      'kick',
    ];
    const run = runTable(deviceStatusTable as TabledChart<string, string>, steps);
    expect(run.at(-1)).toBe('live');
    expect(run).not.toContain('illegal');
    // Without any one of the steps something later is illegal, but for those that may be left out.
    const optional = ['negotiate', 'queue.enable', 'kick'];
    for (const [index, step] of steps.entries()) {
      const shorter = steps.filter((_, i) => i !== index);
      const broken = runTable(deviceStatusTable as TabledChart<string, string>, shorter).includes('illegal');
      expect([step, broken]).toEqual([step, !optional.includes(step)]);
    }
  });

  it('virtio 1.2 §2.1.2, §3.1.1 › lets nobody kick, use or interrupt without DRIVER_OK', () => {
    for (const event of ['kick', 'use', 'interrupt'] as const) {
      for (const state of statesWith(event)) expect(state).toMatch(/live$/);
    }
  });

  it('is entered by each side only where the other one waits for it', () => {
    const bySide = (side: string) =>
      deviceStatusEvents.filter((event) =>
        deviceStatusTransitions.some((arrow) => arrow.event === event && arrow.by === side),
      );
    expect(bySide('device')).toEqual([
      'reset.done',
      'features.accept',
      'features.refuse',
      'use',
      'interrupt',
      'needs.reset',
      'config.change',
    ]);
    expect([...bySide('device'), ...bySide('driver')]).toHaveLength(deviceStatusEvents.length);
  });

  it('names a section of the standard on each arrow', () => {
    for (const { section } of [...deviceStatusTransitions, ...queueStatusTransitions])
      expect(section).toMatch(/^[234](\.\d+)*$/);
    expect(deviceStatusTransitions).toHaveLength(60);
    expect(queueStatusTransitions).toHaveLength(14);
  });

  it('refuses names and indices that are none', () => {
    expect(() => deviceStatusTable.stateIndex('broken' as DeviceStatusState)).toThrow(
      /^Expected a device status state \(.*\), found 'broken'\.$/,
    );
    expect(() => deviceStatusTable.next(0, deviceStatusEvents.length)).toThrow(RangeError);
    expect(() => deviceStatusTable.next(ILLEGAL, 0)).toThrow(RangeError);
  });
});

describe('pictures of the status charts', () => {
  it('show every transition once, those between the same two states on one arrow', () => {
    for (const [diagram, chart, transitions] of [
      [deviceStatusDiagram(), deviceStatusTable, deviceStatusTransitions],
      [queueStatusDiagram(), queueStatusTable, queueStatusTransitions],
    ] as const) {
      const drawn = diagram
        .split('\n')
        .flatMap((line) => [...line.trim().matchAll(/^(\w+) --> (\w+) : (.*)$/g)])
        .flatMap(([, from, to, events = '']) => events.split(', ').map((event) => `${from} ${event} ${to}`));
      const id = (state: string): string => state.replace('.', '_');
      expect(drawn.sort()).toEqual(
        transitions.map(({ from, event, to }) => `${id(from)} ${event} ${id(to)}`).sort(),
      );
      expect(diagram).toContain(`[*] --> ${id(chart.states[chart.initial] ?? '')}`);
    }
  });

  it('are current in docs/device-status-statechart.md', () => {
    const file = new URL('../../docs/device-status-statechart.md', import.meta.url);
    expect(
      readFileSync(file, 'utf8'),
      'docs/device-status-statechart.md is out of date: run `npm run generate`',
    ).toBe(deviceStatusDocument());
  });
});
