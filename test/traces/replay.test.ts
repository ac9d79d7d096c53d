import { describe, expect, it } from 'vitest';
import { check } from 'vqcheck/checker';
import { espAmp } from 'vqcheck/scenarios';
import { foldRows, recordTrace, replayTrace, type Trace, TraceError } from 'vqcheck/traces';
import { brokenTarget, committed, REMOTE, scheduleOf, step, withSchedule } from './support.ts';

function replay(trace: Trace, target = espAmp) {
  return replayTrace(trace, target, { defect: 'as recorded' });
}

function tampered(defect: string, change: (trace: Trace) => void): Trace {
  const trace = committed(defect);
  change(trace);
  return trace;
}

describe('a trace that does not fit', () => {
  it('says at which step a value differs, and what the code does now', () => {
    const trace = tampered('double-free', ({ steps }) => {
      steps[8] = { ...(steps[8] as Trace['steps'][number]), value: 0x8080 };
    });
    const result = replay(trace);
    expect(result.kind).toBe('does-not-fit');
    expect(result.firstDifference).toEqual({
      step: 8,
      recorded: 'remote, recv_try: load desc[0].flags = 0x8080 relaxed',
      found: 'remote, recv_try: load desc[0].flags = 0x80 relaxed',
    });
    // The step at which it differs is shown as it is now.
    expect(result.rows.length).toBe(9);
  });

  it.each(['access', 'location', 'order', 'op', 'agent'] as const)(
    'compares the %s of each step',
    (field) => {
      const trace = tampered('double-free', ({ steps }) => {
        steps[4] = { ...(steps[4] as Trace['steps'][number]), [field]: 'other' };
      });
      expect(replay(trace)).toMatchObject({ kind: 'does-not-fit', firstDifference: { step: 4 } });
    },
  );

  it('does not compare lines of the source, which move', () => {
    const trace = tampered('double-free', ({ steps }) => {
      steps[4] = { ...(steps[4] as Trace['steps'][number]), site: 'impl/esp-amp/queue.ts:1' };
    });
    expect(replay(trace).kind).toBe('same-violation');
  });

  it('says when a step is not possible', () => {
    const choice = tampered('double-free', ({ schedule }) => {
      schedule[2] = ['step', 'master', 3];
    });
    expect(replay(choice).firstDifference).toMatchObject({
      step: 2,
      found: 'master has only 1 ways to go on',
    });
    const drain = tampered('double-free', ({ schedule }) => {
      schedule[2] = ['drain', 'main', 0];
    });
    expect(replay(drain).firstDifference).toMatchObject({ step: 2, found: 'no store waits at core main' });
    const isr = tampered('double-free', ({ schedule }) => {
      schedule[2] = ['enter', 'isr', 0];
    });
    expect(replay(isr).firstDifference?.found).toMatch(/no agent 'isr' that could enter/);
  });

  it('says when the run ends early, or breaks something else', () => {
    const early = tampered('double-free', (trace) => {
      trace.schedule.push(['step', 'master', 0]);
      trace.steps.push(trace.steps[0] as Trace['steps'][number]);
      trace.violation.step++;
    });
    expect(replay(early).firstDifference?.found).toMatch(
      /the run ends before it, as it breaks no-double-ownership/,
    );
    const other = tampered('double-free', ({ violation }) => {
      violation.property = 'fifo';
    });
    expect(replay(other).kind).toBe('does-not-fit');
    expect(replay(other).firstDifference?.found).toMatch(/breaks no-double-ownership instead/);
  });

  it('compares the modulus of the indices', () => {
    const trace = tampered('double-free', ({ params }) => {
      params.indexModulus = 4;
    });
    expect(replay(trace).firstDifference).toEqual({
      step: -1,
      recorded: 'indices modulo 4',
      found: 'indices modulo 2',
    });
  });

  const others: readonly [string, (trace: Trace) => void, RegExp][] = [
    ['target', (trace) => Object.assign(trace, { target: 'other' }), /target esp-amp.*of other/],
    ['scenario', (trace) => Object.assign(trace, { scenario: 'other' }), /no scenario 'other'/],
    ['defect', (trace) => trace.defects.push('other'), /no defect 'other'/],
    ['size', (trace) => Object.assign(trace.params, { slots: 3 }), /power of two/],
  ];

  it.each(others)('is an error with another %s', (_, change, message) => {
    const trace = tampered('double-free', change);
    expect(() => replay(trace)).toThrow(TraceError);
    expect(() => replay(trace)).toThrow(message);
  });
});

