/**
 * The statechart of one slot: who owns a buffer, from its allocation to its return. The single source of truth; the
 * table of the hot loop (`table.ts`), the paths for tests (`paths.ts`) and the picture (`mermaid.ts`) are derived
 * from it.
 *
 * A slot stands for one buffer, not for one ring entry: where a protocol lets buffers be handed on in any order, a
 * slot follows the buffer. Between the call of an operation that releases and the return of one that acquires,
 * nobody owns the buffer, so there is no linearization point to guess. An operation that fails must have had no
 * effect: if the other side has taken the buffer in between, the event that gives it back is illegal, and this is
 * how an operation that publishes and then reports an error shows.
 *
 * The chart has no memory: it does not know whether a `.failed` event follows the event that it undoes. Who feeds it
 * emits a `.failed` event only at the error return of the operation whose call emitted the other.
 */
import { setup } from 'xstate';
import type { SlotEvent, SlotEventMeta, SlotOwner } from './events.ts';

/** The tag by which a state names its owner. Each leaf state carries exactly one. */
export type SlotOwnerTag = `owner:${SlotOwner}`;

/** After a reset, wherever the buffer was. */
const revoke = {
  target: '#slot.free',
  description:
    'The queue was reset, and the device has confirmed that it leaves it alone: the driver takes back what was out.',
  meta: { by: 'driver', at: 'return' },
} as const;

const slotSetup = setup({
  // The cast is how XState is told types: at run time it does not look at this value.
  types: {} as {
    events: { readonly type: SlotEvent };
    tags: SlotOwnerTag;
    meta: SlotEventMeta;
  },
});

/** The chart. It has no context, guards or actions: a state name is all there is to a slot. */
export const slotMachine = slotSetup.createMachine({
  id: 'slot',
  description: 'The ownership of one buffer.',
  initial: 'free',
  states: {
    free: {
      description: "In the driver's pool, or released and not yet noticed by the driver.",
      tags: 'owner:nobody',
      on: {
        reserve: {
          target: 'reserved',
          description: 'The driver is given the buffer.',
          meta: { by: 'driver', at: 'return' },
        },
        'release.failed': {
          target: 'used.held',
          description: 'The release had no effect: the device has the buffer again.',
          meta: { by: 'device', at: 'error return', undoes: 'release' },
        },
      },
    },
    reserved: {
      description: 'Allocated: the driver fills it, or looks at what came back in it.',
      tags: 'owner:driver',
      on: {
        cancel: {
          target: 'free',
          description: 'The driver puts the buffer back into its pool, unpublished.',
          meta: { by: 'driver', at: 'call' },
        },
        publish: {
          target: 'available',
          description: 'The driver offers the buffer to the device.',
          meta: { by: 'driver', at: 'call' },
        },
      },
    },
    available: {
      description: 'Published, or just being published; the device has not taken it yet.',
      tags: 'owner:nobody',
      on: {
        'publish.failed': {
          target: 'reserved',
          description: 'The publication had no effect: the driver has the buffer again.',
          meta: { by: 'driver', at: 'error return', undoes: 'publish' },
        },
        take: {
          target: 'used.held',
          description: 'The device is given the buffer.',
          meta: { by: 'device', at: 'return' },
        },
        revoke,
      },
    },
    used: {
      description: 'Taken by the device, and not back in the pool.',
      // Demanded by XState. Every transition names the child it enters, so the picture leaves this out.
      initial: 'held',
      states: {
        held: {
          description: 'The device works on it: reads it, writes it.',
          tags: 'owner:device',
          on: {
            return: {
              target: 'queued',
              description: 'The device puts the buffer into the queue of returned buffers (used ring).',
              meta: { by: 'device', at: 'call' },
            },
            release: {
              target: '#slot.free',
              description:
                'The device frees the buffer at once, in a protocol without a queue of returned buffers (ESP-AMP).',
              meta: { by: 'device', at: 'call' },
            },
            revoke,
          },
        },
        queued: {
          description:
            'On its way back, in a protocol that has this step; the driver has not collected it yet.',
          tags: 'owner:nobody',
          on: {
            'return.failed': {
              target: 'held',
              description: 'The return had no effect: the device has the buffer again.',
              meta: { by: 'device', at: 'error return', undoes: 'return' },
            },
            collect: {
              target: '#slot.free',
              description:
                'The driver takes the buffer off the queue of returned buffers. An operation that also hands it to the caller goes on with `reserve`.',
              meta: { by: 'driver', at: 'return' },
            },
            revoke,
          },
        },
      },
    },
  },
});
