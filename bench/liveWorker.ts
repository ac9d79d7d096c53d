/** One thread of the throughput benchmark: sends or receives numbered messages, through one of the two queues. */
import { parentPort, workerData } from 'node:worker_threads';
import { RingBuffer } from 'ringbuf.js';
import { receiveMessages, sendMessages } from '../examples/liveQueue.ts';
import { check, fill, MESSAGE_BYTES, newMessage, Patience } from '../examples/message.ts';

/** What a thread is started with. */
export type LiveJob = {
  readonly queue: 'esp-amp' | 'ringbuf.js';
  readonly role: 'sender' | 'receiver';
  readonly messages: number;
  readonly shared: SharedArrayBuffer;
  /** Word 0: threads that are ready; both start when it is 2. */
  readonly gate: SharedArrayBuffer;
};

function ringSend(shared: SharedArrayBuffer, count: number): void {
  const ring = openRing(shared);
  const message = newMessage();
  const patience = new Patience();
  for (let number = 0; number < count; number++) {
    fill(message, number);
    // Space and messages come in whole messages, so a push is either complete or refused. The same holds for a pop.
    while (ring.push(message.bytes, MESSAGE_BYTES) === 0) patience.pause();
    patience.reset();
  }
}

function ringReceive(shared: SharedArrayBuffer, count: number): void {
  const ring = openRing(shared);
  const message = newMessage();
  const patience = new Patience();
  for (let number = 0; number < count; number++) {
    while (ring.pop(message.bytes, MESSAGE_BYTES) === 0) patience.pause();
    patience.reset();
    check(message, number);
  }
}

function openRing(shared: SharedArrayBuffer): RingBuffer {
  // The package declares its parameters as `class<TypedArray>`, which no type can satisfy.
  return new RingBuffer(shared, Uint8Array as never);
}

const job = workerData as LiveJob; // what `live.ts` started this thread with
const run = {
  'esp-amp': { sender: sendMessages, receiver: receiveMessages },
  'ringbuf.js': { sender: ringSend, receiver: ringReceive },
}[job.queue][job.role];

const gate = new Int32Array(job.gate);
Atomics.add(gate, 0, 1);
while (Atomics.load(gate, 0) < 2) Atomics.wait(gate, 0, 1, 1);
const start = performance.now();
run(job.shared, job.messages);
parentPort?.postMessage(performance.now() - start);
