/**
 * Moves 64-byte messages from one worker thread to another over a `SharedArrayBuffer`, through the very queue that is
 * checked, and verifies every byte.
 *
 *     node dist/examples/two-threads.js [slots,… default 2,16,1024] [messages in all, default 100000]
 */
import { Worker } from 'node:worker_threads';
import { newRing } from './liveQueue.ts';
import type { ThreadJob } from './two-threads-worker.ts';

function thread(job: ThreadJob): Promise<void> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./two-threads-worker.js', import.meta.url), { workerData: job });
    worker.once('message', () => resolve());
    worker.once('error', reject);
  });
}

const lengths = (process.argv[2] ?? '2,16,1024').split(',').map(Number);
const messages = Math.ceil(Number(process.argv[3] ?? 100_000) / lengths.length);
for (const slots of lengths) {
  const shared = newRing(slots);
  await Promise.all([
    thread({ role: 'sender', shared, messages }),
    thread({ role: 'receiver', shared, messages }),
  ]);
  console.log(`${slots} slots: ${messages} messages of 64 bytes arrived, in order, every byte as sent`);
}
