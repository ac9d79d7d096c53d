/** Runs without end: judged, recorded, replayed, shown and shrunk, on a target with a handler and a task that sleeps. */
import { describe, expect, it } from 'vitest';
import { check, judgeLasso, type ScheduleStep, type System, type Violation, Walk } from 'vqcheck/checker';
import {
  decodeTrace,
  encodeTrace,
  foldRows,
  recordTrace,
  replayTrace,
  shrinkTrace,
  type Trace,
  TraceError,
} from 'vqcheck/traces';
import { type BellOptions, bellSystem, target } from '../cli/fixtures/bell.ts';

const [SENDER, RECEIVER, ISR] = [0, 1, 2];

function find(
  system: System,
  property: string,
  memory: 'sc' | 'tso' = 'sc',
): Violation & { cycleStart: number } {
  const violation = check(system, { memory }).violations.find((found) => found.property === property);
  if (violation === undefined || violation.cycleStart === null)
    throw new Error(`no cycle breaks ${property}`);
  return { ...violation, cycleStart: violation.cycleStart };
}

function bell(options: BellOptions): System {
  return bellSystem('bell', options);
}

function traceOf(
  scenario: string,
  defect: string | null,
  violation: Pick<Violation, 'property' | 'message' | 'schedule' | 'cycleStart'>,
  memory: 'sc' | 'tso' = 'sc',
): Trace {
  const defects = defect === null ? [] : [defect];
  return recordTrace({ target, scenario, params: { slots: 1 }, memory, defects, violation });
}

function replay(trace: Trace, defect: 'as recorded' | 'none' = 'as recorded') {
  return replayTrace(trace, target, { defect });
}

/** Everybody in turn, handlers first, until a state comes back. */
function roundRobin(system: System): { schedule: ScheduleStep[]; cycleStart: number } {
  const walk = new Walk(system);
  const seen = new Map<string, number>();
  for (let turn = 0; ; turn = (turn + 1) % system.agents.length) {
    const key = `${turn}: ${walk.state.join()}`;
    const cycleStart = seen.get(key);
    if (cycleStart !== undefined) return { schedule: [...walk.schedule], cycleStart };
    seen.set(key, walk.schedule.length);
    for (const kind of ['enter', 'step'] as const) {
      const step = { kind, who: turn, choice: 0 };
      if (walk.isEnabled(step)) walk.advance(step);
    }
  }
}

const step = (who: number): ScheduleStep => ({ kind: 'step', who, choice: 0 });
const steps = (who: number, count: number): ScheduleStep[] => Array.from({ length: count }, () => step(who));
const enter: ScheduleStep = { kind: 'enter', who: ISR, choice: 0 };

