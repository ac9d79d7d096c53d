/**
 * The ESP-AMP queue between two threads that interrupt each other, with nobody polling: the remote receives in the
 * handler of its interrupt while its main loop sleeps; the master sleeps until its handler says that buffers came back.
 * The queue itself wakes no master, so the remote triggers an interrupt of the main core when it has freed some.
 */
import {
  ESP_OK,
  esp_amp_queue_t,
  get_power_len,
  handlersBytes,
  Queue,
  queueBlock,
  SwIntr,
} from '../impl/index.ts';
import { LiveInterrupts, LivePort, liveInterruptsBytes } from '../memory/index.ts';
import { check, fill, MESSAGE_BYTES } from './message.ts';

/** Lines, by the core that each interrupts; the cores have the same numbers. Levels, as on the chips. */
const MAIN = 0;
const SUB = 1;
const LINES = [
  { core: MAIN, trigger: 'level' },
  { core: SUB, trigger: 'level' },
] as const;

/** Software interrupts: a message was sent; buffers were freed. */
const SENT = 0;
const FREED = 1;

/** The one semaphore of the main core, and the one function of either core's handlers. */
const SPACE = 0;
const HANDLER = 1;

/** In shared memory, behind the software-interrupt words: the lines, then the ring. */
const INTERRUPTS = 32;
const CONF = 64;
/** In each core's own: the handle, then the handler table. */
const TABLE = esp_amp_queue_t.bytes;
const TABLE_LENGTH = 4;

/** Shared memory with an empty ring. @throws RangeError when `slots` is not a power of two in 1..32768. */
export function newInterruptRing(slots: number): SharedArrayBuffer {
  // A ring of another length would never fill the slots that it has: both threads would sleep for ever.
  if (get_power_len(slots) !== slots)
    throw new RangeError(`${slots} slots: expected a power of two in 1..32768`);
  const block = queueBlock(slots, MESSAGE_BYTES);
  const shared = new SharedArrayBuffer(CONF + 8 * Math.ceil(block.bytes / 8));
  if (INTERRUPTS + liveInterruptsBytes(LINES.length, LINES.length) > CONF) throw new RangeError('no room');
  const port = new LivePort({ shared, local: new ArrayBuffer(TABLE) });
  new Queue(port, 0).init_buffer(CONF, slots, MESSAGE_BYTES, CONF + block.desc, CONF + block.buffers);
  return shared;
}

/**
 * The main core: sends messages 0..count-1.
 * @param startSub called when the sub core may start: not before the main core has cleared the words of both.
 */
export function sendInterrupting(shared: SharedArrayBuffer, count: number, startSub: () => void): void {
  const { port, swIntr } = boot(shared, MAIN, () => {
    port.action('give', SPACE);
    return 1;
  });
  const notify = (): number => {
    swIntr.trigger(SENT);
    return 0;
  };
  const queue = new Queue(port, 0, { notify });
  queue.create(CONF, true);
  if (swIntr.add_handler(FREED, HANDLER, 0) !== 0) throw new Error('no room for a handler');
  startSub();
  const out = { address: 0, size: 0 };
  for (let number = 0; number < count; number++) {
    // A buffer freed after alloc_try has looked gives the semaphore later than that: so `take` cannot miss it. One
    // that was given for an earlier buffer only makes it look once more.
    while (queue.alloc_try(out, MESSAGE_BYTES) !== ESP_OK) port.action('take', SPACE);
    fill(port.sharedWords, port.wordIndex(out.address, MESSAGE_BYTES), number);
    if (queue.send_try(out.address, MESSAGE_BYTES) !== ESP_OK) throw new Error(`message ${number}: not sent`);
  }
}

/**
 * The sub core: receives messages 0..count-1 and checks each in its buffer, before giving that back.
 * @throws Error when a length or any byte differs from what was sent.
 */
export function receiveInterrupted(shared: SharedArrayBuffer, count: number): void {
  let received = 0;
  const out = { address: 0, size: 0 };
  const drain = (): number => {
    let freed = 0;
    for (; queue.recv_try(out) === ESP_OK; received++, freed++) {
      if (out.size !== MESSAGE_BYTES) throw new Error(`message ${received}: ${out.size} bytes`);
      check(port.sharedWords, port.wordIndex(out.address, MESSAGE_BYTES), received);
      if (queue.free_try(out.address) !== ESP_OK) throw new Error(`message ${received}: not freed`);
    }
    if (freed > 0) swIntr.trigger(FREED);
    return freed > 0 ? 1 : 0;
  };
  const { port, swIntr } = boot(shared, SUB, drain);
  const queue = new Queue(port, 0, { callback: HANDLER });
  queue.create(CONF, false);
  if (queue.intr_enable(swIntr, SENT) !== ESP_OK) throw new Error('no room for a handler');
  // What was sent before the handler was there has rung in vain. Masked: else a handler could receive in between.
  swIntr.critical(drain);
  // Masked from the test to the sleep: a message in between would be served, and end no sleep. `wait` ends masked, too.
  const finished = (): boolean =>
    swIntr.critical(() => {
      if (received < count) port.action('wait', 0);
      return received >= count;
    });
  while (!finished());
}

/** A core with its interrupts enabled, whose handlers have one function. */
function boot(
  shared: SharedArrayBuffer,
  core: typeof MAIN | typeof SUB,
  handler: () => number,
): { port: LivePort; swIntr: SwIntr } {
  const interrupts = new LiveInterrupts({
    core,
    cores: LINES.length,
    lines: LINES,
    shared,
    byteOffset: INTERRUPTS,
    semaphores: [{ count: 0, most: 1 }],
  });
  const local = new ArrayBuffer(8 * Math.ceil((TABLE + handlersBytes(TABLE_LENGTH)) / 8));
  const port = new LivePort({ shared, local, actions: interrupts.actions });
  const swIntr = new SwIntr(port, TABLE, {
    core: core === MAIN ? 'main' : 'sub',
    own_line: core,
    peer_line: 1 - core,
    functions: [handler],
    table_length: TABLE_LENGTH,
  });
  interrupts.attach(core, () => swIntr.handler());
  swIntr.sw_intr_init();
  return { port, swIntr };
}
