/** One of the two threads of `sel4.ts`. */
import { parentPort, workerData } from 'node:worker_threads';
import { runClient, runServer } from './sel4Channel.ts';

/** What a thread is started with. */
export type Sel4Job = {
  readonly component: 'client' | 'server';
  readonly shared: SharedArrayBuffer;
  readonly messages: number;
};

const { component, shared, messages } = workerData as Sel4Job; // what `sel4.ts` started this thread with
if (component === 'client') runClient(shared, messages);
else runServer(shared, messages);
parentPort?.postMessage('done');