describe('a trace that fits', () => {
  it('is gone when nothing is broken any more', () => {
    const trace = withSchedule(
      { ...committed('double-free'), defects: [] },
      scheduleOf(committed('double-free')).slice(0, 12),
    );
    expect(replay(trace)).toMatchObject({ kind: 'gone', firstDifference: null, goalSearched: null });
  });

  it('is gone when the goal can be reached again', () => {
    // The sound code makes the very same accesses here, but for what it keeps in its own memory.
    const trace = { ...committed('flip-not-toggled'), defects: [] };
    expect(replay(trace)).toMatchObject({ kind: 'gone', firstDifference: null, goalSearched: true });
  });

  it('says when the search for the goal was cut short', () => {
    const trace = committed('flip-not-toggled');
    const result = replayTrace(trace, espAmp, { defect: 'as recorded', maxStates: 0 });
    expect(result).toMatchObject({ kind: 'same-violation', goalSearched: false });
  });

  it('replays twice to the same', () => {
    const trace = committed('notify-before-publish');
    expect(replay(trace)).toEqual(replay(trace));
  });
});

describe('a trace on the sound code', () => {
  it('is violated when the code still breaks something', () => {
    const target = brokenTarget('double-free');
    const result = replayTrace(committed('double-free'), target, { defect: 'none' });
    expect(result).toMatchObject({ kind: 'violated', property: 'no-double-ownership' });
  });

  it('is violated when the goal is still out of reach', () => {
    const result = replayTrace(committed('flip-not-toggled'), brokenTarget('flip-not-toggled'), {
      defect: 'none',
    });
    expect(result).toMatchObject({ kind: 'violated', property: 'deadlock', goalSearched: true });
  });

  it('tells the first step that differs, and goes on to rest', () => {
    const result = replayTrace(committed('publish-before-fill'), espAmp, { defect: 'none' });
    expect(result.kind).toBe('clean');
    expect(result.firstDifference?.step).toBe(4);
    expect(result.rows.length).toBeGreaterThan(9);
  });
});

describe('what is shown of a run', () => {
  it('has the ring, the owners and what waits in store buffers after each step', () => {
    const { rows } = replay(committed('double-free'));
    expect(rows[7]).toMatchObject({
      who: 'master',
      operation: 'send_try',
      text: 'store desc[0].flags = 0x80 relaxed',
      ring: [{ name: 'desc[0]', changed: true }],
      owners: [{ slot: 'buffer[0]', state: 'available', holder: null }],
      waiting: [],
    });
    expect(rows[7]?.ring[0]?.text).toMatch(/flags=0x80$/);
    expect(rows[10]?.owners).toEqual([{ slot: 'buffer[0]', state: 'used.held', holder: 'remote' }]);
    expect(rows[16]?.broken).toEqual([]);
    expect(rows[17]?.broken.map(({ property }) => property)).toEqual(['no-double-ownership']);
  });

  it('under tso shows what waits, names the core that drains, and reads from the step that stored', () => {
    const system = espAmp.scenarios[0]?.system({ slots: 1, memory: 'tso', defects: ['publish-before-fill'] });
    if (system === undefined) throw new Error('no scenario');
    const [violation] = check(system, { memory: 'tso', properties: ['payload-integrity'] }).violations;
    if (violation === undefined) throw new Error('expected a violation');
    const trace = recordTrace({
      target: espAmp,
      scenario: 'in-order',
      params: { slots: 1 },
      memory: 'tso',
      defects: ['publish-before-fill'],
      violation,
    });
    const drain = trace.steps.findIndex(({ access }) => access === 'drain');
    expect(trace.schedule[drain]?.[1]).toBe('main');
    const stored = trace.steps.findIndex((s) => s.access === 'store' && s.location === 'desc[0].flags');
    const read = trace.steps.find(
      (s) => s.agent === 'remote' && s.location === 'desc[0].flags' && s.value !== 0,
    );
    expect(read?.readFrom).toBe(stored);
    const result = replay(trace);
    expect(result.kind).toBe('same-violation');
    expect(result.rows.some(({ waiting }) => waiting.some(({ core }) => core === 'main'))).toBe(true);
    expect(result.rows[drain]).toMatchObject({ who: 'main', drains: true });
  });

  it('folds what an agent polls in vain into one row with a count', () => {
    const polls = Array.from({ length: 5 }, () => step(REMOTE));
    const trace = withSchedule(committed('double-free'), [...polls, ...scheduleOf(committed('double-free'))]);
    const { rows } = replay(trace);
    const folded = foldRows(rows);
    expect(folded[0]).toEqual({
      kind: 'folded',
      step: 0,
      lastStep: 4,
      who: 'remote',
      operation: 'recv_try',
      count: 5,
      texts: ['load desc[0].flags = 0x0 relaxed'],
      sites: [null],
    });
    expect(folded.length).toBe(rows.length - 4);
    expect(folded.slice(1)).toEqual(rows.slice(5));
  });

  it('does not fold what has an effect, nor what breaks a property', () => {
    const { rows } = replay(committed('double-free'));
    expect(foldRows(rows)).toEqual(rows);
    expect(foldRows([])).toEqual([]);
  });
});
