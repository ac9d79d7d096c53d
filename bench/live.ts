/**
 * Throughput of the ESP-AMP queue on the live port beside that of `ringbuf.js`, between two threads: the same 64-byte
 * messages, the same verification of every byte, by turns in the same run. Medians over the rounds.
 *
 *     node dist/bench/live.js [messages each round, default 2000000] [rounds, default 3]
 */
import { Worker } from 'node:worker_threads';
import { RingBuffer } from 'ringbuf.js';
import { newRing } from '../examples/liveQueue.ts';
import { MESSAGE_BYTES } from '../examples/message.ts';
import type { LiveJob } from './liveWorker.ts';

const SLOTS = [2, 16, 128, 1024] as const;

function storage(queue: LiveJob['queue'], slots: number): SharedArrayBuffer {
  if (queue === 'esp-amp') return newRing(slots);
  // The package declares its parameters as `class<TypedArray>`, which no type can satisfy.
  return RingBuffer.getStorageForCapacity(slots * MESSAGE_BYTES, Uint8Array as never);
}

/** Milliseconds of the slower of the two threads. */
async function round(queue: LiveJob['queue'], slots: number, messages: number): Promise<number> {
  const shared = storage(queue, slots);
  const gate = new SharedArrayBuffer(4);
  const thread = (role: LiveJob['role']): Promise<number> =>
    new Promise((resolve, reject) => {
      const job: LiveJob = { queue, role, messages, shared, gate };
      const worker = new Worker(new URL('./liveWorker.js', import.meta.url), { workerData: job });
      worker.once('message', resolve);
      worker.once('error', reject);
    });
  return Math.max(...(await Promise.all([thread('sender'), thread('receiver')])));
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

const messages = Number(process.argv[2] ?? 2_000_000);
const rounds = Number(process.argv[3] ?? 3);
for (const slots of SLOTS) {
  const times: Record<LiveJob['queue'], number[]> = { 'esp-amp': [], 'ringbuf.js': [] };
  for (let i = 0; i < rounds; i++) {
    times['esp-amp'].push(await round('esp-amp', slots, messages));
    times['ringbuf.js'].push(await round('ringbuf.js', slots, messages));
  }
  const rate = (queue: LiveJob['queue']): number => messages / median(times[queue]) / 1000;
  const [ours, theirs] = [rate('esp-amp'), rate('ringbuf.js')];
  console.log(
    `${String(slots).padStart(4)} slots: esp-amp ${ours.toFixed(2)} M messages/s, ` +
      `ringbuf.js ${theirs.toFixed(2)} M messages/s, ratio ${(ours / theirs).toFixed(2)}`,
  );
}
