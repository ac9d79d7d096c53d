import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { payloadIntegrity } from 'vqcheck/properties';
import { BUFFER_BYTES, contextWith, judge, MAIN, REMOTE, Story, verdictOf } from './support.ts';

const context = contextWith();
const { contents } = context;
const story = (): Story => new Story(context);
const verdict = (run: Story): string | null => verdictOf(payloadIntegrity, context, run);
const filled = (...bytes: number[]): Story =>
  story()
    .reserve(0)
    .payload(MAIN, 'write', 0, 0, contents.of(...bytes));

describe('payload-integrity › length', () => {
  it('reports a buffer that is taken with another length', () => {
    expect(verdict(filled(1, 2, 3, 4).send(0, 4).receive(0, 8))).toBe(
      'remote took buffer[0] with length 8, but it was published with length 4',
    );
  });

  it('tells length 0 from no length', () => {
    expect(verdict(story().reserve(0).send(0, 0).receive(0, 4))).toBe(
      'remote took buffer[0] with length 4, but it was published with length 0',
    );
    expect(verdict(story().reserve(0).send(0, 0).receive(0, 0))).toBeNull();
    expect(verdict(story().reserve(0).send(0, -1).receive(0, 4))).toBeNull();
    expect(verdict(story().reserve(0).send(0, 4).receive(0, -1))).toBeNull();
  });

  it('goes by the last publication, not by one that was refused', () => {
    const refused = story().reserve(0).slot(MAIN, 'publish', 0, 4).slot(MAIN, 'publish.failed', 0);
    expect(verdict(refused.send(0, 8).receive(0, 8))).toBeNull();
  });

  it('does not judge moves that the statechart does not have', () => {
    expect(verdict(story().receive(0, 4).slot(MAIN, 'publish', -1, 4))).toBeNull();
  });
});

describe('payload-integrity › bytes', () => {
  it('shows the bytes expected and found', () => {
    const run = filled(1, 2, 3, 0xff).send(0, 4).receive(0, 4);
    expect(verdict(run.payload(REMOTE, 'read', 0, 0, contents.of(1, 2, 3, 0)))).toBe(
      'remote read buffer[0][0..3]: expected 01 02 03 ff, found 01 02 03 00',
    );
  });

  it('judges a part of the buffer by that part', () => {
    const run = (): Story => filled(1, 2, 3, 4).send(0, 4).receive(0, 4);
    expect(verdict(run().payload(REMOTE, 'read', 0, 1, contents.of(2, 3)))).toBeNull();
    expect(verdict(run().payload(REMOTE, 'read', 0, 2, contents.of(2, 3)))).toBe(
      'remote read buffer[0][2..3]: expected 03 04, found 02 03',
    );
  });

  it('tells the same bytes at another place from those that were written', () => {
    const run = filled(1, 2).send(0, 2).receive(0, 2).payload(REMOTE, 'read', 0, 1, contents.of(1, 2));
    expect(verdict(run)).toBe('remote read buffer[0][1..1]: expected 02, found 01');
  });

  it('claims nothing of bytes that were not written, and still judges the others', () => {
    const run = (): Story =>
      story().reserve(0).payload(MAIN, 'write', 0, 2, contents.of(7, 8)).send(0, 4).receive(0, 4);
    expect(verdict(run().payload(REMOTE, 'read', 0, 0, contents.of(9, 9, 7, 8, 9)))).toBeNull();
    expect(verdict(run().payload(REMOTE, 'read', 0, 4, contents.of(9, 9)))).toBeNull();
    expect(verdict(run().payload(REMOTE, 'read', 0, 0, contents.of(9, 9, 7, 9, 9)))).toBe(
      'remote read buffer[0][2..3]: expected 07 08, found 07 09',
    );
  });

  it('judges known bytes past the published length too', () => {
    const run = filled(1, 2, 3, 4).send(0, 2).receive(0, 2);
    expect(verdict(run.payload(REMOTE, 'read', 0, 2, contents.of(0, 0)))).toBe(
      'remote read buffer[0][2..3]: expected 03 04, found 00 00',
    );
  });

  it('goes by what the device itself wrote since', () => {
    const run = (): Story =>
      filled(1, 2, 3, 4).send(0, 4).receive(0, 4).payload(REMOTE, 'write', 0, 1, contents.of(9));
    expect(verdict(run().payload(REMOTE, 'read', 0, 0, contents.of(1, 9, 3, 4)))).toBeNull();
    expect(verdict(run().payload(REMOTE, 'read', 0, 0, contents.of(1, 2, 3, 4)))).toBe(
      'remote read buffer[0][0..3]: expected 01 09 03 04, found 01 02 03 04',
    );
  });

  it('does not know what a stranger writes, so that it shows', () => {
    const run = filled(1, 2).send(0, 2).payload(MAIN, 'write', 0, 0, contents.of(3, 4), true).receive(0, 2);
    expect(verdict(run.payload(REMOTE, 'read', 0, 0, contents.of(3, 4)))).toBe(
      'remote read buffer[0][0..1]: expected 01 02, found 03 04',
    );
  });

  it('does not judge reads of the driver, of strangers, past the end, or of nothing', () => {
    const run = filled(1, 2)
      .payload(MAIN, 'read', 0, 0, contents.of(9, 9))
      .payload(REMOTE, 'read', 0, 0, contents.of(9, 9), true)
      .send(0, 2)
      .receive(0, 2)
      .payload(MAIN, 'read', 0, 0, contents.of(9, 9), true)
      .payload(REMOTE, 'read', 0, 0, contents.of(9, 9, 9, 9, 9, 9, 9, 9, 9))
      .payload(REMOTE, 'read', 0, 0, contents.of());
    expect(verdict(run)).toBeNull();
  });
});

