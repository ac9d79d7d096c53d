/**
 * Throughput of the ESP-AMP queue and of the two VirtIO queues on the live port beside that of `ringbuf.js`, between two
 * threads: 64-byte messages, every byte verified, by turns in the same run. Medians over the rounds. The VirtIO queues
 * hand each buffer back to the driver, and use EVENT_IDX: their sides sleep where the others spin. Each queue is measured
 * in two ways of use:
 *
 * - copied: a message is made in the sender's memory, copied into the queue as bytes, copied out, and checked in the
 *   receiver's memory.
 * - in place: each queue with as few copies as it can do. ESP-AMP hands out buffers, and a VirtIO driver has its own, so
 *   a message is built and checked in shared memory, and never copied. `ringbuf.js` holds 32-bit elements then; its sender writes in place too, by
 *   `writeCallbackWithOffset`, but its receiver can only copy them out.
 *
 *     node dist/bench/live.js [messages each round, default 2000000] [rounds, default 3]
 */
import { Worker } from 'node:worker_threads';
import { RingBuffer } from 'ringbuf.js';
import { newRing } from '../examples/liveQueue.ts';
import { MESSAGE_BYTES } from '../examples/message.ts';
import { newVirtioSystem } from '../examples/virtioQueue.ts';
import type { LiveJob } from './liveWorker.ts';

type Contender = Pick<LiveJob, 'queue' | 'way'>;

const SLOTS = [2, 16, 128, 1024] as const;
const QUEUES = ['ringbuf.js', 'esp-amp', 'virtio-split', 'virtio-packed'] as const;
const WAYS = ['copied', 'in place'] as const;

function storage({ queue, way }: Contender, slots: number): SharedArrayBuffer {
  if (queue === 'esp-amp') return newRing(slots);
  if (queue !== 'ringbuf.js') return newVirtioSystem(queue === 'virtio-packed' ? 'packed' : 'split', slots);
  const elements = way === 'copied' ? Uint8Array : Int32Array;
  const capacity = (slots * MESSAGE_BYTES) / elements.BYTES_PER_ELEMENT;
  // The package declares its parameters as `class<TypedArray>`, which no type can satisfy.
  return RingBuffer.getStorageForCapacity(capacity, elements as never);
}

/** Milliseconds of the slower of the two threads. */
async function round(contender: Contender, slots: number, messages: number): Promise<number> {
  const shared = storage(contender, slots);
  const gate = new SharedArrayBuffer(4);
  const thread = (role: LiveJob['role']): Promise<number> =>
    new Promise((resolve, reject) => {
      const job: LiveJob = { ...contender, role, slots, messages, shared, gate };
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
console.log('copied: all copy each message in and out, as bytes');
console.log('in place: ringbuf.js writes words in place, and copies them out; the others copy nothing');
for (const slots of SLOTS) {
  const contenders = WAYS.flatMap((way) => QUEUES.map((queue) => ({ queue, way, times: [] as number[] })));
  for (let i = 0; i < rounds; i++) {
    for (const contender of contenders) contender.times.push(await round(contender, slots, messages));
  }
  for (const way of WAYS) {
    const [theirs = Number.NaN, ...ours] = contenders
      .filter((contender) => contender.way === way)
      .map(({ times }) => messages / median(times) / 1000);
    const rates = ours.map((rate, i) => {
      const ratio = (rate / theirs).toFixed(2);
      return `${QUEUES[i + 1]} ${rate.toFixed(2)} M messages/s, ratio ${ratio}`;
    });
    console.log(
      `${String(slots).padStart(4)} slots, ${way.padEnd(8)}: ringbuf.js ${theirs.toFixed(2)} M messages/s; ${rates.join('; ')}`,
    );
  }
}
