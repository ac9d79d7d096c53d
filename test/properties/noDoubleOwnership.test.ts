import { describe, expect, it } from 'vitest';
import { slotEvents, slotStates } from 'vqcheck/model';
import { noDoubleOwnership } from 'vqcheck/properties';
import { contextWith, MAIN, MAIN_ISR, REMOTE, Story, verdictOf } from './support.ts';

const context = contextWith();
const story = (): Story => new Story(context);
const verdict = (run: Story): string | null => verdictOf(noDoubleOwnership, context, run);
const inUse = (): Story => story().reserve(0).send(0).receive(0);

describe('no-double-ownership', () => {
  it('says that a buffer released twice was already given back', () => {
    expect(verdict(inUse().free(0).free(0))).toBe(
      'remote released buffer[0], which is free: it was already given back',
    );
  });

  it('does not say so of a buffer that nobody ever had', () => {
    expect(verdict(story().send(1))).toBe('main published buffer[1], which is free');
  });

  it('names the other owner of a buffer allocated twice', () => {
    expect(verdict(story().reserve(0, MAIN_ISR).reserve(0))).toBe(
      'main reserved buffer[0], which is reserved by main-isr',
    );
  });

  it('names the holder of a buffer that is allocated or taken again', () => {
    expect(verdict(inUse().reserve(0))).toBe('main reserved buffer[0], which is held by remote');
    expect(verdict(inUse().receive(0))).toBe('remote took buffer[0], which is held by remote');
  });

  it('knows the ways in which a buffer can be published wrongly', () => {
    expect(verdict(story().reserve(0).send(0).send(0))).toBe(
      'main published buffer[0], which is published and not taken yet',
    );
    expect(verdict(inUse().send(0))).toBe('main published buffer[0], which is held by remote');
    expect(verdict(inUse().slot(REMOTE, 'return', 0).send(0))).toBe(
      'main published buffer[0], which is on its way back and not collected yet',
    );
  });

  it('reports an address at which no buffer starts', () => {
    expect(verdict(story().slot(MAIN, 'publish', -1))).toBe(
      'main published 0x1234, which is not the start of any buffer',
    );
    expect(verdict(story().slot(REMOTE, 'release.failed', -1))).toBe(
      "remote's release of 0x1234 failed, which is not the start of any buffer",
    );
  });

  it('reports a publication that fails although it had an effect', () => {
    expect(verdict(inUse().slot(MAIN, 'publish.failed', 0))).toBe(
      "main's publish of buffer[0] failed, but the buffer had already been taken by remote",
    );
    expect(verdict(inUse().free(0).slot(MAIN, 'publish.failed', 0))).toBe(
      "main's publish of buffer[0] failed, but the buffer had already been given back",
    );
  });

  it('reports a release that fails although it had an effect', () => {
    const released = (): Story => inUse().call(REMOTE, 'free_try').slot(REMOTE, 'release', 0).reserve(0);
    expect(verdict(released().slot(REMOTE, 'release.failed', 0))).toBe(
      "remote's release of buffer[0] failed, but the buffer had already been reserved again",
    );
    expect(verdict(released().send(0).slot(REMOTE, 'release.failed', 0))).toBe(
      "remote's release of buffer[0] failed, but the buffer had already been published again",
    );
  });

  it('holds when an operation that failed gives the buffer back unchanged', () => {
    expect(verdict(inUse().slot(REMOTE, 'release', 0).slot(REMOTE, 'release.failed', 0))).toBeNull();
  });

  it('says something readable for every event that the statechart does not have', () => {
    const monitor = noDoubleOwnership.monitor?.(context);
    const nothing = { get: () => 0, set: () => {} };
    const messages = slotStates.flatMap((from) =>
      slotEvents.map((event) =>
        monitor?.step(nothing, {
          kind: 'slot',
          agent: REMOTE,
          core: 1,
          event,
          depth: 0,
          slot: 1,
          address: 0x48,
          length: -1,
          from,
          to: null,
          holder: MAIN,
        }),
      ),
    );
    expect(messages).toHaveLength(55);
    for (const message of messages) {
      expect(message).toMatch(/^remote('s \w+ of| \w+) buffer\[1\](, which is| failed, but the buffer) \w/);
      expect(message).not.toContain('undefined');
    }
  });
});