describe('judging a run without end', () => {
  it.each([
    ['a task that sleeps while another polls', { ringsEarly: true }, 'lost-wakeup', 1],
    ['a task that sleeps while nobody is left', { ringsEarly: true, stops: true }, 'lost-wakeup', 0],
    ['a handler that never comes to its message', { putsOff: true }, 'eventual-receipt', 6],
    ['agents that go round for nothing', { putsOff: true }, 'livelock', 6],
  ] as const)('shows again what the search has found: %s', (_, options, property, round) => {
    for (const memory of ['sc', 'tso'] as const) {
      const system = bell(options);
      const found = find(system, property, memory);
      if (memory === 'sc') expect(found.schedule.length - found.cycleStart).toBe(round);
      const judged = judgeLasso(new Walk(system, { memory }), found);
      expect(judged).toEqual({ kind: 'shown', message: found.message });
    }
  });

  it('wants a cycle that closes, of steps that are possible and break nothing', () => {
    const system = bell({ ringsEarly: true });
    const found = find(system, 'lost-wakeup');
    const { schedule, cycleStart } = found;
    const judge = (lasso: { schedule: readonly ScheduleStep[]; cycleStart: number }) =>
      judgeLasso(new Walk(system), { property: 'lost-wakeup', ...lasso });
    const last = `the last step does not lead back to where step ${cycleStart - 1} began`;
    expect(judge({ schedule, cycleStart: cycleStart - 1 })).toEqual({ kind: 'no-lasso', why: last });
    expect(judge({ schedule: [enter, ...schedule], cycleStart })).toEqual({
      kind: 'no-lasso',
      why: 'step 0 is not possible',
    });
    expect(judge({ schedule, cycleStart: schedule.length + 1 })).toMatchObject({ kind: 'no-lasso' });
    const late = bell({ writesLate: true });
    expect(
      judgeLasso(new Walk(late), { property: 'lost-wakeup', schedule: steps(SENDER, 4), cycleStart: 4 }),
    ).toMatchObject({ kind: 'no-lasso', why: expect.stringMatching(/breaks no-outside-access/) });
  });

  it('wants everybody to step who can, and says who does not', () => {
    const system = bell({ ringsEarly: true });
    const { schedule, cycleStart } = find(system, 'lost-wakeup');
    const waits = schedule.slice(0, cycleStart);
    expect(
      judgeLasso(new Walk(system), { property: 'lost-wakeup', schedule: waits, cycleStart: waits.length }),
    ).toEqual({ kind: 'harmless', why: 'sender could go on, and never does' });
    // The sender polls for ever, with the bell rung and nobody there to answer it.
    const rung = [...steps(SENDER, 4), step(SENDER)];
    const deaf = judgeLasso(new Walk(bell({})), {
      property: 'eventual-receipt',
      schedule: rung,
      cycleStart: 4,
    });
    expect(deaf).toEqual({ kind: 'harmless', why: 'receiver could go on, and never does' });
    const tso = new Walk(bell({ stops: true }), { memory: 'tso' });
    const stored = judgeLasso(tso, { property: 'lost-wakeup', schedule: steps(SENDER, 4), cycleStart: 4 });
    expect(stored).toMatchObject({ kind: 'harmless', why: expect.stringMatching(/could go on/) });
  });

  it('wants a handler to be entered that can be again and again', () => {
    const system = bell({});
    // The receiver looks at its notes with interrupts masked, again and again: in between, its handler could come.
    const schedule = [...steps(SENDER, 4), ...steps(RECEIVER, 5), step(SENDER)];
    const judged = judgeLasso(new Walk(system), { property: 'eventual-receipt', schedule, cycleStart: 4 });
    expect(judged).toEqual({ kind: 'harmless', why: 'the handler receiver isr could go on, and never does' });
  });

  it('finds no harm in a sound run that goes round', () => {
    const system = bell({});
    const lap = roundRobin(system);
    expect(lap.schedule.length - lap.cycleStart).toBeGreaterThan(8);
    const judge = (property: string) => judgeLasso(new Walk(system), { property, ...lap });
    expect(judge('livelock')).toEqual({ kind: 'harmless', why: 'an operation succeeds again and again' });
    for (const property of ['lost-wakeup', 'eventual-receipt'])
      expect(judge(property)).toMatchObject({
        kind: 'harmless',
        why: expect.stringMatching(/^no message waits/),
      });
    for (const property of ['fifo', 'deadlock', 'other'])
      expect(judge(property)).toMatchObject({ why: `${property} is no property of runs without end` });
  });

  it('tells a livelock from a deadlock, and from work that is done', () => {
    const lost = find(bell({ ringsEarly: true, stops: true }), 'lost-wakeup');
    const still = judgeLasso(new Walk(bell({ ringsEarly: true, stops: true })), {
      ...lost,
      property: 'livelock',
    });
    expect(still).toMatchObject({ kind: 'harmless', why: expect.stringMatching(/that is a deadlock/) });
    const system = bell({ stops: true });
    const walk = new Walk(system);
    for (let next = walk.enabled().at(-1); next !== undefined; next = walk.enabled().at(-1))
      walk.advance(next);
    const schedule = [...walk.schedule];
    const done = judgeLasso(walk, { property: 'livelock', schedule, cycleStart: schedule.length });
    expect(done).toEqual({ kind: 'harmless', why: 'no work is left' });
  });
});

