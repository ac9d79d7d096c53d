/**
 * The accessors of views over a live port: the accesses of its `load` and `store` with memory, ordering and width
 * written out, which a view knows beforehand, and without their checks, which the port makes once for a whole view.
 *
 * V8 puts bodies as small as these (27 bytes of bytecode) in the place of the field's name. `load` is too large for
 * that: with it the ESP-AMP queue takes 2.5 times as long (280 for 112 ns a message; one thread, no payload).
 */
import type { AccessorMaker, StructView } from './layout.ts';
import type { Space } from './location.ts';
import type { Ordering } from './ordering.ts';
import type { MemoryPort } from './port.ts';

/** What the accessors reach of a live port. */
export type LiveMemories = MemoryPort & {
  readonly shared8: Uint8Array;
  readonly shared16: Uint16Array;
  readonly shared32: Uint32Array;
  readonly local8: Uint8Array;
  readonly local16: Uint16Array;
  readonly local32: Uint32Array;
};

type LiveView = StructView<LiveMemories>;
/** `Plain` and `Atomic` are for shared memory; `Local` is for core-local memory, whatever the ordering. */
type Kind = 'Plain' | 'Atomic' | 'Local';
type Key = `${Kind}${8 | 16 | 32}`;

// `as number`: the struct is inside the memory.
const getters: Readonly<Record<Key, (code: number) => (this: LiveView) => number>> = {
  Local8: (code) =>
    function (this: LiveView) {
      return this.viewPort.local8[(this.viewOrigin + code) >>> 3] as number;
    },
  Local16: (code) =>
    function (this: LiveView) {
      return this.viewPort.local16[(this.viewOrigin + code) >>> 4] as number;
    },
  Local32: (code) =>
    function (this: LiveView) {
      return this.viewPort.local32[(this.viewOrigin + code) >>> 5] as number;
    },
  Plain8: (code) =>
    function (this: LiveView) {
      return this.viewPort.shared8[(this.viewOrigin + code) >>> 3] as number;
    },
  Plain16: (code) =>
    function (this: LiveView) {
      return this.viewPort.shared16[(this.viewOrigin + code) >>> 4] as number;
    },
  Plain32: (code) =>
    function (this: LiveView) {
      return this.viewPort.shared32[(this.viewOrigin + code) >>> 5] as number;
    },
  Atomic8: (code) =>
    function (this: LiveView) {
      return Atomics.load(this.viewPort.shared8, (this.viewOrigin + code) >>> 3);
    },
  Atomic16: (code) =>
    function (this: LiveView) {
      return Atomics.load(this.viewPort.shared16, (this.viewOrigin + code) >>> 4);
    },
  Atomic32: (code) =>
    function (this: LiveView) {
      return Atomics.load(this.viewPort.shared32, (this.viewOrigin + code) >>> 5);
    },
};

const setters: Readonly<Record<Key, (code: number) => (this: LiveView, value: number) => void>> = {
  Local8: (code) =>
    function (this: LiveView, value) {
      this.viewPort.local8[(this.viewOrigin + code) >>> 3] = value;
    },
  Local16: (code) =>
    function (this: LiveView, value) {
      this.viewPort.local16[(this.viewOrigin + code) >>> 4] = value;
    },
  Local32: (code) =>
    function (this: LiveView, value) {
      this.viewPort.local32[(this.viewOrigin + code) >>> 5] = value;
    },
  Plain8: (code) =>
    function (this: LiveView, value) {
      this.viewPort.shared8[(this.viewOrigin + code) >>> 3] = value;
    },
  Plain16: (code) =>
    function (this: LiveView, value) {
      this.viewPort.shared16[(this.viewOrigin + code) >>> 4] = value;
    },
  Plain32: (code) =>
    function (this: LiveView, value) {
      this.viewPort.shared32[(this.viewOrigin + code) >>> 5] = value;
    },
  Atomic8: (code) =>
    function (this: LiveView, value) {
      Atomics.store(this.viewPort.shared8, (this.viewOrigin + code) >>> 3, value);
    },
  Atomic16: (code) =>
    function (this: LiveView, value) {
      Atomics.store(this.viewPort.shared16, (this.viewOrigin + code) >>> 4, value);
    },
  Atomic32: (code) =>
    function (this: LiveView, value) {
      Atomics.store(this.viewPort.shared32, (this.viewOrigin + code) >>> 5, value);
    },
};

function makerFor(space: Space): AccessorMaker {
  const kind = (order: Ordering): Kind =>
    space === 'local' ? 'Local' : order === 'plain' ? 'Plain' : 'Atomic';
  return (code, { width, load, store }) => {
    if (width === 64) return null;
    return { get: getters[`${kind(load)}${width}`](code), set: setters[`${kind(store)}${width}`](code) };
  };
}

/** Accessors for structs that are aligned and wholly inside their memory. Fields of 64 bits go by `load` and `store`. */
export const liveAccessors: Readonly<Record<Space, AccessorMaker>> = {
  shared: makerFor('shared'),
  local: makerFor('local'),
};
