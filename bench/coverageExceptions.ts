/**
 * What the exhaustive runs need not cover, each with its reason. Code is named by its lines, without indentation: so
 * an exception follows its code, and no longer fits when the code changes. `bench/coverage.ts` fails when uncovered
 * code is not listed, and when listed code is covered.
 */

/** Uncovered lines, from the first to the last. */
export interface CoverageException {
  /** Source file, relative to the package. */
  readonly file: string;
  readonly lines: readonly string[];
  readonly reason: string;
}

/** Built files that are not measured. */
export interface CoverageExclusion {
  /** A file, or a folder with a slash at its end. */
  readonly path: string;
  readonly reason: string;
}

export const coverageExclusions: readonly CoverageExclusion[] = [
  { path: 'dist/impl/index.js', reason: 're-exports only' },
  { path: 'dist/impl/target.js', reason: 'types only: nothing of it is left to run' },
  {
    path: 'dist/impl/esp-amp/defects/',
    reason: 'seeded bugs: sound runs must not run them (vqcheck check --defect does)',
  },
  {
    path: 'dist/impl/sel4/defects/',
    reason: 'seeded bugs: sound runs must not run them (vqcheck check --defect does)',
  },
  ...['split/defects', 'packed/defects', 'transportDefects'].map((folder) => ({
    path: `dist/impl/virtio/${folder}/`,
    reason: 'seeded bugs: sound runs must not run them (vqcheck check --defect does)',
  })),
  {
    path: 'dist/impl/sel4/chains.js',
    reason:
      'what a chain is to whoever has no checker, which knows by itself: test/impl/sel4Operations.test.ts',
  },
];