describe('a trace of a run without end', () => {
  const violation = find(bell({ putsOff: true }), 'livelock');
  const trace = traceOf('endless', 'puts-off', violation);

  it('is read back as it was written, with its cycle', () => {
    expect(trace.cycleStart).toBe(violation.cycleStart);
    expect(trace.steps).toHaveLength(violation.schedule.length);
    expect(trace.schedule).toContainEqual(['enter', 'receiver isr', 0]);
    expect(decodeTrace(encodeTrace(trace))).toEqual(trace);
  });

  it('may not begin its cycle beyond its end', () => {
    const text = JSON.stringify({ ...trace, cycleStart: trace.steps.length + 1 });
    expect(() => decodeTrace(text)).toThrow(TraceError);
    expect(() => decodeTrace(text)).toThrow(
      /cycleStart: expected the index of a step, or 13 after the last one/,
    );
  });

  it.each([
    ['endless', 'rings-early', { ringsEarly: true }, 'lost-wakeup'],
    ['once', 'rings-early', { ringsEarly: true, stops: true }, 'lost-wakeup'],
    ['endless', 'puts-off', { putsOff: true }, 'eventual-receipt'],
    ['endless', 'puts-off', { putsOff: true }, 'livelock'],
  ] as const)('replays from its text to the same violation, and ends clean without it: %s, %s', (...of) => {
    const [scenario, defect, options, property] = of;
    for (const memory of ['sc', 'tso'] as const) {
      const found = find(bell(options), property, memory);
      const read = decodeTrace(encodeTrace(traceOf(scenario, defect, found, memory)));
      const again = replay(read);
      expect(again).toMatchObject({ kind: 'same-violation', property, message: found.message });
      expect(again.cycleStart).toBe(found.cycleStart);
      const states = again.rows.map(({ state }) => state);
      if (found.cycleStart < states.length) expect(states.at(-1)).toBe(states[found.cycleStart - 1]);
      expect(replay(read, 'none').kind).toBe('clean');
    }
  });

  it('does not fit when it does not come back to where its cycle begins', () => {
    const result = replay({ ...trace, cycleStart: violation.cycleStart - 1 });
    expect(result.kind).toBe('does-not-fit');
    expect(result.firstDifference).toEqual({
      step: trace.steps.length - 1,
      recorded: `from step ${violation.cycleStart - 1} on it goes round for ever`,
      found: `the last step does not lead back to where step ${violation.cycleStart - 1} began`,
    });
    expect(result.cycleStart).toBeNull();
  });

  it('is gone when the cycle leaves somebody out, and says whom', () => {
    const result = replay({ ...trace, cycleStart: trace.steps.length });
    expect(result).toMatchObject({ kind: 'gone', why: expect.stringMatching(/could go on, and never does/) });
  });

  it('is violated on sound code that goes the same way', () => {
    const deaf = traceOf('deaf', null, find(bell({ isDeaf: true }), 'lost-wakeup'));
    expect(replay(deaf, 'none')).toMatchObject({ kind: 'violated', cycleStart: deaf.cycleStart });
  });

  it('without a cycle, of a core asleep, is judged by whether anything can still succeed', () => {
    const { schedule, message } = find(bell({ ringsEarly: true, stops: true }), 'lost-wakeup');
    const found = { property: 'lost-wakeup', message, schedule, cycleStart: null };
    expect(replay(traceOf('once', 'rings-early', found))).toMatchObject({
      kind: 'same-violation',
      message,
      goalSearched: true,
    });
    const early = { ...found, schedule: schedule.slice(0, -1) };
    expect(replay(traceOf('once', 'rings-early', early))).toMatchObject({ kind: 'gone', goalSearched: true });
  });
});

