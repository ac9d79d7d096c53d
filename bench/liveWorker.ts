/** One thread of the throughput benchmark: sends or receives numbered messages, through one of the queues. */
import { parentPort, workerData } from 'node:worker_threads';
import { RingBuffer } from 'ringbuf.js';
import { receiveCopies, receiveMessages, sendCopies, sendMessages } from '../examples/liveQueue.ts';
import {
  check,
  fill,
  MESSAGE_BYTES,
  MESSAGE_WORDS,
  newMessage,
  Patience,
  wordOf,
} from '../examples/message.ts';
import { runVirtioDevice, runVirtioDriver, type VirtioLayout } from '../examples/virtioQueue.ts';

/** What a thread is started with. */
export type LiveJob = {
  readonly queue: 'esp-amp' | 'ringbuf.js' | 'virtio-split' | 'virtio-packed';
  /** See `live.ts`. */
  readonly way: 'copied' | 'in place';
  readonly role: 'sender' | 'receiver';
  readonly slots: number;
  readonly messages: number;
  readonly shared: SharedArrayBuffer;
  /** Word 0: threads that are ready; both start when it is 2. */
  readonly gate: SharedArrayBuffer;
};

// Space and messages come in whole messages, so a push is either complete or refused. The same holds for a pop.

function ringSend(shared: SharedArrayBuffer, count: number): void {
  const ring = openRing(shared, Uint8Array);
  const message = newMessage();
  const patience = new Patience();
  for (let number = 0; number < count; number++) {
    fill(message.words, 0, number);
    while (ring.push(message.bytes, MESSAGE_BYTES) === 0) patience.pause();
    patience.reset();
  }
}

function ringReceive(shared: SharedArrayBuffer, count: number): void {
  const ring = openRing(shared, Uint8Array);
  const message = newMessage();
  const patience = new Patience();
  for (let number = 0; number < count; number++) {
    while (ring.pop(message.bytes, MESSAGE_BYTES) === 0) patience.pause();
    patience.reset();
    check(message.words, 0, number);
  }
}

/** Written in place, by the callback that `ringbuf.js` has for it. The message may wrap around the end of the ring. */
function ringSendInPlace(shared: SharedArrayBuffer, count: number): void {
  const ring: WritesInPlace = openRing(shared, Int32Array);
  const patience = new Patience();
  let number = 0;
  const write: WriteInPlace = (storage, first, words, second, rest) => {
    for (let i = 0; i < words; i++) storage[first + i] = wordOf(number, i);
    for (let i = 0; i < rest; i++) storage[second + i] = wordOf(number, words + i);
    return words + rest;
  };
  for (; number < count; number++) {
    while (ring.writeCallbackWithOffset(MESSAGE_WORDS, write) === 0) patience.pause();
    patience.reset();
  }
}

/** Copied out: `ringbuf.js` has no reading in place. */
function ringReceiveWords(shared: SharedArrayBuffer, count: number): void {
  const ring = openRing(shared, Int32Array);
  const { words } = newMessage();
  const patience = new Patience();
  for (let number = 0; number < count; number++) {
    while (ring.pop(words, MESSAGE_WORDS) === 0) patience.pause();
    patience.reset();
    check(words, 0, number);
  }
}

type WriteInPlace = (
  storage: Int32Array,
  first: number,
  words: number,
  second: number,
  rest: number,
) => number;
/** In the package's code and documentation, but not in its declarations. */
type WritesInPlace = { writeCallbackWithOffset(amount: number, write: WriteInPlace): number };

function openRing(
  shared: SharedArrayBuffer,
  elements: Uint8ArrayConstructor | Int32ArrayConstructor,
): RingBuffer & WritesInPlace {
  // The package declares its parameters as `class<TypedArray>`, which no type can satisfy.
  return new RingBuffer(shared, elements as never) as RingBuffer & WritesInPlace;
}

/** Both ways of use: the driver sends, the device receives. */
function virtio(layout: VirtioLayout) {
  const { slots: size, way } = job;
  const sender = (shared: SharedArrayBuffer, count: number): void =>
    runVirtioDriver({ layout, size, way, count, shared });
  const receiver = (shared: SharedArrayBuffer, count: number): void =>
    runVirtioDevice({ layout, size, way, count, shared });
  return { copied: { sender, receiver }, 'in place': { sender, receiver } };
}

const job = workerData as LiveJob; // what `live.ts` started this thread with
const run = {
  'esp-amp': {
    copied: { sender: sendCopies, receiver: receiveCopies },
    'in place': { sender: sendMessages, receiver: receiveMessages },
  },
  'ringbuf.js': {
    copied: { sender: ringSend, receiver: ringReceive },
    'in place': { sender: ringSendInPlace, receiver: ringReceiveWords },
  },
  'virtio-split': virtio('split'),
  'virtio-packed': virtio('packed'),
}[job.queue][job.way][job.role];

const gate = new Int32Array(job.gate);
Atomics.add(gate, 0, 1);
while (Atomics.load(gate, 0) < 2) Atomics.wait(gate, 0, 1, 1);
const start = performance.now();
run(job.shared, job.messages);
parentPort?.postMessage(performance.now() - start);
