/** One of the two threads of `two-threads.ts`. */
import { parentPort, workerData } from 'node:worker_threads';
import { receiveMessages, sendMessages } from './liveQueue.ts';

/** What a thread is started with. */
export type ThreadJob = {
  readonly role: 'sender' | 'receiver';
  readonly shared: SharedArrayBuffer;
  readonly messages: number;
};

const { role, shared, messages } = workerData as ThreadJob; // what `two-threads.ts` started this thread with
if (role === 'sender') sendMessages(shared, messages);
else receiveMessages(shared, messages);
parentPort?.postMessage('done');
