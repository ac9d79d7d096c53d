/**
 * Moves 64-byte messages from one worker thread to another, through the very queue and software interrupt that are
 * checked: driven by interrupts both ways, without polling. Verifies every byte.
 *
 *     node dist/examples/interrupts.js [slots,… default 1,2,16,1024] [messages in all, default 100000]
 */
import { Worker } from 'node:worker_threads';
import { newInterruptRing } from './interruptQueue.ts';
import type { InterruptJob } from './interrupts-worker.ts';

/** Starts a thread. Ends when that has ended; `onStarted` is called when it says that it has started. */
function thread(job: InterruptJob, onStarted: () => void = () => undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./interrupts-worker.js', import.meta.url), { workerData: job });
    worker.on('message', (said: 'started' | 'done') => (said === 'done' ? resolve() : onStarted()));
    worker.once('error', reject);
  });
}

/** The sub core starts when the main core says so. Ends when both have ended, or one has failed. */
function run(shared: SharedArrayBuffer, messages: number): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const main = thread({ core: 'main', shared, messages }, () => {
      Promise.all([main, thread({ core: 'sub', shared, messages })]).then(resolve, reject);
    });
    main.catch(reject);
  });
}

const lengths = (process.argv[2] ?? '1,2,16,1024').split(',').map(Number);
const messages = Math.ceil(Number(process.argv[3] ?? 100_000) / lengths.length);
for (const slots of lengths) {
  await run(newInterruptRing(slots), messages);
  console.log(
    `${slots} slots: ${messages} messages of 64 bytes arrived by interrupt, in order, every byte as sent`,
  );
}