export const coverageExceptions: readonly CoverageException[] = [
  {
    file: 'impl/esp-amp/errors.ts',
    lines: ['return NAMES[code] ?? `code 0x${code.toString(16)}`;'],
    reason: 'names a code that is not documented: no sound run returns one',
  },
  {
    file: 'impl/esp-amp/operations.ts',
    lines: [
      "if (typeof record !== 'object' || record === null || Array.isArray(record)) {",
      "throw new TypeError('out: expected a record');",
      '}',
    ],
    reason: 'a slip in an argument list of queue.ts itself, which the types already exclude there',
  },
  {
    file: 'impl/esp-amp/operations.ts',
    lines: ['throw new TypeError(`${name}: expected a number, got ${JSON.stringify(data)}`);'],
    reason: 'a slip in an argument list of queue.ts itself, which the types already exclude there',
  },
  {
    file: 'impl/esp-amp/queue.ts',
    lines: [
      'if (index_modulus < 2 || index_modulus > MAX_MODULUS || !is_power_of_two(index_modulus)) {',
      'throw new RangeError(`index_modulus: expected a power of two in 2..65536, got ${index_modulus}`);',
      '}',
    ],
    reason: 'refuses a configuration before there is any queue: test/impl/espAmpQueue.test.ts',
  },
  {
    file: 'impl/esp-amp/queue.ts',
    lines: [
      'if (this.index_modulus < 2 * length) {',
      'throw new RangeError(`index_modulus ${this.index_modulus} is less than two laps of ${length} slots`);',
      '}',
    ],
    reason: 'refuses a configuration before there is any queue: test/impl/espAmpQueue.test.ts',
  },
  {
    file: 'impl/esp-amp/sysInfo.ts',
    lines: [
      ') {',
      'throw new RangeError(`no sys_info pool can be ${pool.size} bytes at ${pool.base}`);',
      '}',
    ],
    reason: 'refuses a geometry before there is any pool: test/impl/espAmpSysInfo.test.ts',
  },
  {
    file: 'impl/esp-amp/critical.ts',
    lines: [
      'export function critical<R>(port: MemoryPort, body: () => R): R {',
      "// No `finally`: the port's exceptions have to pass without another access.",
      'const was = enter_critical(port);',
      'const result = body();',
      'exit_critical(port, was);',
      'return result;',
      '}',
    ],
    reason:
      'for who has no SwIntr; the scenarios run the same two steps by its `critical`: test/impl/espAmpSwIntr.test.ts',
  },
  {
    file: 'impl/esp-amp/operations.ts',
    lines: ['sw_intr_delete_handler: { codes: null, succeeded: () => true },'],
    reason: 'no scenario deletes a handler, see swIntr.ts',
  },
  {
    file: 'impl/esp-amp/swIntr.ts',
    lines: [
      'if (!Number.isInteger(table_length) || table_length < 1 || table_length > MOST_ENTRIES) {',
      'throw new RangeError(`table_length: expected 1..${MOST_ENTRIES}, got ${table_length}`);',
      '}',
    ],
    reason: 'refuses a configuration before there is any table: test/impl/espAmpSwIntr.test.ts',
  },
  {
    file: 'impl/esp-amp/swIntr.ts',
    lines: [
      'delete_handler(intr_id: number, handler: number): void {',
      'check_id(intr_id);',
      "this.port.op('sw_intr_delete_handler', { sw_intr: this.id, intr_id, handler }, () => {",
      'const was = this.enter_critical();',
      'for (let i = 0; i < this.handlers.count; i++) {',
      'const entry = this.handlers.at(i);',
      'if (entry.intr_id === intr_id && entry.handler === handler) entry.handler = NULL;',
      '}',
      'this.exit_critical(was);',
      'return undefined;',
      '});',
      '}',
    ],
    reason: 'no scenario deletes a handler: queues never do; test/impl/espAmpSwIntr.test.ts',
  },
  {
    file: 'impl/esp-amp/swIntr.ts',
    lines: [
      'if (code === undefined) throw new RangeError(`${this.id}: there is no function at ${handler}`);',
    ],
    reason: 'a jump to nowhere: only a half-written entry has such a pointer, and no sound run reads one',
  },
  {
    file: 'impl/esp-amp/swIntr.ts',
    lines: [
      'if (!Number.isInteger(intr_id) || intr_id < 0 || intr_id > LAST_ID) {',
      'throw new RangeError(`intr_id: expected 0..${LAST_ID}, got ${intr_id}`);',
      '}',
    ],
    reason: 'refuses an id that is none; the scenarios name theirs: test/impl/espAmpSwIntr.test.ts',
  },
  {
    file: 'impl/sel4/assembly.ts',
    lines: ['virtqueue_id: ids.get(end) ?? 0,'],
    reason: 'every end was given an id before; the types do not know',
  },
  {
    file: 'impl/sel4/assembly.ts',
    lines: ['buf: dataports[index] ?? 0,'],
    reason: 'every channel was given a dataport before; the types do not know',
  },
  {
    file: 'impl/sel4/assembly.ts',
    lines: ['throw new Error(`${end.end}: the channel ${virtqueue_id} cannot be registered`);'],
    reason:
      'stops a component before it runs, where its table is smaller than its ids: test/impl/sel4Assembly.test.ts',
  },
  {
    file: 'impl/sel4/assembly.ts',
    lines: ['if (peer === undefined) throw new RangeError(`there is no component ${notify_line}`);'],
    reason: 'a wiring that `wire` has not made: test/impl/sel4Assembly.test.ts',
  },
  {
    file: 'impl/sel4/assembly.ts',
    lines: [
      'const size = Object.hasOwn(shmem_sizes, end) ? (shmem_sizes[end] ?? DEFAULT_SIZE) : DEFAULT_SIZE;',
    ],
    reason: 'a size that is there and is none: the types do not know',
  },
  {
    file: 'impl/sel4/assembly.ts',
    lines: ["return end.split('.')[0] ?? '';"],
    reason: 'a split string has a first part; the types do not know',
  },
  {
    file: 'impl/sel4/camkesDevice.ts',
    lines: ['return done === VQ_OK ? CAMKES_OK : EINVAL;'],
    reason: '`init_device` refuses lengths only, and the length was looked at before',
  },
  {
    file: 'impl/sel4/camkesDevice.ts',
    lines: ['return found < size ? CAMKES_ERROR : CAMKES_OK;'],
    reason: '`may_move` has refused less; for the defect that copies a part',
  },
  {
    file: 'impl/sel4/camkesDriver.ts',
    lines: ['this.block_size = options.block_size ?? BLOCK_SIZE;'],
    reason: 'blocks as shipped, of 128 bytes; the scenarios have smaller ones, for fewer states',
  },
  {
    file: 'impl/sel4/camkesDriver.ts',
    lines: ['if (this.buffer_alloc(block, to_send) !== CAMKES_OK) return CAMKES_ERROR;'],
    reason: '`has_room_for` has seen to the blocks; for the defect that finds out on the way',
  },
  {
    file: 'impl/sel4/camkesDriver.ts',
    lines: [
      'if (this.chain(object, block.buf - allocator.buffer, to_send, VQ_RW) !== VQ_OK) return CAMKES_ERROR;',
    ],
    reason: '`has_room_for` has seen to the descriptors; for the defect that finds out on the way',
  },
  {
    file: 'impl/sel4/device.ts',
    lines: ['if (head >= queue_len) return;'],
    reason: '`may_walk` has refused such a head; for the defect that believes it',
  },
  {
    file: 'impl/sel4/driver.ts',
    lines: ['if (id >= queue_len) return;'],
    reason: '`may_collect` has refused such an id; for the defect that believes it',
  },
  {
    file: 'impl/sel4/errors.ts',
    lines: ['return NAMES[layer][code] ?? `code ${code}`;'],
    reason: 'names a code that is not documented: no sound run returns one',
  },
  {
    file: 'impl/sel4/msgqueue.ts',
    lines: ["this.id = options.id ?? 'queue';"],
    reason: 'the scenarios name their queues: test/impl/sel4Msgqueue.test.ts',
  },
  {
    file: 'impl/sel4/msgqueue.ts',
    lines: ['return this.undo_send(buffer.buf, message.length);'],
    reason: '`may_allocate` has seen to the descriptor; for the defect that finds out afterwards',
  },
  {
    file: 'impl/sel4/msgqueue.ts',
    lines: [
      'protected new_driver(port: MemoryPort, handle: number, options: CamkesDriverOptions): CamkesDriver {',
      'return new CamkesDriver(port, handle, options);',
      '}',
    ],
    reason:
      'the scenarios put the driver with their defects, if any, in its place: test/impl/sel4Msgqueue.test.ts',
  },
  {
    file: 'impl/sel4/msgqueue.ts',
    lines: [
      'private undo_send(buf: number, size: number): number {',
      'this.port.writeRange(buf, new Uint8Array(size));',
      'this.sender_channel.buffer_free(buf);',
      'return ECOMM;',
      '}',
    ],
    reason: '`may_allocate` has seen to the descriptor; for the defect that finds out afterwards',
  },
  {
    file: 'impl/sel4/msgqueue.ts',
    lines: [
      "this.id = options.id ?? 'queue';",
      'this.on_poll = options.poll ?? (() => 0);',
      'this.on_wait = options.wait ?? (() => undefined);',
    ],
    reason:
      'for a receiver that never sleeps; those of the scenarios have a name and a notification: test/impl/sel4Msgqueue.test.ts',
  },
  {
    file: 'impl/sel4/msgqueue.ts',
    lines: [
      'protected new_device(port: MemoryPort, handle: number, options: CamkesDeviceOptions): CamkesDevice {',
      'return new CamkesDevice(port, handle, options);',
      '}',
    ],
    reason:
      'the scenarios put the device with their defects, if any, in its place: test/impl/sel4Msgqueue.test.ts',
  },
  {
    file: 'impl/sel4/notification.ts',
    lines: ['if (signal === undefined) throw new RangeError(`notify: there is no signal ${pointer}`);'],
    reason:
      'a jump to nowhere: `functions` gives pointers of its own signals only: test/impl/sel4Assembly.test.ts',
  },
  {
    file: 'impl/sel4/operations.ts',
    lines: [
      'const base = Object.hasOwn(pools, queue) ? pools[queue] : undefined;',
      'if (base === undefined) throw new TypeError(`${queue}: where its pool begins is not known`);',
    ],
    reason: 'a slip in a platform, which has to say where its pools begin: test/impl/sel4Operations.test.ts',
  },
  {
    file: 'impl/sel4/operations.ts',
    lines: ['throw new TypeError(`queue: expected a name, got ${JSON.stringify(args.queue)}`);'],
    reason: 'a slip in an argument list of the implementation itself, which the types already exclude there',
  },
  {
    file: 'impl/sel4/operations.ts',
    lines: ['throw new TypeError(`${name}: expected a record`);'],
    reason: 'a slip in an argument list of the implementation itself, which the types already exclude there',
  },
  {
    file: 'impl/sel4/operations.ts',
    lines: ['throw new TypeError(`${name}: expected a number, got ${JSON.stringify(data)}`);'],
    reason: 'a slip in an argument list of the implementation itself, which the types already exclude there',
  },
  {
    file: 'impl/sel4/virtqueue.ts',
    lines: [
      'if (index_modulus < 2 || index_modulus > MAX_MODULUS || !is_power_of_two(index_modulus)) {',
      'throw new RangeError(`index_modulus: expected a power of two in 2..65536, got ${index_modulus}`);',
      '}',
    ],
    reason: 'refuses a configuration before there is any queue: test/impl/sel4Virtqueue.test.ts',
  },
  {
    file: 'impl/sel4/virtqueue.ts',
    lines: [
      'if (queue_len <= MAX_QUEUE_LEN && this.index_modulus < 2 * queue_len) {',
      'throw new RangeError(',
      '`index_modulus ${this.index_modulus} is less than two laps of ${queue_len} entries`,',
      ');',
      '}',
    ],
    reason: 'refuses a configuration before there is any queue: test/impl/sel4Virtqueue.test.ts',
  },
  {
    file: 'impl/sel4/virtqueue.ts',
    lines: [
      'if (code === undefined) throw new RangeError(`${this.id}: there is no function at ${pointer}`);',
    ],
    reason:
      'a jump to nowhere: no scenario gives a pointer that leads to nothing: test/impl/sel4Virtqueue.test.ts',
  },
  {
    file: 'impl/sel4/virtqueue.ts',
    lines: [
      'export function virtqueue_init_avail_ring(port: MemoryPort, ring: number): void {',
      "const head = viewOf(vq_vring_avail_t, port, 'shared', ring);",
      'head.flags = 0;',
      'head.idx = 0;',
      '}',
    ],
    reason: 'the sound set-up goes on where a ring stands; for the defect that zeroes it',
  },
  {
    file: 'impl/sel4/virtqueue.ts',
    lines: [
      'export function virtqueue_init_used_ring(port: MemoryPort, ring: number): void {',
      "const head = viewOf(vq_vring_used_t, port, 'shared', ring);",
      'head.flags = 0;',
      'head.idx = 0;',
      '}',
    ],
    reason: 'the sound set-up goes on where a ring stands; for the defect that zeroes it',
  },
  {
    file: 'impl/virtio/bufferPool.ts',
    lines: ['throw new RangeError(`no buffer in use at ${address}`);'],
    reason: 'a slip of an application: the sound ones free what they were given, once',
  },
  {
    file: 'impl/virtio/driverTransport.ts',
    lines: ['this.registers.device.status === 0 ? { done: null } : { again: null },'],
    reason:
      'waits for a device that has handled a reset and does not say so yet (2.4.2); the one here says so first, and then that it has handled it',
  },
  {
    file: 'impl/virtio/operations.ts',
    lines: ['hasUsed: { codes: null, succeeded: () => true },'],
    reason: 'an operation that changes nothing: nobody asks whether it succeeded',
  },
  {
    file: 'impl/virtio/operations.ts',
    lines: ['throw new TypeError(`queue: expected a name, got ${JSON.stringify(args.queue)}`);'],
    reason: 'a slip in an argument list of driver or device itself, which the types already exclude there',
  },
  {
    file: 'impl/virtio/operations.ts',
    lines: ["if (!Array.isArray(heads)) throw new TypeError('heads: expected an array');"],
    reason: 'a slip in an argument list of driver or device itself, which the types already exclude there',
  },
  {
    file: 'impl/virtio/operations.ts',
    lines: ['throw new TypeError(`${name}: expected a record`);'],
    reason: 'a slip in an argument list of driver or device itself, which the types already exclude there',
  },
  {
    file: 'impl/virtio/operations.ts',
    lines: ['throw new TypeError(`${name}: expected a number, got ${JSON.stringify(data)}`);'],
    reason: 'a slip in an argument list of driver or device itself, which the types already exclude there',
  },
  {
    file: 'impl/virtio/statusEvents.ts',
    lines: ['if ((old & ~now) !== 0) return null;'],
    reason: 'a driver that clears a bit of the status: only the seeded defect status-bits-cleared does',
  },
];
