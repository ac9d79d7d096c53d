/** The ESP-AMP queue as two threads use it: a ring in a `SharedArrayBuffer`, a handle in each thread's own memory. */
import { ESP_OK, esp_amp_queue_t, Queue, queueBlock } from '../impl/index.ts';
import { LivePort } from '../memory/index.ts';
import { check, fill, MESSAGE_BYTES, newMessage, Patience } from './message.ts';

/** Address of the ring's configuration; anything but 0, which is NULL. */
const CONF = 64;

/**
 * Shared memory with an empty ring. It is initialized in place, without the allocator: 1024 slots of 64 bytes are
 * more than one of its blocks can hold.
 */
export function newRing(slots: number): SharedArrayBuffer {
  const block = queueBlock(slots, MESSAGE_BYTES);
  const shared = new SharedArrayBuffer(CONF + 8 * Math.ceil(block.bytes / 8));
  const { queue } = open(shared);
  queue.init_buffer(CONF, slots, MESSAGE_BYTES, CONF + block.desc, CONF + block.buffers);
  return shared;
}

/** Sends messages 0..count-1, each built in the buffer that the queue hands out: nothing is copied. */
export function sendMessages(shared: SharedArrayBuffer, count: number): void {
  const { port, queue } = open(shared);
  const patience = new Patience();
  const out = { address: 0, size: 0 };
  queue.create(CONF, true);
  for (let number = 0; number < count; number++) {
    while (queue.alloc_try(out, MESSAGE_BYTES) !== ESP_OK) patience.pause();
    patience.reset();
    fill(port.sharedWords, port.wordIndex(out.address, MESSAGE_BYTES), number);
    if (queue.send_try(out.address, MESSAGE_BYTES) !== ESP_OK) throw new Error(`message ${number}: not sent`);
  }
}

/**
 * Receives messages 0..count-1 and checks each in its buffer, before giving that back.
 * @throws Error when a length or any byte differs from what was sent.
 */
export function receiveMessages(shared: SharedArrayBuffer, count: number): void {
  const { port, queue } = open(shared);
  const patience = new Patience();
  const out = { address: 0, size: 0 };
  queue.create(CONF, false);
  for (let number = 0; number < count; number++) {
    while (queue.recv_try(out) !== ESP_OK) patience.pause();
    patience.reset();
    if (out.size !== MESSAGE_BYTES) throw new Error(`message ${number}: ${out.size} bytes`);
    check(port.sharedWords, port.wordIndex(out.address, MESSAGE_BYTES), number);
    if (queue.free_try(out.address) !== ESP_OK) throw new Error(`message ${number}: not freed`);
  }
}

/** As `sendMessages`, for an application whose messages are made in memory of its own: copied into the buffer. */
export function sendCopies(shared: SharedArrayBuffer, count: number): void {
  const { port, queue } = open(shared);
  const message = newMessage();
  const patience = new Patience();
  const out = { address: 0, size: 0 };
  queue.create(CONF, true);
  for (let number = 0; number < count; number++) {
    while (queue.alloc_try(out, MESSAGE_BYTES) !== ESP_OK) patience.pause();
    patience.reset();
    fill(message.words, 0, number);
    port.writeRange(out.address, message.bytes);
    if (queue.send_try(out.address, MESSAGE_BYTES) !== ESP_OK) throw new Error(`message ${number}: not sent`);
  }
}

/** As `receiveMessages`, but the message is copied out, and checked once its buffer has been given back. */
export function receiveCopies(shared: SharedArrayBuffer, count: number): void {
  const { port, queue } = open(shared);
  const message = newMessage();
  const patience = new Patience();
  const out = { address: 0, size: 0 };
  queue.create(CONF, false);
  for (let number = 0; number < count; number++) {
    while (queue.recv_try(out) !== ESP_OK) patience.pause();
    patience.reset();
    if (out.size !== MESSAGE_BYTES) throw new Error(`message ${number}: ${out.size} bytes`);
    port.readRange(out.address, message.bytes);
    if (queue.free_try(out.address) !== ESP_OK) throw new Error(`message ${number}: not freed`);
    check(message.words, 0, number);
  }
}

function open(shared: SharedArrayBuffer): { port: LivePort; queue: Queue } {
  const port = new LivePort({ shared, local: new ArrayBuffer(esp_amp_queue_t.bytes) });
  return { port, queue: new Queue(port, 0) };
}
