import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodeTrace,
  encodeTrace,
  MAX_TRACE_CHARACTERS,
  MAX_TRACE_STEPS,
  type Trace,
  TraceError,
  traceSchemaDocument,
} from 'vqcheck/traces';
import { committed, committedText } from './support.ts';

const text = committedText('double-free');
const trace = committed('double-free');

function failure(input: string): TraceError {
  try {
    decodeTrace(input);
  } catch (error) {
    if (error instanceof TraceError) return error;
    throw error;
  }
  throw new Error('expected a TraceError');
}

function changed(change: (data: Trace) => unknown): string {
  const data = decodeTrace(text);
  const replaced = change(data);
  return JSON.stringify(replaced ?? data);
}

describe('a trace as text', () => {
  it('is read back as it was written', () => {
    expect(decodeTrace(encodeTrace(trace))).toEqual(trace);
    expect(encodeTrace(decodeTrace(text))).toBe(text);
  });

  it('is the same text whatever the order of the keys was', () => {
    const backwards = Object.fromEntries(Object.entries(trace).reverse());
    expect(encodeTrace(decodeTrace(JSON.stringify(backwards)))).toBe(text);
  });

  it('has a line for each schedule entry and each step, and ends with a newline', () => {
    const lines = text.split('\n');
    expect(lines.filter((line) => line.startsWith('    [')).length).toBe(trace.schedule.length);
    expect(lines.filter((line) => line.startsWith('    {')).length).toBe(trace.steps.length);
    expect(lines.at(-1)).toBe('');
  });

  it('may name barrier edits, each on a line of its own; what means nothing is refused', () => {
    const edit = { site: 'a.ts:1', kind: 'fence', operation: null, edit: 'weaken', order: 'none' } as const;
    const edited = {
      ...trace,
      barriers: [edit, { ...edit, edit: 'fence-after', order: 'release' } as const],
    };
    expect(decodeTrace(encodeTrace(edited))).toEqual(edited);
    expect(encodeTrace(edited).split('\n')).toContain(
      '    { "site": "a.ts:1", "kind": "fence", "operation": null, "edit": "weaken", "order": "none" },',
    );
    const refused = [
      { ...edit, order: 'strong' },
      { ...edit, kind: 'load' },
      { ...edit, operation: '' },
      { ...edit, reason: 'none' },
    ];
    for (const barrier of refused)
      expect(failure(JSON.stringify({ ...trace, barriers: [barrier] })).code).toBe('invalid');
    expect(failure(JSON.stringify({ ...trace, barriers: [edit, edit] })).message).toContain('changed twice');
  });

  it('accepts the kinds of steps that interrupts will bring', () => {
    const entered = changed((data) => {
      data.schedule[0] = ['enter', 'isr', 0];
      data.schedule[1] = ['wake', 'isr', 0];
    });
    expect(decodeTrace(entered).schedule.slice(0, 2)).toEqual([
      ['enter', 'isr', 0],
      ['wake', 'isr', 0],
    ]);
  });

  it('follows the published schema, which is current', () => {
    // To renew it: write `traceSchemaDocument()` there as JSON, then let Biome format it.
    const published = readFileSync(new URL('../../traces/schema.json', import.meta.url), 'utf8');
    expect(JSON.parse(published)).toEqual(traceSchemaDocument());
  });
});

describe('a text that is no usable trace', () => {
  it('is truncated wherever it was cut', () => {
    // Everything but the newline at its end is needed.
    for (let length = 0; length < text.length - 1; length++) {
      expect(failure(text.slice(0, length)).code, `cut after ${length} characters`).toBe('truncated');
    }
    expect(failure(text.slice(0, 500)).message).toMatch(/ends after 500 characters.*again/);
  });

  it.each([
    ['text', 'hello'],
    ['another JSON file', '{ "format": "something else", "version": 1 }'],
    ['an array', '[]'],
    ['a number', '7'],
    ['null', 'null'],
    ['a log in braces', '{ this is no JSON }'],
    ['a trace with something behind it', `${text}x`],
  ])('is foreign if it is %s', (_, input) => {
    const error = failure(input);
    expect(error.code).toBe('foreign');
    expect(error.message).toMatch(/expected a trace/);
  });

  it('is of a wrong version if a later release wrote it', () => {
    const error = failure(text.replace('"version": 1', '"version": 2'));
    expect(error.code).toBe('wrong-version');
    expect(error.message).toMatch(/expected a trace of version 1, found version 2/);
  });

  it('is oversized beyond the limit of characters, before it is parsed', () => {
    const error = failure(' '.repeat(MAX_TRACE_CHARACTERS + 1));
    expect(error.code).toBe('oversized');
    expect(error.message).toContain(String(MAX_TRACE_CHARACTERS + 1));
  });

  it('is oversized beyond the limit of steps', () => {
    const long = changed((data) => ({ ...data, schedule: new Array(MAX_TRACE_STEPS + 1).fill(0) }));
    expect(failure(long).code).toBe('oversized');
    expect(failure(long).message).toContain(String(MAX_TRACE_STEPS + 1));
  });

  it.each([
    ['a missing part', (data: Trace) => ({ ...data, violation: undefined }), /^violation: /],
    ['an unknown part', (data: Trace) => ({ ...data, host: 'x' }), /host/],
    ['no slots', (data: Trace) => ({ ...data, params: { ...data.params, slots: 0 } }), /^params\.slots: /],
    ['an unknown memory model', (data: Trace) => ({ ...data, memory: 'weak' }), /^memory: /],
    [
      'an unknown kind of step',
      (data: Trace) => ({ ...data, schedule: [['jump', 'master', 0]] }),
      /^schedule\[0\]\[0\]: /,
    ],
    [
      'a step too few',
      (data: Trace) => ({ ...data, steps: data.steps.slice(1) }),
      /^"steps": expected one for each of the 18/,
    ],
    [
      'a violation elsewhere',
      (data: Trace) => ({ ...data, violation: { ...data.violation, step: 3 } }),
      /expected .* 17, found 3/,
    ],
  ])('is invalid with %s, and says where', (_, change, message) => {
    const error = failure(changed(change));
    expect(error.code).toBe('invalid');
    expect(error.message).toMatch(message);
  });

  // 500 of the texts that differ in some characters: a slip in the parser itself, not in one field, is hard to miss.
  it('never causes another error than a TraceError', () => {
    fc.assert(
      fc.property(
        fc.nat(text.length - 1),
        fc.string({ maxLength: 3 }),
        fc.nat(5),
        (at, inserted, removed) => {
          const tampered = text.slice(0, at) + inserted + text.slice(at + removed);
          try {
            expect(decodeTrace(tampered).format).toBe('vqcheck-trace');
          } catch (error) {
            expect(error).toBeInstanceOf(TraceError);
          }
        },
      ),
      { seed: 7, numRuns: 500 },
    );
  });
});