describe('payload-integrity › memory', () => {
  it('forgets a message when its buffer is free again', () => {
    const run = filled(1, 2, 3, 4).send(0, 4).receive(0, 4);
    expect(judge(payloadIntegrity, context, run.events).words.some((word) => word !== 0)).toBe(true);
    run.free(0);
    expect(judge(payloadIntegrity, context, run.events).words).toEqual([0, 0, 0, 0, 0, 0]);
    const second = run.reserve(0).send(0, 4).receive(0, 4);
    expect(verdict(second.payload(REMOTE, 'read', 0, 0, contents.of(9, 9, 9, 9)))).toBeNull();
  });

  it('forgets a buffer that is cancelled, and one that is collected', () => {
    const cancelled = filled(1, 2).slot(MAIN, 'cancel', 0);
    const collected = filled(1, 2).send(0).receive(0).slot(REMOTE, 'return', 0).slot(MAIN, 'collect', 0);
    for (const { events } of [cancelled, collected]) {
      expect(judge(payloadIntegrity, context, events).words).toEqual([0, 0, 0, 0, 0, 0]);
    }
  });

  it('listens to ownership and payload only', () => {
    const monitor = payloadIntegrity.monitor?.(context);
    const { events } = filled(1)
      .call(REMOTE, 'recv_try')
      .fault(MAIN, 'threw', 'threw')
      .allocation(MAIN, 0, 4);
    const heard = events.filter((event) => monitor?.listens?.(event)).map(({ kind }) => kind);
    expect(heard).toEqual(['slot', 'payload']);
  });

  it('keeps the buffers apart', () => {
    const run = filled(1, 2).reserve(1).payload(MAIN, 'write', 1, 0, contents.of(3, 4)).send(0, 2).send(1, 2);
    run.receive(0, 2).receive(1, 2).payload(REMOTE, 'read', 0, 0, contents.of(1, 2)).free(0);
    expect(verdict(run.payload(REMOTE, 'read', 1, 0, contents.of(1, 2)))).toBe(
      'remote read buffer[1][0..1]: expected 03 04, found 01 02',
    );
  });

  /**
   * Odds of missing: the oracle keeps every written byte in a map. A slip that shows in one run of 50 is missed in
   * 500 runs with odds of 0.98^500, less than 1/20000.
   */
  it('knows one contiguous range, however writes overlap', () => {
    const writes = fc.array(
      fc.record({
        within: fc.nat(BUFFER_BYTES - 1),
        bytes: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 4 }),
      }),
      { minLength: 1, maxLength: 6 },
    );
    fc.assert(
      fc.property(writes, (list) => {
        const run = story().reserve(0);
        let known = new Map<number, number>();
        for (const { within, bytes } of list) {
          const cut = bytes.slice(0, BUFFER_BYTES - within);
          run.payload(MAIN, 'write', 0, within, contents.of(...cut));
          const touches = [...known.keys()].some((at) => at >= within - 1 && at <= within + cut.length);
          if (!touches) known = new Map();
          for (const [i, byte] of cut.entries()) known.set(within + i, byte);
        }
        run.send(0).receive(0);
        for (let at = 0; at < BUFFER_BYTES; at++) {
          for (const found of [1, 2, 3]) {
            const byte = known.get(at);
            const { message } = judge(payloadIntegrity, context, [
              ...run.events,
              ...new Story(context)
                .reserve(0)
                .send(0)
                .receive(0)
                .payload(REMOTE, 'read', 0, at, contents.of(found))
                .events.slice(-1),
            ]);
            expect(message === null).toBe(byte === undefined || byte === found);
          }
        }
      }),
      { seed: 20, numRuns: 500 },
    );
  });
});