describe('a trace with interrupts', () => {
  it('under tso reads from the step that stored, with doorbells among the stores that wait', () => {
    const trace = traceOf(
      'once',
      'rings-early',
      find(bell({ ringsEarly: true, stops: true }), 'lost-wakeup', 'tso'),
      'tso',
    );
    const drained = trace.steps.filter(({ access }) => access === 'drain').map(({ location }) => location);
    expect(drained).toEqual(['box.message', 'right.bell', 'box.full']);
    // The handler looks when the bell has left the store buffer, and the flag behind it has not.
    expect(trace.steps.find(({ op }) => op === 'fetch')).toMatchObject({ value: 0, readFrom: null });
    const noted = trace.steps.findIndex(
      ({ access, location }) => access === 'store' && location === 'notes.runs',
    );
    expect(
      trace.steps.find(({ agent, location }) => agent === 'receiver' && location === 'notes.runs'),
    ).toMatchObject({
      value: 1,
      readFrom: noted,
    });
    const { rows } = replay(trace);
    expect(rows.flatMap(({ waiting }) => waiting.flatMap(({ stores }) => stores))).toContain('right.bell');
  });

  it('shows entries and returns, what is pending, masked and asleep, and why somebody woke', () => {
    const schedule: ScheduleStep[] = [
      ...steps(RECEIVER, 4),
      { kind: 'wake', who: RECEIVER, choice: 0 },
      step(RECEIVER),
      ...steps(SENDER, 4),
      ...steps(RECEIVER, 5),
      enter,
      ...steps(ISR, 5),
    ];
    const trace = traceOf('restless', null, {
      property: 'lost-wakeup',
      message: '',
      schedule,
      cycleStart: null,
    });
    const { kind, rows } = replay(trace);
    expect(kind).toBe('gone');
    const shown = rows.map(({ who, text, interrupts, returns, local }) =>
      [`${who}: ${text}`, ...interrupts, ...(returns ? ['return'] : []), ...(local ? ['local'] : [])].join(
        '; ',
      ),
    );
    expect(shown).toEqual([
      'receiver: mask; right masked',
      'receiver: load notes.runs = 0x0 plain; right masked; local',
      'receiver: load notes.last = 0x0 plain; right masked; local',
      'receiver: wait: falls asleep; right masked; receiver asleep',
      'receiver: wake (for no reason); right masked',
      'receiver: unmask',
      'sender: load box.full = 0x0 acquire',
      'sender: write box.message = 01020304 plain',
      'sender: store box.full = 0x1 release',
      'sender: ring right.bell; right.bell pending',
      'receiver: mask; right.bell pending; right masked',
      'receiver: load notes.runs = 0x0 plain; right.bell pending; right masked; local',
      'receiver: load notes.last = 0x0 plain; right.bell pending; right masked; local',
      'receiver: wait: something is pending; right.bell pending; right masked',
      'receiver: unmask; right.bell pending',
      'receiver isr: enter right.bell',
      'receiver isr: store notes.runs = 0x1 plain; local',
      'receiver isr: store notes.last = 0x1 plain; local',
      'receiver isr: load box.full = 0x1 acquire',
      'receiver isr: read box.message = 01020304 plain',
      'receiver isr: store box.full = 0x0 release; return',
    ]);
  });

  it('shows who gives a semaphore, and who takes it', () => {
    const schedule = [...steps(SENDER, 4), enter, step(ISR), step(RECEIVER)];
    const trace = traceOf('semaphore', null, {
      property: 'lost-wakeup',
      message: '',
      schedule,
      cycleStart: null,
    });
    const { rows } = replay(trace);
    expect(rows[0]?.interrupts).toEqual(['receiver asleep']);
    expect(rows.slice(-2).map(({ who, text }) => `${who}: ${text}`)).toEqual([
      'receiver isr: give arrived',
      'receiver: take arrived',
    ]);
  });

  it('says why a handler cannot be entered, and why nobody wakes', () => {
    const found = find(bell({ ringsEarly: true }), 'lost-wakeup');
    const trace = traceOf('endless', 'rings-early', found);
    const at = (index: number, entry: Trace['schedule'][number]) =>
      replay({ ...trace, schedule: trace.schedule.with(index, entry) }).firstDifference;
    expect(at(0, ['enter', 'receiver isr', 0])).toMatchObject({
      step: 0,
      found: expect.stringMatching(/^receiver isr cannot be entered: nothing is pending/),
    });
    expect(at(1, ['wake', 'receiver', 0])).toMatchObject({
      step: 1,
      found: 'receiver does not sleep, or cannot wake for no reason',
    });
    expect(at(2, ['wake', 'nobody', 0])?.found).toMatch(/no agent 'nobody' that could wake/);
  });

  it('folds steps on core-local memory into one row, but not across the start of a cycle', () => {
    const trace = traceOf('endless', 'puts-off', find(bell({ putsOff: true }), 'livelock'));
    const { rows } = replay(trace);
    const locals = (cycleStart: number | null) =>
      foldRows(rows, cycleStart).flatMap((row) =>
        row.kind === 'local' ? [[row.step, row.lastStep, row.who, row.locations.join(', ')]] : [],
      );
    const note = ['receiver isr', 'notes.runs, notes.last'];
    expect(locals(trace.cycleStart)).toEqual([
      [5, 6, ...note],
      [11, 12, ...note],
    ]);
    expect(locals(6)).toEqual([[11, 12, ...note]]);
    expect(foldRows(rows, 6)).toHaveLength(rows.length - 1);
  });
});

