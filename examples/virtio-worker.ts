/** One of the two threads of `virtio.ts`. Says in the end how many milliseconds it took. */
import { parentPort, workerData } from 'node:worker_threads';
import { runVirtioDevice, runVirtioDriver, type VirtioJob } from './virtioQueue.ts';

/** What a thread is started with. */
export type VirtioThread = VirtioJob & { readonly side: 'driver' | 'device' };

const job = workerData as VirtioThread; // what `virtio.ts` started this thread with
const started = performance.now();
if (job.side === 'driver') runVirtioDriver(job);
else runVirtioDevice(job);
parentPort?.postMessage(performance.now() - started);
