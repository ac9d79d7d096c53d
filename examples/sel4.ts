/**
 * Moves messages of 1 byte to 64 KiB between two worker threads, up and down two CAmkES virtqueues, through the very code
 * that is checked. Scattered over blocks of 128 bytes, gathered again; verifies every byte.
 *
 *     node dist/examples/sel4.js [messages each way, default 4000]
 */
import { Worker } from 'node:worker_threads';
import type { Sel4Job } from './sel4-worker.ts';
import { newSystem, totalBytes } from './sel4Channel.ts';

function thread(job: Sel4Job): Promise<void> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./sel4-worker.js', import.meta.url), { workerData: job });
    worker.once('message', () => resolve());
    worker.once('error', reject);
  });
}

const messages = Number(process.argv[2] ?? 4000);
const shared = newSystem();
const started = performance.now();
await Promise.all([
  thread({ component: 'client', shared, messages }),
  thread({ component: 'server', shared, messages }),
]);
const seconds = (performance.now() - started) / 1000;
const bytes = totalBytes(messages);
console.log(
  `${messages} messages of 1 byte to 64 KiB, ${bytes} bytes, arrived each way, in order, every byte as sent`,
);
console.log(`${((2 * bytes) / 1e6 / seconds).toFixed(0)} MB/s`);