describe('shrinking a run without end', () => {
  const early = { ringsEarly: true } as const;
  /** A message that is received after all, though its bell came early: its handler comes late. */
  const lap = [...steps(SENDER, 4), enter, ...steps(ISR, 5)];

  it('leaves out the interrupts that the violation does not need, and keeps the cycle', () => {
    const { message, schedule, cycleStart } = find(bell(early), 'lost-wakeup');
    const padded = traceOf('endless', 'rings-early', {
      property: 'lost-wakeup',
      message,
      schedule: [...lap, ...schedule],
      cycleStart: lap.length + cycleStart,
    });
    expect(replay(padded).kind).toBe('same-violation');
    const entries = (trace: Trace) => trace.schedule.filter(([kind]) => kind === 'enter').length;
    const shrunk = shrinkTrace(padded, target);
    expect([entries(padded), entries(shrunk)]).toEqual([2, 1]);
    expect(shrunk.steps.length).toBe(schedule.length);
    expect(shrunk.cycleStart).toBe(cycleStart);
    expect(replay(shrunk)).toMatchObject({ kind: 'same-violation', message });
  });

  it('shortens the way to where nobody can go on', () => {
    const { message, schedule } = find(bell({ ...early, stops: true }), 'lost-wakeup');
    // The receiver sleeps and is woken by the bell, before its handler comes.
    const [claim, write, ring] = [step(SENDER), step(SENDER), step(SENDER)];
    const long = [...steps(RECEIVER, 4), claim, write, ring, ...steps(RECEIVER, 2), ...schedule.slice(3)];
    const padded = traceOf('once', 'rings-early', {
      property: 'lost-wakeup',
      message,
      schedule: long,
      cycleStart: long.length,
    });
    expect(replay(padded).kind).toBe('same-violation');
    const shrunk = shrinkTrace(padded, target);
    expect(shrunk.steps.length).toBe(schedule.length);
    expect(shrunk.cycleStart).toBe(schedule.length);
  });

  it('refuses a cycle that breaks nothing', () => {
    const found = find(bell(early), 'lost-wakeup');
    const trace = { ...traceOf('endless', 'rings-early', found), cycleStart: found.schedule.length };
    expect(() => shrinkTrace(trace, target)).toThrow(/its schedule does not break lost-wakeup/);
  });
});
