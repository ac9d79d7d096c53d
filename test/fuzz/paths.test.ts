/** Model-based: every path over a transition of the slot statechart, played on the real queue with one slot. */

import { describe, expect, it } from 'vitest';
import { ESP_ERR_NO_MEM, ESP_ERR_NOT_SUPPORTED, ESP_OK } from 'vqcheck/impl';
import {
  INITIAL_SLOT_STATE,
  nextSlotState,
  type SlotEvent,
  type SlotState,
  slotEventIndex,
  slotStates,
  slotTransitionPaths,
} from 'vqcheck/model';
import { newOut, newQueue, type System } from '../impl/system.ts';

const ITEM_SIZE = 16;

/** ESP-AMP cannot take back a reservation, and a buffer given back is free at once: nobody has to collect it. */
const without: ReadonlySet<SlotEvent> = new Set(['cancel', 'return', 'return.failed', 'collect', 'revoke']);

const paths = slotTransitionPaths();
const applicable = paths.filter((path) => !path.some((event) => without.has(event)));

/** Where the only buffer is, by the cursors of both sides: each counts what its side has done. */
function observed({ main, sub }: System): SlotState {
  const [allocated, sent] = [main.handle.free_index, main.handle.used_index];
  const [received, freed] = [sub.handle.free_index, sub.handle.used_index];
  if (allocated !== sent) return 'reserved';
  if (sent !== received) return 'available';
  return received === freed ? 'free' : 'used.held';
}

function stateAfter(path: readonly SlotEvent[]): SlotState | undefined {
  return slotStates[
    path.reduce((state, event) => nextSlotState(state, slotEventIndex(event)), INITIAL_SLOT_STATE)
  ];
}

/** Plays a path; an event and its failure are one call. Returns the buffer. */
function play(system: System, path: readonly SlotEvent[]): void {
  const { main, sub } = system;
  let buffer = 0;
  for (const [i, event] of path.entries()) {
    const fails = path[i + 1] === `${event}.failed`;
    const out = newOut();
    switch (event) {
      case 'reserve':
        expect(main.queue.alloc_try(out, 4)).toBe(ESP_OK);
        buffer = out.address;
        break;
      case 'publish':
        expect(main.queue.send_try(buffer, fails ? ITEM_SIZE + 1 : 4)).toBe(fails ? ESP_ERR_NO_MEM : ESP_OK);
        break;
      case 'take':
        expect(sub.queue.recv_try(out)).toBe(ESP_OK);
        expect(out).toEqual({ address: buffer, size: 4 });
        break;
      case 'release':
        // While a buffer is held, giving back fails in one way only: on the wrong side of the queue.
        if (fails) expect(main.queue.free_try(buffer)).toBe(ESP_ERR_NOT_SUPPORTED);
        else expect(sub.queue.free_try(buffer)).toBe(ESP_OK);
        break;
      case 'publish.failed':
      case 'release.failed':
        break;
      default:
        throw new Error(`ESP-AMP has no ${event}`);
    }
  }
}

describe('the paths of the statechart on the real queue', () => {
  it('are all but those over events that ESP-AMP does not have', () => {
    const left = paths.filter((path) => !applicable.includes(path)).map((path) => path.join(' '));
    expect(left).toMatchInlineSnapshot(`
      [
        "reserve cancel",
        "reserve publish revoke",
        "reserve publish take return",
        "reserve publish take revoke",
        "reserve publish take return return.failed",
        "reserve publish take return collect",
        "reserve publish take return revoke",
      ]
    `);
    expect(applicable.length + left.length).toBe(paths.length);
  });

  it.each(applicable.map((path) => [path.join(' '), path] as const))('%s', (_, path) => {
    const system = newQueue(1, ITEM_SIZE);
    expect(observed(system)).toBe('free');
    play(system, path);
    expect(observed(system)).toBe(stateAfter(path));
  });

  it('leave a queue that works: from the end of each path the buffer comes home', () => {
    const home: Readonly<Partial<Record<SlotState, readonly SlotEvent[]>>> = {
      free: [],
      reserved: ['publish', 'take', 'release'],
      available: ['take', 'release'],
      'used.held': ['release'],
    };
    for (const path of applicable) {
      const system = newQueue(1, ITEM_SIZE);
      const rest = home[stateAfter(path) ?? 'free'] ?? [];
      play(system, [...path, ...rest]);
      expect(observed(system), path.join(' ')).toBe('free');
    }
  });
});
