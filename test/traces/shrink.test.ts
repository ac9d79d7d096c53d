import { describe, expect, it } from 'vitest';
import { espAmp } from 'vqcheck/scenarios';
import { replayTrace, shrinkTrace, TraceError } from 'vqcheck/traces';
import { committed, REMOTE, scheduleOf, step, withSchedule } from './support.ts';

describe('shrinking', () => {
  it.each([
    'double-free',
    'foreign-free',
    'publish-before-fill',
    'flip-toggled-early',
    'notify-result-leaks',
  ])('makes a padded trace of %s minimal again', (defect) => {
    const minimal = committed(defect);
    const polls = Array.from({ length: 30 }, () => step(REMOTE));
    const [first, ...rest] = scheduleOf(minimal);
    const padded = withSchedule(minimal, [
      ...polls,
      ...(first === undefined ? [] : [first]),
      ...polls,
      ...rest,
    ]);
    expect(padded.steps.length).toBe(minimal.steps.length + 60);
    const shrunk = shrinkTrace(padded, espAmp);
    expect(shrunk.steps.length).toBe(minimal.steps.length);
    expect(shrunk.violation.property).toBe(minimal.violation.property);
    expect(replayTrace(shrunk, espAmp, { defect: 'as recorded' }).kind).toBe('same-violation');
  });

  it('removes preemptions that the violation does not need', () => {
    const minimal = committed('double-free');
    // The same steps of each agent, with a poll of the remote's before each of the master's first three.
    const polled = scheduleOf(minimal).flatMap((s, i) => (i < 3 ? [step(REMOTE), s] : [s]));
    const shrunk = shrinkTrace(withSchedule(minimal, polled), espAmp);
    const agents = shrunk.schedule.map(([, agent]) => agent);
    expect(agents.filter((agent, i) => i > 0 && agent !== agents[i - 1])).toEqual(['remote']);
  });

  it('tells how far it is', () => {
    const lengths: number[] = [];
    const minimal = committed('foreign-free');
    const padded = withSchedule(minimal, [step(REMOTE), step(REMOTE), ...scheduleOf(minimal)]);
    shrinkTrace(padded, espAmp, { onProgress: ({ length }) => lengths.push(length) });
    expect(lengths[0]).toBe(padded.steps.length);
    expect(lengths.at(-1)).toBe(minimal.steps.length);
  });

  it('refuses a trace that breaks nothing on the code as it is', () => {
    expect(() => shrinkTrace({ ...committed('double-free'), defects: [] }, espAmp)).toThrow(TraceError);
  });
});
