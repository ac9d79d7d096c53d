/** One of the two threads of `interrupts.ts`. */
import { parentPort, workerData } from 'node:worker_threads';
import { receiveInterrupted, sendInterrupting } from './interruptQueue.ts';

/** What a thread is started with. It says `'started'` when the other one may start, and `'done'` at its end. */
export type InterruptJob = {
  readonly core: 'main' | 'sub';
  readonly shared: SharedArrayBuffer;
  readonly messages: number;
};

const { core, shared, messages } = workerData as InterruptJob; // what `interrupts.ts` started this thread with
if (core === 'main') sendInterrupting(shared, messages, () => parentPort?.postMessage('started'));
else receiveInterrupted(shared, messages);
parentPort?.postMessage('done');
