/**
 * Moves chains of one to three 64-byte segments between a driver and a device in two worker threads, through the very
 * queues that are checked, in both layouts: with EVENT_IDX, and with sides that sleep. Verifies every byte, both ways.
 *
 *     node dist/examples/virtio.js [sizes,… default 1,2,16,256] [chains of each layout, default 100000] [layouts,…]
 */
import { Worker } from 'node:worker_threads';
import type { VirtioThread } from './virtio-worker.ts';
import { newVirtioSystem, type VirtioLayout } from './virtioQueue.ts';

/** Milliseconds that the thread took. */
function thread(job: VirtioThread): Promise<number> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./virtio-worker.js', import.meta.url), { workerData: job });
    worker.once('message', resolve);
    worker.once('error', reject);
  });
}

function isLayout(name: string): name is VirtioLayout {
  return name === 'split' || name === 'packed';
}

const sizes = (process.argv[2] ?? '1,2,16,256').split(',').map(Number);
const count = Math.ceil(Number(process.argv[3] ?? 100_000) / sizes.length);
const layouts = (process.argv[4] ?? 'split,packed').split(',').filter(isLayout);
for (const layout of layouts) {
  for (const size of sizes) {
    const job = { layout, size, count, way: 'chains', shared: newVirtioSystem(layout, size) } as const;
    const times = await Promise.all([thread({ ...job, side: 'driver' }), thread({ ...job, side: 'device' })]);
    const rate = count / Math.max(...times) / 1000;
    console.log(
      `${layout}, ${size} descriptors: ${count} chains there and back, every byte as written, ${rate.toFixed(2)} M/s`,
    );
  }
}
